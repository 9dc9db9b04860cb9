//! Envoy in front of the service's gRPC, as `scripts/setup.sh` installs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::process::Running;
use crate::stage::root;

pub(crate) struct Envoy {
    pub(crate) address: String,
    _running: Running,
}

impl Envoy {
    /// Lets pages of the origin call the service that listens on the port.
    pub(crate) async fn start(files: &Path, port: &str, origin: &str) -> Self {
        let config = fs::read_to_string(root("tests/web/envoy.yaml")).unwrap();
        let config = config.replace("{port}", port).replace("{origin}", origin);
        let (file, admin) = (files.join("envoy.yaml"), files.join("envoy-admin"));
        fs::write(&file, config).unwrap();
        let mut envoy = Command::new(root(".tools/envoy/envoy/_bin/envoy"));
        envoy.args(["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "warning"]);
        envoy.arg("--admin-address-path").arg(&admin).arg("-c").arg(file);
        envoy.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Running::start(envoy);
        let told = running.until(|_| fs::read_to_string(&admin).ok().filter(|address| !address.is_empty())).await;
        let listeners = reqwest::get(format!("http://{told}/listeners?format=json")).await.unwrap();
        let listeners: Value = serde_json::from_str(&listeners.text().await.unwrap()).unwrap();
        let door = &listeners["listener_statuses"][0]["local_address"]["socket_address"]["port_value"];
        Self { address: format!("http://127.0.0.1:{door}"), _running: running }
    }
}
