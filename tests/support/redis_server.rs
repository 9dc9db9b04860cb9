//! A Redis server of the test's own, on a free port of this host.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// Only our own server knows it: who finds another one on its port is told so.
const PASSWORD: &str = "only-a-test";

/// Runs a server until its own standard input ends. That happens when this process is gone, whatever ended it.
const WATCHED: &str = r#""$@" >/dev/null & server=$!; read -r _; kill "$server"; wait "$server""#;

/// A running server. It stops when dropped.
pub(crate) struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// The server that the cases share. It is never dropped, and ends with this process.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// A server of its own, which a test may break, with these options besides.
    pub(crate) fn start(options: &[&str]) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        Self::start_on(free, options)
    }

    pub(crate) fn start_on(port: u16, options: &[&str]) -> Self {
        let child = Command::new("sh")
            .args(["-c", WATCHED, "sh", "redis-server", "--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--requirepass", PASSWORD, "--dir"])
            .arg(std::env::temp_dir())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        assert!(server.comes(), "no redis-server answers; is it installed? (scripts/setup.sh redis)");
        server
    }

    #[expect(clippy::disallowed_methods, reason = "it is started once, in milliseconds, also where no runtime is")]
    fn comes(&self) -> bool {
        (0..1_000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            self.answers()
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    fn answers(&self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let Ok(mut stream) = TcpStream::connect(address) else { return false };
        let mut answer = [0; 5];
        let asked = stream.set_read_timeout(Some(Duration::from_secs(1)));
        let asked = asked.and_then(|()| stream.write_all(format!("AUTH {PASSWORD}\r\n").as_bytes()));
        asked.and_then(|()| stream.read_exact(&mut answer)).is_ok() && &answer == b"+OK\r\n"
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its input ends, and with it the server.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
