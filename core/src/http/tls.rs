//! What the client trusts: the platform's roots, Mozilla's, and the caller's own.

use std::error::Error as StdError;
use std::io;

use reqwest::Certificate;

use crate::error::{Error, Result};

/// Makes ring the process's TLS provider, unless the program has chosen one already.
pub(crate) fn install_provider() {
    // An Err only says that a provider stands already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Certificates to merge into the platform's: Mozilla's roots, so that an image without a CA store
/// works, and the caller's PEM texts.
pub(crate) fn extra_roots(pems: &[Vec<u8>]) -> Result<Vec<Certificate>> {
    let mut roots = Vec::with_capacity(webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        roots.push(Certificate::from_der(root).map_err(|error| unusable(&error))?);
    }
    for pem in pems {
        let bundle = Certificate::from_pem_bundle(pem).map_err(|error| unusable(&error))?;
        if bundle.is_empty() {
            return Err(Error::config(
                "a CA file or PEM text holds no certificate: it must have BEGIN CERTIFICATE blocks",
            ));
        }
        roots.extend(bundle);
    }
    Ok(roots)
}

/// Whether a certificate of the other side was looked at and found wanting.
pub(crate) fn refused_certificate(error: &(dyn StdError + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // An io::Error names the causes of what it holds, not that itself.
    let held = error.downcast_ref().and_then(io::Error::get_ref);
    let cause = match held {
        Some(held) => Some(held as &(dyn StdError + 'static)),
        None => error.source(),
    };
    cause.is_some_and(refused_certificate)
}

fn unusable(error: &reqwest::Error) -> Error {
    Error::config(format!("a root certificate can't be used: {error}"))
}
