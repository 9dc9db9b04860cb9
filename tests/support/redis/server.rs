//! A single server.

use std::ops::Deref;
use std::path::Path;
use std::sync::OnceLock;

use super::node::Node;

/// Looked for in logs, too: it must not stand in one.
pub(super) const PASSWORD: &str = "only-a-test";

/// A running server, whose signals are those of its [`Node`]. It ends when dropped.
pub(crate) struct Server(Node);

impl Server {
    /// The server that the cases share. It is never dropped, and ends with this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// A server of its own, which a test may break, with these options besides.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self(start(Path::new("redis-server"), options))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port())
    }

    /// Whether it is nobody's replica.
    pub(crate) fn leads(&self) -> bool {
        self.replication("role:master")
    }

    /// Whether it is a replica that follows its primary.
    pub(crate) fn is_in_step(&self) -> bool {
        self.replication("master_link_status:up")
    }

    fn replication(&self, line: &str) -> bool {
        let told = || redis::cmd("INFO").arg("replication").query::<String>(&mut self.try_admin()?);
        told().is_ok_and(|told| told.lines().any(|told| told == line))
    }
}

/// A server that keeps nothing on a disk, with these options besides.
pub(super) fn start(program: &Path, options: &[&str]) -> Node {
    Node::start(program, Some(PASSWORD), |port, dir| {
        let (port, dir) = (port.to_string(), dir.to_string_lossy());
        let own = ["--bind", "127.0.0.1", "--port", &port, "--dir", &dir, "--save", "", "--appendonly", "no"];
        // Replicas need no patience here, and know the password of whom they follow.
        let pairing = ["--requirepass", PASSWORD, "--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0"];
        own.iter().chain(&pairing).chain(options).map(|&text| text.to_owned()).collect()
    })
}

impl Deref for Server {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.0
    }
}
