//! What the client trusts: the platform's roots, Mozilla's, and the caller's own.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;

use crate::config::Config;
use crate::error::{Error, Result};

/// How TLS is spoken: with ring, whichever provider the program has chosen for itself.
pub(crate) fn client_config(config: &Config) -> Result<ClientConfig> {
    let mut tls = if config.uses_tls() {
        with_roots(&config.ca_pems)?
    } else {
        // Reading the platform's certificates takes longer than all else in a client's set-up.
        builder(&Arc::new(ring::default_provider()))?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth()
    };
    if config.http2 {
        tls.alpn_protocols.push(b"h2".to_vec());
    }
    tls.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(tls)
}

/// As much, for the store of a rate limit.
#[cfg(feature = "redis")]
pub(crate) fn store_config(ca_pems: &[Vec<u8>]) -> Result<ClientConfig> {
    with_roots(ca_pems)
}

fn with_roots(ca_pems: &[Vec<u8>]) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = builder(&provider)?;
    let verifier = Verifier::new_with_extra_roots(extra_roots(ca_pems)?, provider)
        .map_err(|error| unusable(&error))?;
    Ok(builder
        .dangerous() // rustls's name for any verifier but its own
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn builder(provider: &Arc<CryptoProvider>) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))
}

/// Certificates to merge into the platform's: Mozilla's roots, so that an image without a CA store
/// works, and the caller's PEM texts.
fn extra_roots(pems: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>> {
    let mut roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec();
    for pem in pems {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.push(certificate.map_err(|error| unusable(&error))?);
        }
        if roots.len() == before {
            return Err(Error::config(
                "a CA file or PEM text holds no certificate: it must have BEGIN CERTIFICATE blocks",
            ));
        }
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

fn unusable(error: &dyn StdError) -> Error {
    Error::config(format!("a root certificate can't be used: {error}"))
}

#[cfg(test)]
mod tests {
    use rustls::crypto::CryptoProvider;

    use super::*;
    use crate::client::Client;

    #[test]
    fn the_process_keeps_its_choice_of_a_provider() {
        let builder = Client::builder()
            .api_key("g8_test_canary")
            .base_url("https://example.com");
        builder.build().unwrap();
        assert!(CryptoProvider::get_default().is_none());
    }

    #[test]
    fn http_2_is_offered_only_when_asked_for() {
        let offered = |http2| {
            let builder = Client::builder().api_key("g8_test_canary").http2(http2);
            let config = builder.base_url("http://127.0.0.1").check().unwrap();
            client_config(&config).unwrap().alpn_protocols
        };
        assert_eq!(offered(false), [b"http/1.1".to_vec()]);
        assert_eq!(offered(true), [b"h2".to_vec(), b"http/1.1".to_vec()]);
    }
}
