//! What the operator may set: one struct of plain data per component, read from a TOML file overlaid by environment variables.

mod error;
mod file;
mod key;
mod keys;
mod parse;
mod reader;
mod render;
mod sections;
mod source;
mod suggest;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::Path;

pub use error::ConfigErrors;
pub(crate) use parse::duration;
pub use render::reference;
pub use sections::{
    AuthConfig, Certificates, GenesysConfig, HandshakeConfig, InjectConfig, LimitsConfig, MarkerAuthor, MetadataHome,
    MirrorConfig, OtlpProtocol, PlatformConfig, PlatformMarker, PolicyConfig, Profile, Rate, ReadMethod, Region,
    SameSite, ServerConfig, Share, StoreConfig, StoreUrl, TlsConfig, TlsFiles, TokenRefresh, TracingConfig, WebConfig,
    Window, WindowsConfig,
};

use reader::{Line, Reader};
use source::Sources;

/// Everything that can be set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The listeners and their limits.
    pub server: ServerConfig,
    /// How connections are encrypted.
    pub tls: TlsConfig,
    /// Who calls, and how they prove it.
    pub auth: AuthConfig,
    /// What pages in browsers may do.
    pub web: WebConfig,
    /// How much each may ask.
    pub limits: LimitsConfig,
    /// The way to Genesys Cloud.
    pub genesys: GenesysConfig,
    /// How its public API is spoken to.
    pub platform: PlatformConfig,
    /// How conversations are followed without asking for them.
    pub mirror: MirrorConfig,
    /// What may be resumed.
    pub policy: PolicyConfig,
    /// How a resumption is shared by those who ask for it.
    pub handshake: HandshakeConfig,
    /// How context is restored in the transcript.
    pub inject: InjectConfig,
    /// Where state is kept.
    pub store: StoreConfig,
    /// Which calls are traced.
    pub tracing: TracingConfig,
    /// Each value as it was written, for [`Config::render`].
    lines: Vec<Line>,
}

impl Config {
    /// Reads the file, if there is one, lays the environment over it, and checks everything before it returns, so that one run
    /// reports every problem.
    ///
    /// `env` is `std::env::vars_os()` in the program and a handful of pairs in tests. Only names that begin with
    /// `SESSION_RESUMPTION__` are looked at.
    pub fn load<K, V>(path: Option<&Path>, env: impl IntoIterator<Item = (K, V)>) -> Result<Self, ConfigErrors>
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let mut sources = Sources::default();
        if let Some(path) = path {
            sources.read_file(path);
        }
        sources.overlay(env.into_iter().map(|(name, value)| (name.into(), value.into())));
        let mut reader = Reader::new(sources);
        let config = Self::read(&mut reader);
        let (lines, problems) = reader.finish();
        match config {
            Some(config) if problems.is_empty() => Ok(Self { lines, ..config }),
            _ => Err(ConfigErrors::new(problems)),
        }
    }

    /// The effective configuration as TOML: every key with what it is for, its value, and where that came from. Secrets are
    /// printed as `[redacted]`.
    pub fn render(&self) -> String {
        render::effective(&self.lines)
    }

    /// All sections are read before the first missing one is noticed: each tells the reader what is wrong with it.
    fn read(reader: &mut Reader) -> Option<Self> {
        let guarded = sections::Guarded::read(reader);
        let server = ServerConfig::read(reader, guarded.listen);
        let tls = TlsConfig::read(reader);
        let auth = AuthConfig::read(reader);
        let web = WebConfig::read(reader);
        let limits = LimitsConfig::read(reader);
        let genesys = GenesysConfig::read(reader);
        let profile = genesys.as_ref().map(|genesys| genesys.profile);
        let platform = PlatformConfig::read(reader, profile);
        let mirror = MirrorConfig::read(reader, profile);
        let policy = PolicyConfig::read(reader, profile);
        let handshake = HandshakeConfig::read(reader);
        let inject = InjectConfig::read(reader);
        let store = StoreConfig::read(reader);
        let tracing = TracingConfig::read(reader);
        guarded.check(reader, tls.as_ref());
        Some(Self {
            server: server?,
            tls: tls?,
            auth: auth?,
            web: web?,
            limits: limits?,
            genesys: genesys?,
            platform: platform?,
            mirror: mirror?,
            policy: policy?,
            handshake: handshake?,
            inject: inject?,
            store: store?,
            tracing: tracing?,
            lines: Vec::new(),
        })
    }
}
