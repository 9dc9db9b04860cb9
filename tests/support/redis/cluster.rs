//! A cluster of three primaries, with or without replicas.

use std::sync::OnceLock;
use std::time::Duration;

use redis::{FromRedisValue, RedisResult, ToRedisArgs};
use tokio::time::{Instant, sleep};

use super::node::{Node, soon};
use super::server::{PASSWORD, Server};
use super::tls::Identity;

const PRIMARIES: usize = 3;
const SLOTS: usize = 16_384;

/// It ends when dropped.
pub(crate) struct Cluster {
    /// In the order in which they were started: primaries first.
    servers: Vec<Server>,
}

impl Cluster {
    /// The one that the cases share, without replicas. It is never dropped, and ends with this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(0))
    }

    /// A cluster of its own, which a test may break, with this many replicas for each primary.
    pub(crate) fn start(replicas: usize) -> Self {
        Self::with(None, replicas)
    }

    /// One that speaks nothing but TLS if it has a certificate.
    pub(crate) fn with(identity: Option<&Identity>, replicas: usize) -> Self {
        // Who is silent for longer is replaced.
        let options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
        let servers: Vec<_> = (0..PRIMARIES * (1 + replicas)).map(|_| Server::with(identity, &options)).collect();
        for (n, primary) in servers[..PRIMARIES].iter().enumerate() {
            let [first, next] = [n, n + 1].map(|n| n * SLOTS / PRIMARIES);
            run(primary, "ADDSLOTSRANGE", &[first, next - 1]);
            // Nodes that begin with the same one would have to settle first who is who.
            run(primary, "SET-CONFIG-EPOCH", &[n + 1]);
        }
        for other in &servers[1..] {
            run(&servers[0], "MEET", &["127.0.0.1".to_owned(), other.entry().to_string()]);
        }
        let cluster = Self { servers };
        let met = |server: &Server| cluster.sees(server, "master", cluster.servers.len());
        assert!(soon(|| cluster.servers.iter().all(met)), "the nodes do not find each other");
        for (n, replica) in cluster.servers[PRIMARIES..].iter().enumerate() {
            let id: String = ask(&cluster.servers[n % PRIMARIES], "MYID").unwrap();
            run(replica, "REPLICATE", &[id]);
        }
        let seen = |server: &Server| is_well(server) && cluster.sees(server, "slave", PRIMARIES * replicas);
        assert!(soon(|| cluster.servers.iter().all(seen)), "the cluster does not come up");
        for primary in &cluster.servers[..PRIMARIES] {
            primary.is_followed_by(&cluster.replicas_of(primary));
        }
        cluster
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.servers.iter().map(|server| format!("127.0.0.1:{}", server.entry())).collect();
        let scheme = self.servers[0].scheme();
        format!("{scheme}+cluster://:{PASSWORD}@{}", hosts.join(","))
    }

    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// Who owns a key, as the first node sees it that answers.
    pub(crate) fn owner(&self, key: &str) -> &Server {
        let owner = self.servers.iter().find_map(|server| owner(server, key).ok()).expect("somebody knows");
        self.servers.iter().find(|server| server.port() == owner).unwrap()
    }

    pub(crate) fn replicas_of(&self, primary: &Server) -> Vec<&Server> {
        let id: String = ask(primary, "MYID").unwrap();
        self.servers.iter().filter(|server| slave_of(server).is_ok_and(|of| of == id)).collect()
    }

    /// Kills a primary, and returns its successor once all that are left agree about it.
    pub(crate) async fn failover(&self, gone: &Server) -> &Server {
        let id: String = ask(gone, "MYID").unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        let replicas = self.replicas_of(gone);
        assert!(!replicas.is_empty(), "nobody can follow it");
        gone.kill();
        let left = || self.servers.iter().filter(|server| server.port() != gone.port());
        loop {
            let next = replicas.iter().find(|server| slave_of(server).is_ok_and(|of| of == "-"));
            if let Some(next) = next
                && left().all(|server| is_well(server) && !leads(server, &id))
            {
                return next;
            }
            assert!(Instant::now() < until, "nobody takes over");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether a node sees this many nodes of a role, all of them met and well.
    fn sees(&self, server: &Server, role: &str, count: usize) -> bool {
        let Ok(told) = ask::<String>(server, "NODES") else { return false };
        let met = !told.contains("handshake") && told.lines().count() == self.servers.len();
        met && told.lines().filter(|line| line.contains(role)).count() == count
    }
}

fn ask<T: FromRedisValue>(node: &Node, what: &str) -> RedisResult<T> {
    redis::cmd("CLUSTER").arg(what).query(&mut node.try_admin()?)
}

fn run<T: ToRedisArgs>(node: &Node, what: &str, arguments: &[T]) {
    redis::cmd("CLUSTER").arg(what).arg(arguments).exec(&mut node.admin()).unwrap();
}

fn is_well(server: &Server) -> bool {
    ask::<String>(server, "INFO").is_ok_and(|told| told.lines().any(|line| line == "cluster_state:ok"))
}

/// The id of whom a node follows; `-` if it leads.
fn slave_of(server: &Server) -> RedisResult<String> {
    let told: String = ask(server, "NODES")?;
    let own = told.lines().find(|line| line.contains("myself")).unwrap_or_default();
    Ok(own.split(' ').nth(3).unwrap_or_default().to_owned())
}

/// Whether a node still takes this one for the owner of any slot.
fn leads(server: &Server, id: &str) -> bool {
    let told: String = ask(server, "NODES").unwrap_or_default();
    told.lines().any(|line| line.starts_with(id) && line.split(' ').count() > 8)
}

/// The port of a key's owner: whoever is not sent on to another.
fn owner(server: &Server, key: &str) -> RedisResult<u16> {
    match redis::cmd("EXISTS").arg(key).exec(&mut server.try_admin()?) {
        Ok(()) => Ok(server.port()),
        Err(error) => match error.redirect_node().and_then(|(address, _)| address.rsplit_once(':')?.1.parse().ok()) {
            Some(port) => Ok(port),
            None => Err(error),
        },
    }
}
