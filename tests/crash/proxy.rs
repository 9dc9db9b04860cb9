//! A proxy that a test can stop at one request or reply, and cut off altogether.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::wire::Dialect;

/// Longer than anything takes that is going to happen, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// On which side of its effect a request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The request itself: the server has not seen it.
    Before,
    /// Its reply: the server has done it, and the client does not know.
    After,
}

/// How the road lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road {
    Open,
    /// Nothing gets through. What is on its way arrives when the road is open again.
    Silent,
    /// Connections are reset, new ones at once.
    Reset,
}

/// A running proxy. It stops when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _running: DropGuard,
}

struct Shared {
    to: SocketAddr,
    dialect: Dialect,
    armed: Mutex<Option<Armed>>,
    road: watch::Sender<Road>,
}

struct Armed {
    name: String,
    /// How many of this name are still to come, the one to hold included.
    left: usize,
    when: When,
    reached: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
    done: oneshot::Sender<()>,
}

/// What is to be held, or is. Dropped, it is lost with its connection.
pub(crate) struct Held {
    reached: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
    done: oneshot::Receiver<()>,
}

impl Held {
    /// Returns when it is held.
    pub(crate) async fn reached(&mut self) {
        (&mut self.reached).await.unwrap();
    }

    /// Lets it through, and returns when a request was answered; whoever sent it may be gone. A reply is just let through.
    pub(crate) async fn deliver(self) {
        self.go.send(()).unwrap();
        let _ = timeout(PATIENCE, self.done).await.expect("the server answers");
    }
}

impl Proxy {
    pub(crate) async fn start(to: SocketAddr, dialect: Dialect) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { to, dialect, armed: Mutex::new(None), road: watch::Sender::new(Road::Open) });
        let running = CancellationToken::new();
        let accepting = accept(listener, Arc::clone(&shared), running.clone());
        tokio::spawn(running.clone().run_until_cancelled_owned(accepting));
        Self { address, shared, _running: running.drop_guard() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Holds the `nth` request of this name from now on, or its reply.
    pub(crate) fn hold(&self, name: &str, nth: usize, when: When) -> Held {
        let (reached, is_reached) = oneshot::channel();
        let (goes, go) = oneshot::channel();
        let (done, is_done) = oneshot::channel();
        let armed = Armed { name: name.to_owned(), left: nth, when, reached, go, done };
        *self.shared.armed.lock().unwrap() = Some(armed);
        Held { reached: is_reached, go: goes, done: is_done }
    }

    /// Holds nothing any more, unless it does already.
    pub(crate) fn let_pass(&self) {
        *self.shared.armed.lock().unwrap() = None;
    }

    pub(crate) fn road(&self, road: Road) {
        self.shared.road.send_replace(road);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, running: CancellationToken) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let carrying = carry(client, Arc::clone(&shared));
        tokio::spawn(running.clone().run_until_cancelled_owned(carrying));
    }
}

/// Carries one connection, until a side ends it or the road is closed.
async fn carry(mut client: TcpStream, shared: Arc<Shared>) {
    let mut road = shared.road.subscribe();
    let carried = tokio::select! {
        _ = road.wait_for(|road| *road == Road::Reset) => false,
        () = exchange(&mut client, &shared) => true,
    };
    if !carried {
        client.set_zero_linger().unwrap();
    }
}

async fn exchange(client: &mut TcpStream, shared: &Shared) {
    if !shared.is_passable().await {
        return;
    }
    let Ok(mut server) = TcpStream::connect(shared.to).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let asked = Asked::default();

    // Whether it ended because the client is gone, not because something was lost on purpose.
    let requests = async {
        let mut bytes = BytesMut::new();
        loop {
            while let Some((length, name)) = shared.dialect.request(&bytes) {
                let request = bytes.split_to(length);
                let Some(done) = shared.pass(&name, When::Before).await else { return false };
                asked.push(name, done);
                if to_server.write_all(&request).await.is_err() {
                    return false;
                }
            }
            if !matches!(from_client.read_buf(&mut bytes).await, Ok(1..)) {
                return true;
            }
        }
    };
    let replies = async {
        let mut bytes = BytesMut::new();
        loop {
            while let Some(length) = shared.dialect.reply(&bytes) {
                let reply = bytes.split_to(length);
                let (name, done) = asked.next();
                drop(done);
                if shared.pass(&name, When::After).await.is_none() {
                    return;
                }
                // Nobody may be there to hear it.
                let _ = to_client.write_all(&reply).await;
                asked.answered();
            }
            if !matches!(from_server.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
        }
    };
    let requests = async {
        if requests.await {
            // What was asked by one who is gone is done all the same.
            let _ = timeout(PATIENCE, asked.all_answered()).await;
        }
    };
    tokio::select! {
        () = requests => {}
        () = replies => {}
    }
}

impl Shared {
    /// Waits for as long as this one is held. None if it is lost; else what to drop when it was answered.
    async fn pass(&self, name: &str, when: When) -> Option<Option<oneshot::Sender<()>>> {
        let held = {
            let mut armed = self.armed.lock().unwrap();
            if let Some(armed) = armed.as_mut().filter(|armed| armed.when == when && armed.name == name) {
                armed.left -= 1;
            }
            armed.take_if(|armed| armed.left == 0)
        };
        let mut done = None;
        if let Some(held) = held {
            let _ = held.reached.send(());
            held.go.await.ok()?;
            done = (when == When::Before).then_some(held.done);
        }
        self.is_passable().await.then_some(done)
    }

    async fn is_passable(&self) -> bool {
        self.road.subscribe().wait_for(|road| *road == Road::Open).await.is_ok()
    }
}

/// What was asked on a connection and not answered yet, oldest first.
#[derive(Default)]
struct Asked {
    names: Mutex<VecDeque<(String, Option<oneshot::Sender<()>>)>>,
    /// How many are on their way, the reply that is being handed on included.
    open: Mutex<usize>,
    changed: Notify,
}

impl Asked {
    fn push(&self, name: String, done: Option<oneshot::Sender<()>>) {
        *self.open.lock().unwrap() += 1;
        self.names.lock().unwrap().push_back((name, done));
    }

    fn next(&self) -> (String, Option<oneshot::Sender<()>>) {
        self.names.lock().unwrap().pop_front().unwrap_or_default()
    }

    fn answered(&self) {
        let mut open = self.open.lock().unwrap();
        *open = open.saturating_sub(1);
        self.changed.notify_one();
    }

    async fn all_answered(&self) {
        while *self.open.lock().unwrap() > 0 {
            self.changed.notified().await;
        }
    }
}
