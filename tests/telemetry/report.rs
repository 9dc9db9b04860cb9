//! The report that `docs/audit.md` shows, made of the lines that a service writes.

use std::process::Command;

use genesys_sim::SimOptions;
use serde_json::{Value, json};

use crate::support::{Captured, Chat, Harness};

/// The command on the page, as it is written there.
fn command() -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/audit.md")).unwrap();
    let (_, rest) = page.split_once("```sh\njq ").expect("the page shows a command");
    format!("jq {}", rest.split_once("```").unwrap().0)
}

#[tokio::test(flavor = "current_thread")]
async fn a_report_counts_each_resumption_once() {
    let (captured, _guards) = Captured::audit();
    let harness = Harness::with(SimOptions::default(), &[("handshake.replay_ttl", "1s")]).await;
    let chats = [Chat::live(&harness), Chat::live(&harness)];
    for chat in &chats {
        let handshake = chat.confirmed().await;
        chat.confirm(&handshake).await.unwrap();
    }
    harness.stop().await.unwrap();
    let text = captured.text();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(r#""event":"resumption""#)).collect();
    assert_eq!(lines.len(), 2);
    // What a crash or a lost store may do: a line twice, a number that is missing, and something that is no line of ours.
    let mut third: Value = serde_json::from_str(lines[0]).unwrap();
    (third["count"], third["handshake"]) = (json!(3), json!("00000000-0000-0000-0000-000000000003"));
    let log = format!("{text}{}\n{third}\nthread 'main' panicked\n", lines[1]);

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("service.log"), log).unwrap();
    let ran = Command::new("sh").args(["-c", &command()]).current_dir(folder.path()).output().unwrap();
    assert!(ran.status.success(), "jq is installed by scripts/setup.sh: {}", String::from_utf8_lossy(&ran.stderr));
    let report: Vec<Value> = serde_json::from_slice(&ran.stdout).unwrap();
    let mut found: Vec<_> = report.iter().map(|of| (of["resumptions"].as_u64(), of["missing"].as_u64())).collect();
    found.sort_unstable();
    assert_eq!(found, [(Some(1), Some(0)), (Some(2), Some(1))], "{report:#?}");
    assert!(
        report.iter().all(|of| of["agents"].as_array().unwrap().len() == 1 && of["last"].is_string()),
        "{report:#?}"
    );
}
