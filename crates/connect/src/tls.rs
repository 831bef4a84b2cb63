//! TLS as every receiver is spoken to: the certificates that browsers trust, and a workspace's own.

use std::sync::Arc;

use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, pem::PemObject},
    },
};

/// Why a receiver cannot be called at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    #[error("the certificates cannot be read: {0}")]
    Certificates(String),
}

/// `authorities`: certificates in PEM that are trusted besides the well-known ones.
pub(crate) fn connector(authorities: Option<&[u8]>) -> Result<TlsConnector, SetupError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in authorities.into_iter().flat_map(CertificateDer::pem_slice_iter) {
        let certificate = certificate.map_err(|error| SetupError::Certificates(error.to_string()))?;
        roots.add(certificate).map_err(|error| SetupError::Certificates(error.to_string()))?;
    }
    let config =
        ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let config = config.map_err(|error| SetupError::Certificates(error.to_string()))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}
