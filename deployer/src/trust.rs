//! Certificates that TLS trusts in addition to the system's: the bundle that the AWS configuration names.

use crate::error::{Error, Outcome};
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::{Path, PathBuf};

/// Names a file of certificates for every AWS tool, as `ca_bundle` does in a profile.
///
/// Source: AWS SDKs and Tools Reference Guide, "General configuration settings".
const VARIABLE: &str = "AWS_CA_BUNDLE";

/// The certificates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust(Vec<CertificateDer<'static>>);

impl Trust {
    /// Reads the bundle that the variable names, else the one of the profile; none is named by most.
    pub(crate) fn of(ca_bundle_of_profile: Option<&str>) -> Outcome<Self> {
        let named = from_environment().map(|path| (path, VARIABLE));
        match named.or_else(|| Some((ca_bundle_of_profile?.into(), "`ca_bundle` of the profile"))) {
            None => Ok(Self::default()),
            Some((path, name)) => Self::read(&path, name),
        }
    }

    fn read(path: &Path, name: &str) -> Outcome<Self> {
        let fail = |why: String| Error::Program {
            what: format!("{name} names `{}`, {why}", path.display()),
            hint: format!("set {name} to a file of certificates in PEM form, or unset it"),
        };
        let text = std::fs::read(path).map_err(|error| fail(format!("which cannot be read: {error}")))?;
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let mut certificates = read.map_err(|error| fail(format!("which is not in PEM form: {error}")))?;
        // Bundles of whole systems hold some that are too old to be read, and the SDK panics on one.
        certificates.retain(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
        match certificates.is_empty() {
            true => Err(fail("which holds no certificate that can be read".into())),
            false => Ok(Self(certificates)),
        }
    }

    /// For the SDK, in addition to the system's.
    pub(crate) fn context(&self) -> TlsContext {
        let mut store = TrustStore::default();
        for certificate in &self.0 {
            store.add_pem_certificate(pem(certificate));
        }
        TlsContext::builder().with_trust_store(store).build().unwrap_or_default()
    }

    /// For the web client.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = reqwest::Certificate> {
        self.0.iter().filter_map(|certificate| reqwest::Certificate::from_der(certificate).ok())
    }
}

#[expect(clippy::disallowed_methods, reason = "this variable names the certificates for every AWS tool")]
fn from_environment() -> Option<PathBuf> {
    std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64_STANDARD.encode(certificate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("tsugite-{}-{name}.pem", std::process::id()));
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_broken_bundle_is_refused_with_its_name() {
        let broken = "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n";
        let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (path, words) in [
            (PathBuf::from("/no/such.pem"), "AWS_CA_BUNDLE names `/no/such.pem`, which cannot be read: No such file"),
            (file("broken", broken), "which is not in PEM form"),
            (file("empty", "no certificate\n"), "which holds no certificate that can be read"),
            (file("wrong", no_certificate), "which holds no certificate that can be read"),
        ] {
            let error = Trust::read(&path, VARIABLE).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert!(error.hint().unwrap().contains("set AWS_CA_BUNDLE to a file of certificates"));
        }
    }
}
