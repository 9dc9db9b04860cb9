//! What can be wrong with the files of TLS, and what to do about it. Never what they hold.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or may not be read.
    #[error("{}: cannot be read: {error}", .file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// None in the file.
    #[error("{}: holds no certificate; give one or more in PEM", .file.display())]
    NoCertificate {
        /// Which.
        file: PathBuf,
    },
    /// Not PEM, or not a certificate in it.
    #[error("{}: holds a certificate that cannot be read; give certificates in PEM, each whole", .file.display())]
    BadCertificate {
        /// Which.
        file: PathBuf,
    },
    /// Past its time.
    #[error("{}: the certificate ended at {at}; put a renewed one there", .file.display())]
    Expired {
        /// Which.
        file: PathBuf,
        /// When it ended.
        at: Timestamp,
    },
    /// Before its time.
    #[error("{}: the certificate is good only from {at}; wait for that, or set this machine's clock", .file.display())]
    NotYetValid {
        /// Which.
        file: PathBuf,
        /// When it begins.
        at: Timestamp,
    },
    /// None in the file.
    #[error("{}: holds no private key; give one in PEM (PKCS#8, PKCS#1 or SEC1), not encrypted", .file.display())]
    NoKey {
        /// Which.
        file: PathBuf,
    },
    /// Damaged, or of a kind that is not used with TLS.
    #[error("{}: holds a private key that cannot be used; give one of RSA, ECDSA or Ed25519", .file.display())]
    BadKey {
        /// Which.
        file: PathBuf,
    },
    /// A pair that is none.
    #[error("{}: is not the key of the certificate in {}; give files that were made together", .key.display(), .certificate.display())]
    Mismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// The library refuses its settings.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}
