//! TLS, whose files are read again when they change: connections that are open stay as they are.

mod error;
mod files;

pub use error::TlsError;
pub use files::Files;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Times;
use super::write_timeout::WriteTimeout;
use crate::ports::Clock;
use files::Contents;

/// What the service shows of itself, and whom it asks for certificates.
pub struct Tls {
    files: Files,
    clock: Arc<dyn Clock>,
    current: ArcSwap<Current>,
}

struct Current {
    contents: [u8; 32],
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the files, and says which of them is no good.
    pub fn load(files: Files, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        let contents = Contents::read(&files)?;
        let config = contents.config(&files, clock.now())?;
        let current = Current { contents: contents.digest(), config: Arc::new(config) };
        Ok(Self { files, clock, current: ArcSwap::from_pointee(current) })
    }

    /// Reads the files again. New connections go by them if they have changed, which is what is answered; while they are no good,
    /// by what was read before.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let contents = Contents::read(&self.files)?;
        let digest = contents.digest();
        if digest == self.current.load().contents {
            return Ok(false);
        }
        let config = Arc::new(contents.config(&self.files, self.clock.now())?);
        self.current.store(Arc::new(Current { contents: digest, config }));
        Ok(true)
    }

    /// Looks at the files every so often. What is wrong with them is told once: they may be in the middle of being replaced.
    pub(super) async fn keep_fresh(self: Arc<Self>, every: Duration) {
        let mut told = None;
        loop {
            sleep(every).await;
            let tls = Arc::clone(&self);
            let Ok(outcome) = spawn_blocking(move || tls.reload()).await else { continue };
            match outcome {
                Ok(changed) => {
                    if changed {
                        tracing::info!("new connections use the certificate that was replaced");
                    }
                    told = None;
                }
                Err(error) => {
                    let error = error.to_string();
                    if told.as_ref() != Some(&error) {
                        tracing::warn!(%error, "the files of TLS cannot be used; the certificate stays what it was");
                    }
                    told = Some(error);
                }
            }
        }
    }

    /// Shakes hands, and tells the client's verified certificates. All of it has one end, the wait for a place included.
    pub(super) async fn shake(
        &self,
        stream: TcpStream,
        places: &Semaphore,
        times: Times,
    ) -> io::Result<(TlsStream<WriteTimeout<TcpStream>>, Arc<[CertificateDer<'static>]>)> {
        let shaking = async {
            // Whoever sends nothing takes no place.
            stream.peek(&mut [0]).await?;
            let _place = places.acquire().await.map_err(io::Error::other)?;
            let config = Arc::clone(&self.current.load().config);
            TlsAcceptor::from(config).accept(WriteTimeout::new(stream, times.stalled)).await
        };
        let stream = timeout(times.handshake, shaking).await??;
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default().into();
        Ok((stream, certificates))
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}
