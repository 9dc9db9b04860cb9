//! A listener with an application that does what a test wants of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Extension;
use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use http::header::HeaderName;
use session_resumption::entropy::OsEntropy;
use session_resumption::listener::{Settings, Times, bind, serve};
use session_resumption::peer::Peer;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than a test lasts.
pub(crate) const NEVER: Duration = Duration::from_hours(1);
/// Long enough for whatever does happen, on a busy machine too.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// No wait for a peer ends.
pub(crate) const PATIENT: Times = Times {
    handshake: NEVER,
    first_byte: NEVER,
    head: NEVER,
    idle: NEVER,
    stalled: NEVER,
    grace: NEVER,
    reload: NEVER,
};

/// Nothing is bounded.
pub(crate) fn patient() -> Settings {
    Settings { max_connections: 100_000, max_connection_age: None, tls: None, times: PATIENT }
}

/// In which header `/who` tells the peer's address.
pub(crate) const PEER: HeaderName = HeaderName::from_static("peer");

pub(crate) struct Served {
    pub(crate) addr: SocketAddr,
    pub(crate) closing: CancellationToken,
    pub(crate) serving: JoinHandle<()>,
    /// Calls of any kind that reached the application.
    pub(crate) calls: Arc<AtomicUsize>,
    /// Lets calls of `/held` go.
    pub(crate) release: Arc<Semaphore>,
    begun: UnboundedReceiver<()>,
    dropped: UnboundedReceiver<()>,
}

#[derive(Clone)]
struct Stage {
    begun: UnboundedSender<()>,
    dropped: UnboundedSender<()>,
    release: Arc<Semaphore>,
    calls: Arc<AtomicUsize>,
}

impl Served {
    pub(crate) fn start(settings: Settings) -> Self {
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let addr = listener.local_addr().unwrap();
        let closing = CancellationToken::new();
        let ((begun_tx, begun), (dropped_tx, dropped)) = (unbounded_channel(), unbounded_channel());
        let (release, calls) = (Arc::new(Semaphore::new(0)), Arc::default());
        let stage =
            Stage { begun: begun_tx, dropped: dropped_tx, release: Arc::clone(&release), calls: Arc::clone(&calls) };
        let app = Router::new()
            .route("/who", get(who))
            .route("/held", get(held))
            .route("/endless", get(endless))
            .layer(Extension(stage));
        let serving = tokio::spawn(serve(listener, app, settings, Arc::new(OsEntropy), closing.clone()));
        Self { addr, closing, serving, calls, release, begun, dropped }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Waits until a call of `/held` or `/endless` has begun.
    pub(crate) async fn begun(&mut self) {
        timeout(SOON, self.begun.recv()).await.expect("a call begins").unwrap();
    }

    /// Waits until the answer to a call of `/endless` is dropped.
    pub(crate) async fn dropped(&mut self) {
        timeout(SOON, self.dropped.recv()).await.expect("the answer is dropped").unwrap();
    }

    /// Waits until all has ended.
    pub(crate) async fn ended(self) {
        timeout(SOON, self.serving).await.expect("it ends").unwrap();
    }

    /// Waits until nobody can connect any more.
    pub(crate) async fn refusing(&self) {
        let refused = async {
            while TcpStream::connect(self.addr).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, refused).await.expect("connections are refused");
    }
}

/// The peer's address in a header, and its certificate as it is.
async fn who(Extension(stage): Extension<Stage>, Extension(peer): Extension<Peer>) -> impl IntoResponse {
    stage.calls.fetch_add(1, Ordering::SeqCst);
    let certificate = peer.certificates.first().map(|certificate| certificate.to_vec()).unwrap_or_default();
    ([(PEER, peer.addr.to_string())], certificate)
}

async fn held(Extension(stage): Extension<Stage>) -> &'static str {
    stage.calls.fetch_add(1, Ordering::SeqCst);
    stage.begun.send(()).unwrap();
    stage.release.acquire().await.unwrap().forget();
    "released"
}

async fn endless(Extension(stage): Extension<Stage>) -> Body {
    stage.calls.fetch_add(1, Ordering::SeqCst);
    stage.begun.send(()).unwrap();
    let guard = Guard(stage.dropped);
    let pieces = stream::repeat_with(move || {
        let _held = &guard;
        Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 16 * 1024]))
    });
    Body::from_stream(pieces)
}

struct Guard(UnboundedSender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}
