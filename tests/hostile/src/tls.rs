//! Certificates that a client must, or must not, believe.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;

type Authority = CertifiedIssuer<'static, KeyPair>;

/// What servers with each kind of certificate need, and the authority that a client is to trust.
pub(crate) struct Certificates {
    pub(crate) authority_pem: String,
    pub(crate) good: Arc<ServerConfig>,
    pub(crate) wrong_name: Arc<ServerConfig>,
    pub(crate) expired: Arc<ServerConfig>,
    pub(crate) not_yet_valid: Arc<ServerConfig>,
    pub(crate) untrusted: Arc<ServerConfig>,
}

pub(crate) fn certificates() -> io::Result<Certificates> {
    let trusted = authority()?;
    let here = || params("127.0.0.1");
    let mut expired = here()?;
    expired.not_before = date_time_ymd(2019, 1, 1);
    expired.not_after = date_time_ymd(2020, 1, 1);
    let mut not_yet_valid = here()?;
    not_yet_valid.not_before = date_time_ymd(4000, 1, 1);
    Ok(Certificates {
        good: server(&here()?, &trusted)?,
        wrong_name: server(&params("graph8.example")?, &trusted)?,
        expired: server(&expired, &trusted)?,
        not_yet_valid: server(&not_yet_valid, &trusted)?,
        untrusted: server(&here()?, &authority()?)?,
        authority_pem: trusted.pem(),
    })
}

fn params(name: &str) -> io::Result<CertificateParams> {
    CertificateParams::new([name.to_owned()]).map_err(io::Error::other)
}

fn authority() -> io::Result<Authority> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().map_err(io::Error::other)?;
    CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)
}

fn server(params: &CertificateParams, authority: &Authority) -> io::Result<Arc<ServerConfig>> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = params
        .signed_by(&key, authority)
        .map_err(io::Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder.with_no_client_auth().with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
        })
        .map_err(io::Error::other)?;
    Ok(Arc::new(config))
}
