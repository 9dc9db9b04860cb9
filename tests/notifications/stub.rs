//! A Notification API whose sockets do what a test says, and nothing by themselves.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use session_resumption::clock::SystemClock;
use session_resumption::ports::Clock as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::clock::until;

/// See the module.
#[derive(Clone)]
pub(crate) struct Stub {
    pub(crate) url: String,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    url: String,
    life: Duration,
    created: usize,
    refusing: Option<StatusCode>,
    sockets: Vec<Plug>,
}

/// A socket that was connected once.
struct Plug {
    orders: mpsc::UnboundedSender<Order>,
    heard: Arc<Mutex<Vec<String>>>,
    open: Arc<Mutex<bool>>,
}

enum Order {
    Send(Message),
    Cut,
}

impl Stub {
    /// One whose channels live for so long.
    pub(crate) async fn start(life: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Shared { url: url.clone(), life, created: 0, refusing: None, sockets: Vec::new() };
        let stub = Self { url, shared: Arc::new(Mutex::new(shared)) };
        let router = Router::new()
            .route("/api/v2/notifications/channels", post(create))
            .route("/api/v2/notifications/channels/{id}/subscriptions", put(subscribe).post(subscribe))
            .route("/channels/{id}", get(connect))
            .with_state(stub.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        stub
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    /// How many channels were made.
    pub(crate) fn created(&self) -> usize {
        self.shared().created
    }

    /// Sockets are refused with this from now on.
    pub(crate) fn refuse_sockets(&self, status: Option<StatusCode>) {
        self.shared().refusing = status;
    }

    /// How many sockets are open.
    pub(crate) fn open(&self) -> usize {
        self.shared().sockets.iter().filter(|plug| *plug.open.lock().unwrap()).count()
    }

    pub(crate) fn send(&self, socket: usize, message: Message) {
        drop(self.shared().sockets[socket].orders.send(Order::Send(message)));
    }

    pub(crate) fn cut(&self, socket: usize) {
        drop(self.shared().sockets[socket].orders.send(Order::Cut));
    }

    /// What a socket was sent.
    pub(crate) fn heard(&self, socket: usize) -> Vec<String> {
        self.shared().sockets[socket].heard.lock().unwrap().clone()
    }

    pub(crate) async fn sockets(&self, count: usize) {
        until("a socket", || self.shared().sockets.len() >= count).await;
    }
}

async fn create(State(stub): State<Stub>) -> Json<Value> {
    let mut shared = stub.shared();
    shared.created += 1;
    let id = format!("c-{}", shared.created);
    let connect_uri = format!("{}/channels/{id}", shared.url.replace("http:", "ws:"));
    let expires = SystemClock::start().now() + shared.life;
    Json(json!({"id": id, "connectUri": connect_uri, "expires": expires}))
}

async fn subscribe(Json(topics): Json<Value>) -> Json<Value> {
    let topics = topics.as_array().unwrap().iter();
    let entities: Vec<Value> = topics.map(|topic| json!({"id": topic["id"], "state": "Permitted"})).collect();
    Json(json!({"entities": entities}))
}

async fn connect(State(stub): State<Stub>, Path(_): Path<String>, upgrade: WebSocketUpgrade) -> Response {
    if let Some(status) = stub.shared().refusing {
        return status.into_response();
    }
    upgrade.on_upgrade(|socket| serve(stub, socket))
}

async fn serve(stub: Stub, mut socket: WebSocket) {
    let (sender, mut orders) = mpsc::unbounded_channel();
    let (heard, open) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(Mutex::new(true)));
    stub.shared().sockets.push(Plug { orders: sender, heard: heard.clone(), open: open.clone() });
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Send(message)) => drop(socket.send(message).await),
                Some(Order::Cut) | None => break,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(message)) => heard.lock().unwrap().push(format!("{message:?}")),
            },
        }
    }
    *open.lock().unwrap() = false;
}
