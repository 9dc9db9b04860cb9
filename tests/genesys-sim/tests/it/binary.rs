//! The simulator as a process: it tells its address and leaves when asked.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;

#[tokio::test]
async fn it_prints_its_address_serves_there_and_leaves_on_sigterm() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_genesys-sim"))
        .args(["--client-secret", "other", "--token-ttl", "300", "--auto-close", "600", "--read-method", "get"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let url = url.trim_end();

    let grant = reqwest::Client::new().post(format!("{url}/oauth/token")).form(&[("grant_type", "client_credentials")]);
    let token: Value = grant.basic_auth("sim-client", Some("other")).send().await.unwrap().json().await.unwrap();
    assert_eq!(token["expires_in"], 300);

    Command::new("kill").arg(process.id().to_string()).status().unwrap();
    assert!(process.wait().unwrap().success());
}
