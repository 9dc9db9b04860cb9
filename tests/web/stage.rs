//! A service with callers of every kind, a simulated Genesys Cloud, and what asks them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use genesys_sim::SimOptions;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::envoy::Envoy;
use crate::pages::Pages;
use crate::process::{self, Ended};
use crate::support::Harness;

/// Keys of a service without limits, of a flow that may call once a minute, and of one who may not call at all.
const KEYS: [(&str, &str); 3] = [("service", "service"), ("limited", "architect"), ("operator", "operator")];

const TOKEN_SECRET: &str = "a secret that signs the tokens of the tests";

pub(crate) struct Stage {
    harness: Harness,
    files: TempDir,
    pages: Pages,
    envoy: Option<Envoy>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let files = tempfile::tempdir().unwrap();
        let keys = KEYS.map(|(name, role)| {
            let hash = hex(&Sha256::digest(key(name)));
            format!("[[api_key]]\nname = \"{name}\"\nrole = \"{role}\"\nsha256 = \"{hash}\"\n")
        });
        let (callers, secret) = (files.path().join("callers.toml"), files.path().join("secret"));
        fs::write(&callers, keys.concat()).unwrap();
        fs::write(&secret, TOKEN_SECRET).unwrap();
        let pages = Pages::serve(files.path().join("pages")).await;
        let harness = Harness::with(
            SimOptions::default(),
            &[
                ("auth.callers_file", callers.to_str().unwrap()),
                ("auth.session_token_secret_file", secret.to_str().unwrap()),
                ("web.allowed_origins", &pages.origin()),
                ("limits.service", "off"),
                ("limits.browser", "off"),
                ("limits.architect", "1/m burst 1"),
            ],
        )
        .await;
        Self { harness, files, pages, envoy: None }
    }

    /// Puts Envoy beside the service's own door.
    pub(crate) async fn and_envoy(mut self) -> Self {
        let service = self.harness.address.rsplit_once(':').unwrap().1.to_owned();
        self.envoy = Some(Envoy::start(self.files.path(), &service, &self.pages.origin()).await);
        self
    }

    /// Runs a file of tests and fails if one of them does.
    #[expect(clippy::print_stdout, reason = "what is counted there is worth a look also if all is well")]
    pub(crate) async fn ask(self, file: &str) {
        generate_clients();
        let told = json!({
            "service": self.harness.address,
            "sim": self.harness.sim.url(),
            "origin": self.pages.origin(),
            "otherOrigin": self.pages.other_origin(),
            "pages": self.files.path().join("pages"),
            "envoy": self.envoy.as_ref().map(|envoy| &envoy.address),
            "buf": root("tools/node_modules/.bin/buf"),
            "keys": KEYS.iter().map(|(name, _)| ((*name).to_owned(), json!(key(name)))).collect::<serde_json::Map<_, _>>(),
            "tokenSecret": TOKEN_SECRET,
        });
        let mut node = Command::new("node");
        node.args(["--test", "--test-timeout=60000", "--test-reporter=spec"]).arg(root("tests/web").join(file));
        node.current_dir(root("tests/web")).env("STAGE", told.to_string());
        node.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let Ended { code, stdout, stderr } = process::run(node).await;
        println!("{stdout}");
        assert_eq!(code, Some(0), "{file}\n{stdout}\n{stderr}");
        drop((self.envoy, self.pages, self.files));
        self.harness.stop().await.unwrap();
    }
}

fn key(name: &str) -> String {
    format!("the-{name}-key-of-the-tests")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// Generates what the clients are made of, once for the process: a stale copy would test another contract.
fn generate_clients() {
    static GENERATED: OnceLock<()> = OnceLock::new();
    GENERATED.get_or_init(|| {
        let mut buf = Command::new(root("tools/node_modules/.bin/buf"));
        buf.args(["generate", "--template", "tests/web/buf.gen.yaml"]).current_dir(root(""));
        let said = buf.output().expect("buf is installed by scripts/setup.sh");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    });
}

pub(crate) fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
