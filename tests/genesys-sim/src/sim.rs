//! One running simulator: from options to a listening server to a bounded stop.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::DropGuard;

use crate::{Control, SimOptions, connection::Connection, connection::SeverableListener, gateway, world::Shared};

/// How long a stop waits for answers under way; scripted waits end at once, so this is rarely used up.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// A running simulator. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct Sim {
    addr: SocketAddr,
    control: Control,
    server: JoinHandle<io::Result<()>>,
    running: DropGuard,
}

// === impl Sim ===

impl Sim {
    /// Starts a simulator; it listens when this returns.
    pub async fn start(options: SimOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(options));
        let control = Control::new(Arc::clone(&shared));
        let stopping = shared.stopping.clone();
        let app = gateway::router(shared).into_make_service_with_connect_info::<Connection>();
        let server = axum::serve(SeverableListener::new(listener), app)
            .with_graceful_shutdown(stopping.clone().cancelled_owned());
        let server = tokio::spawn(async { server.await });
        Ok(Self { addr, control, server, running: stopping.drop_guard() })
    }

    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL of both the API and the login host.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The handle that steers it.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Stops it: no new connections, answers under way are finished within two seconds.
    pub async fn stop(self) {
        let Self { mut server, running, .. } = self;
        drop(running);
        if timeout(STOP_WITHIN, &mut server).await.is_err() {
            server.abort();
        }
    }
}
