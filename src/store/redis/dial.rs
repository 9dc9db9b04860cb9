//! Opening one connection: address, TLS, credentials, and who answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Pipeline, RedisConnectionInfo, Value};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::failure::{self, said};
use super::hello::{Hello, Unfit};
use super::tls::Tls;
use super::trouble::Trouble;
use crate::ports::Outage;
use crate::store_url::{Credentials, Server};

/// How long it may take, the answers to the first questions included. Longer than a call waits: a process that gets little of
/// the processor would else begin for ever anew.
const DIAL: Duration = Duration::from_secs(3);

/// An open connection.
pub(super) struct Dialled {
    pub(super) connection: MultiplexedConnection,
    /// Who is at its other end.
    pub(super) hello: Hello,
    /// Set when the other end hangs up.
    pub(super) ended: Arc<AtomicBool>,
}

/// What it takes to be let in.
#[derive(Clone)]
pub(super) struct Dialer {
    pub(super) credentials: Option<Credentials>,
    pub(super) database: u16,
    pub(super) tls: Option<Tls>,
}

impl Dialer {
    pub(super) async fn dial(&self, server: &Server) -> Result<Dialled, Trouble> {
        timeout(DIAL, self.open(server)).await.unwrap_or(Err(Outage::TimedOut.into()))
    }

    async fn open(&self, server: &Server) -> Result<Dialled, Trouble> {
        let stream = TcpStream::connect((server.host.as_str(), server.port)).await.map_err(|_| Outage::Unreachable)?;
        stream.set_nodelay(true).map_err(|_| Outage::Unreachable)?;
        match &self.tls {
            None => self.greet(stream).await,
            Some(tls) => self.greet(tls.wrap(server, stream).await?).await,
        }
    }

    async fn greet<S>(&self, stream: S) -> Result<Dialled, Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // The client's own greeting is left out: of a refused password it tells no more than that.
        let bare = RedisConnectionInfo::default().set_skip_set_lib_name();
        // The limit of a call is its caller's.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let opened = MultiplexedConnection::new_with_config(&bare, stream, config).await;
        let (mut connection, driver) = opened.map_err(|error| failure::outage(&error))?;
        let ended = Arc::new(AtomicBool::new(false));
        // It ends with the last clone of the connection, or when the other end hangs up.
        tokio::spawn({
            let ended = Arc::clone(&ended);
            async move {
                driver.await;
                ended.store(true, Ordering::Relaxed);
            }
        });
        let mut greeting = self.introduction();
        let introductions = greeting.len();
        greeting.cmd("HELLO").cmd("ROLE");
        let told = connection.send_packed_commands(&greeting, 0, introductions + 2).await;
        let mut told = told.map_err(|error| failure::outage(&error))?;
        let [hello, role] = told.split_off(introductions.min(told.len())).try_into().map_err(|_| Outage::Malformed)?;
        let hello = Hello::read(hello, role)?;
        // Who is no server of ours is better told by what it is than by a password that it does not know.
        if let Some(refusal) = told.into_iter().find_map(|value| said(value).err())
            && !hello.is_sentinel()
            && !hello.is_too_old()
        {
            let lacks_database = failure::lacks_database(&refusal);
            return Err(if lacks_database {
                Unfit::NoDatabase(self.database).into()
            } else {
                failure::outage(&refusal).into()
            });
        }
        Ok(Dialled { connection, hello, ended })
    }

    fn introduction(&self) -> Pipeline {
        let mut pipeline = Pipeline::new();
        if let Some(Credentials { user, password }) = &self.credentials {
            pipeline.cmd("AUTH").arg(user.as_deref()).arg(password.expose_secret());
        }
        if self.database != 0 {
            pipeline.cmd("SELECT").arg(self.database);
        }
        pipeline
    }
}

/// Asks all of it at once; each value tells of its own failure.
pub(super) async fn ask(connection: &mut MultiplexedConnection, asked: &Pipeline) -> Result<Vec<Value>, Outage> {
    let told = connection.send_packed_commands(asked, 0, asked.len()).await.map_err(|error| failure::outage(&error))?;
    if told.len() == asked.len() { Ok(told) } else { Err(Outage::Malformed) }
}
