//! A primary with replicas, and three sentinels that replace it when it is gone.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use redis::RedisResult;
use tokio::time::{Instant, sleep};

use super::node::soon;
use super::server::{PASSWORD, Server};
use super::tls::Identity;

/// The sentinels' password, where they have one.
const GUARD: &str = "only-a-guard";
/// What the sentinels call the primary.
const NAME: &str = "main";
/// How many of the three have to agree that it is gone.
const QUORUM: u8 = 2;

/// They end when dropped.
pub(crate) struct Sentinels {
    /// In the order in which they were started: the first one begins as the primary.
    servers: Vec<Server>,
    sentinels: Vec<Server>,
}

impl Sentinels {
    /// Those that the cases share, with one replica. They are never dropped, and end with this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Sentinels> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(1))
    }

    /// Servers of its own, which a test may break.
    pub(crate) fn start(replicas: usize) -> Self {
        Self::with(None, replicas)
    }

    /// Servers and sentinels that speak nothing but TLS if they have a certificate; then the sentinels have a password, too.
    pub(crate) fn with(identity: Option<&Identity>, replicas: usize) -> Self {
        let primary = Server::with(identity, &[]);
        let port = primary.entry();
        let follow = ["--replicaof", "127.0.0.1", &port.to_string()];
        let mut servers = vec![primary];
        servers.extend((0..replicas).map(|_| Server::with(identity, &follow)));
        // Who is not there yet when a sentinel first asks is seen ten seconds later.
        servers[0].is_followed_by(&servers[1..].iter().collect::<Vec<_>>());
        let all = Self { servers, sentinels: (0..3).map(|_| sentinel(port, identity)).collect() };
        let knows_all = |sentinel: &Server| all.knows_all(sentinel).unwrap_or(false);
        assert!(soon(|| all.sentinels.iter().all(knows_all)), "the sentinels do not find each other");
        all
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.sentinels.iter().map(|node| format!("127.0.0.1:{}", node.entry())).collect();
        let (scheme, hosts) = (self.servers[0].scheme(), hosts.join(","));
        let guard = if scheme == "rediss" { format!("?sentinel_password={GUARD}") } else { String::new() };
        format!("{scheme}+sentinel://:{PASSWORD}@{hosts}/{NAME}{guard}")
    }

    pub(crate) fn sentinels(&self) -> &[Server] {
        &self.sentinels
    }

    /// All that keep data, in whatever role.
    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Who the sentinels say is the primary, once all that answer say the same.
    pub(crate) fn primary(&self) -> &Server {
        let mut named = None;
        assert!(soon(|| {
            named = self.agreed();
            named.is_some()
        }));
        named.unwrap()
    }

    /// All servers but the primary, whether they run or not.
    pub(crate) fn replicas(&self) -> Vec<&Server> {
        let primary = self.primary().port();
        self.servers.iter().filter(|server| server.port() != primary).collect()
    }

    /// Kills the primary, and returns its successor once every sentinel names it and it takes writes.
    pub(crate) async fn failover(&self) -> &Server {
        let gone = self.primary();
        gone.kill();
        self.replaced(gone).await
    }

    /// Waits until another server than this one is the primary.
    pub(crate) async fn replaced(&self, before: &Server) -> &Server {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            match self.agreed() {
                Some(now) if now.port() != before.port() && now.leads() => return now,
                _ => assert!(Instant::now() < until, "nobody takes over"),
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn agreed(&self) -> Option<&Server> {
        let ask = |sentinel: &Server| -> RedisResult<Option<(String, u16)>> {
            redis::cmd("SENTINEL").arg(&["GET-MASTER-ADDR-BY-NAME", NAME]).query(&mut sentinel.try_admin()?)
        };
        // One that was killed says nothing.
        let named: Vec<u16> = self.sentinels.iter().filter_map(|node| ask(node).ok()?).map(|(_, port)| port).collect();
        let first = *named.first()?;
        let agreed = named.iter().all(|port| *port == first);
        self.servers.iter().find(|server| agreed && server.entry() == first)
    }

    fn knows_all(&self, sentinel: &Server) -> RedisResult<bool> {
        let command = ["MASTER", NAME];
        let told: HashMap<String, String> = redis::cmd("SENTINEL").arg(&command).query(&mut sentinel.try_admin()?)?;
        let count = |name: &str| told.get(name).and_then(|count| count.parse::<usize>().ok());
        let replicas = self.servers.len() - 1;
        Ok((count("num-slaves"), count("num-other-sentinels")) == (Some(replicas), Some(2)))
    }
}

fn sentinel(primary: u16, identity: Option<&Identity>) -> Server {
    let password = identity.map(|_| GUARD);
    // The same program by another word. It keeps what it learns in its configuration.
    Server::launch(Path::new("redis-server"), password, identity, |port, dir| {
        let own = [format!("port {port}"), "bind 127.0.0.1".to_owned(), format!("dir {}", dir.display())];
        let watched = [
            format!("sentinel monitor {NAME} 127.0.0.1 {primary} {QUORUM}"),
            format!("sentinel auth-pass {NAME} {PASSWORD}"),
            format!("sentinel down-after-milliseconds {NAME} 500"),
            // An election that failed is repeated after twice this long.
            format!("sentinel failover-timeout {NAME} 2000"),
        ];
        let guarded = password.map(|word| [format!("requirepass {word}"), format!("sentinel sentinel-pass {word}")]);
        let config = dir.join("sentinel.conf");
        let lines: Vec<String> = own.into_iter().chain(watched).chain(guarded.into_iter().flatten()).collect();
        fs::write(&config, lines.join("\n")).unwrap();
        vec![config.to_string_lossy().into_owned(), "--sentinel".to_owned()]
    })
}
