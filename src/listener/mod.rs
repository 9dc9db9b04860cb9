//! The serving port: accepts connections and speaks HTTP/1.1 and HTTP/2 on them, in the clear or by TLS.
//!
//! tonic's own server is not used: it keeps a timer of its own outside every layer, lets a connection outlive its age, and waits for
//! ever for peers that send or read nothing. Here whatever waits for a peer has an end, and whatever a peer can fill has a bound.

mod accept;
mod activity;
mod call;
mod connection;
mod protocol;
mod settings;
mod tls;
mod watched;
mod write_timeout;

pub use accept::bind;
pub use settings::{Settings, Times};
pub use tls::{Files, Tls, TlsError};

use std::sync::Arc;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::peer::Peer;
use crate::ports::Entropy;
use settings::jittered;
use write_timeout::WriteTimeout;

/// TLS handshakes at once: they are what a connection costs most.
const MAX_HANDSHAKES: usize = 256;

/// Serves until `closing`, and then until every connection has ended: each is asked to end, and calls in flight are answered.
///
/// However long that takes is the caller's to bound: to drop the future is to drop all connections. Each request has its
/// [`Peer`] among its extensions.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    settings: Settings,
    entropy: Arc<dyn Entropy>,
    closing: CancellationToken,
) {
    let Settings { max_connections, max_connection_age, tls, times } = settings;
    let _fresh = tls.clone().map(|tls| AbortOnDropHandle::new(tokio::spawn(tls.keep_fresh(times.reload))));
    // Prepared once, and not by every request.
    let app = app.with_state(());
    let handshakes = Arc::new(Semaphore::new(MAX_HANDSHAKES));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = closing.cancelled() => break,
            Some(ended) = connections.join_next() => note(ended),
            // Further ones wait in the kernel.
            (stream, addr) = accept::next(&listener), if connections.len() < max_connections => {
                let peer = Peer::new(addr);
                let age = max_connection_age.map(|age| jittered(age, entropy.unit()));
                let (app, tls, handshakes, closing) = (app.clone(), tls.clone(), Arc::clone(&handshakes), closing.clone());
                metrics::gauge!("session_resumption_connections").increment(1.0);
                connections.spawn(async move {
                    let ending = connection::Ending { age, closing };
                    let Some(tls) = tls else {
                        return connection::serve(clear(stream, times), app, peer, times, ending).await;
                    };
                    match tls.shake(stream, &handshakes, times).await {
                        Ok((stream, certificates)) => {
                            let peer = Peer { certificates, ..peer };
                            connection::serve(stream, app, peer, times, ending).await;
                        }
                        Err(error) => {
                            metrics::counter!("session_resumption_tls_handshakes_failed_total").increment(1);
                            tracing::debug!(peer = %addr, %error, "no TLS handshake");
                        }
                    }
                });
            }
        }
    }
    // At once, so that nobody connects who would not be served.
    drop(listener);
    while let Some(ended) = connections.join_next().await {
        note(ended);
    }
}

fn clear(stream: TcpStream, times: Times) -> WriteTimeout<TcpStream> {
    WriteTimeout::new(stream, times.stalled)
}

fn note(ended: Result<(), JoinError>) {
    metrics::gauge!("session_resumption_connections").decrement(1.0);
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed");
    }
}
