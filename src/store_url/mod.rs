//! The URL of a shared store: what the configuration checks and the store goes by, as one parsed value.

mod error;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;

pub use error::RedisUrlError;

/// Where Redis or Valkey is found, and how to be let in.
#[derive(Debug, Clone)]
pub struct RedisUrl {
    /// Which servers there are, and how they stand to each other.
    pub topology: Topology,
    /// Whether the connections are encrypted, those to sentinels too.
    pub tls: bool,
    /// What the servers ask for.
    pub credentials: Option<Credentials>,
}

/// Which servers there are, and how they stand to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Single {
        /// Where it is.
        server: Server,
        /// Which of its databases.
        database: u16,
    },
    /// A primary that sentinels watch and replace.
    Sentinel {
        /// Where the sentinels are, all of them that are worth asking.
        sentinels: Vec<Server>,
        /// What the sentinels themselves ask for.
        credentials: Option<Credentials>,
        /// The name under which they watch the primary.
        primary: String,
        /// Which of its databases.
        database: u16,
    },
    /// Servers that share the keys among them.
    Cluster {
        /// Those that are asked for all the others.
        seeds: Vec<Server>,
    },
}

/// A host name or an IP address, and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    /// IPv6 without brackets.
    pub host: String,
    /// Never 0.
    pub port: u16,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// A name and a password, or a password alone.
#[derive(Clone)]
pub struct Credentials {
    /// Without one it is the server's default user.
    pub user: Option<String>,
    /// In plain, as it was before it was percent-encoded.
    pub password: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Who mixes the two up wrote the password where the user belongs.
        f.write_str("Credentials([redacted])")
    }
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        use secrecy::ExposeSecret as _;
        self.user == other.user && self.password.expose_secret() == other.password.expose_secret()
    }
}

impl Eq for Credentials {}

impl RedisUrl {
    /// Reads a URL. Nothing in it is ignored.
    pub fn parse(text: &str) -> Result<Self, RedisUrlError> {
        parse::url(text)
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
