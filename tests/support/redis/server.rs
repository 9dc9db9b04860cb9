//! A single server.

use std::cell::Cell;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use redis::RedisResult;

use super::node::{Node, soon};
use super::ports;
use super::tls::Identity;

/// Looked for in logs, too: it must not stand in one.
pub(super) const PASSWORD: &str = "only-a-test";

/// A running server, whose signals are those of its [`Node`]. It ends when dropped.
pub(crate) struct Server {
    node: Node,
    /// Where it speaks TLS, besides the port for plain text.
    secure: Option<u16>,
}

impl Server {
    /// The server that the cases share. It is never dropped, and ends with this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// The same of the other make.
    pub(crate) fn shared_valkey() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::run(&valkey(), None, &[]))
    }

    /// A server of its own, which a test may break, with these options besides.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::with(None, options)
    }

    /// One that speaks TLS if it has a certificate.
    pub(crate) fn with(identity: Option<&Identity>, options: &[&str]) -> Self {
        Self::run(Path::new("redis-server"), identity, options)
    }

    fn run(program: &Path, identity: Option<&Identity>, options: &[&str]) -> Self {
        Self::launch(program, Some(PASSWORD), identity, |port, dir| {
            let (port, home) = (port.to_string(), dir.to_string_lossy());
            let own = ["--bind", "127.0.0.1", "--port", &port, "--dir", &home, "--save", "", "--appendonly", "no"];
            // Replicas need no patience here, and know the password of whom they follow.
            let known = ["--requirepass", PASSWORD, "--masterauth", PASSWORD];
            let quick = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];
            own.iter().chain(&known).chain(&quick).chain(options).map(|&text| text.to_owned()).collect()
        })
    }

    /// Starts whatever the arguments make of the program.
    pub(super) fn launch(
        program: &Path,
        password: Option<&str>,
        identity: Option<&Identity>,
        arguments: impl Fn(u16, &Path) -> Vec<String>,
    ) -> Self {
        let secure = Cell::new(None);
        let node = Node::start(program, password, |port, dir| {
            secure.set(identity.map(|_| ports::free()));
            let shown = identity.zip(secure.get()).map(|(identity, port)| identity.options(port, dir));
            arguments(port, dir).into_iter().chain(shown.into_iter().flatten()).collect()
        });
        Self { node, secure: secure.get() }
    }

    /// For the user with every right.
    pub(crate) fn url(&self) -> String {
        self.url_of("", PASSWORD)
    }

    pub(crate) fn url_of(&self, user: &str, password: &str) -> String {
        format!("{}://{user}:{password}@127.0.0.1:{}", self.scheme(), self.entry())
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.secure.is_some() { "rediss" } else { "redis" }
    }

    /// The port for clients, and for other servers.
    pub(crate) fn entry(&self) -> u16 {
        self.secure.unwrap_or(self.port())
    }

    /// Lets in a user, whose password is the name, with these rights and no others.
    pub(crate) fn allow(&self, user: &str, rights: &str) {
        let mut command = redis::cmd("ACL");
        command.arg("SETUSER").arg(user).arg("reset").arg("on").arg(format!(">{user}"));
        command.arg(rights.split(' ').collect::<Vec<_>>()).exec(&mut self.admin()).unwrap();
    }

    /// Shows another certificate from now on.
    pub(crate) fn renew(&self, identity: &Identity) {
        let port = self.secure.expect("it speaks TLS");
        let options = identity.options(port, self.dir());
        let files: Vec<&str> = options.iter().map(|option| option.trim_start_matches("--")).collect();
        // The files of the same names are read again.
        redis::cmd("CONFIG").arg("SET").arg(&files[2..8]).exec(&mut self.admin()).unwrap();
    }

    /// Whether it is nobody's replica.
    pub(crate) fn leads(&self) -> bool {
        self.told_of_replication().is_ok_and(|told| told.lines().any(|line| line == "role:master"))
    }

    /// Returns when these replicas have acknowledged all that it has now.
    pub(crate) fn is_followed_by(&self, replicas: &[&Server]) {
        if replicas.is_empty() {
            return;
        }
        // A replica that has only just come counts as one with nothing to acknowledge.
        let mut now = None;
        assert!(soon(|| {
            now = self.offset_after("master_repl_offset:");
            now > Some(0)
        }));
        let acknowledged =
            |replica: &Server| self.offset_after(&format!("port={},state=online,offset=", replica.entry()));
        let have_all = || replicas.iter().all(|replica| acknowledged(replica) >= now);
        assert!(soon(have_all), "the replicas do not follow");
    }

    /// The number that follows these words.
    fn offset_after(&self, words: &str) -> Option<u64> {
        let told = self.told_of_replication().ok()?;
        let rest = told.split_once(words)?.1;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    fn told_of_replication(&self) -> RedisResult<String> {
        redis::cmd("INFO").arg("replication").query(&mut self.try_admin()?)
    }
}

impl Deref for Server {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

/// As `scripts/setup.sh` installs it where the system has none.
fn valkey() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/valkey/valkey-server");
    if installed.exists() { installed } else { PathBuf::from("valkey-server") }
}
