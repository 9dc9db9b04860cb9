//! `/metrics` is what Prometheus expects, and holds what the list of instruments says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use genesys_sim::{Fault, FaultScript, Route, SimOptions};
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::telemetry::describe::{INSTRUMENTS, Kind};

use crate::servers::Server;
use crate::support::{Chat, Harness};

/// What `/metrics` shows after a few calls, of which some fail.
async fn rendered() -> String {
    let store = Server::shared().url();
    let harness = Harness::with(SimOptions::default(), &[("store.url", &store)]).await;
    let chat = Chat::dropped(&harness);
    // Long enough for the other tab to ask meanwhile.
    let slow = Fault::Delay { ms: 300, after_effect: false };
    harness.control.script_fault(FaultScript::once(Route::Read, slow)).unwrap();
    let tabs = ["tab-1", "tab-2"].map(|tab| chat.validate_as(tab, Intent::Heartbeat));
    futures_util::future::join_all(tabs).await;
    let handshake = chat.confirmed().await;
    chat.inject(&handshake, &[("m-1", "hello")]).await.unwrap();
    let down = Fault::Status { code: 503, retry_after_s: None, after_effect: false };
    harness.control.script_fault(FaultScript { route: Route::Read, times: u32::MAX, skip: 0, fault: down }).unwrap();
    Chat::dropped(&harness).validate().await.unwrap_err();
    let text = reqwest::get(format!("{}/metrics", harness.admin)).await.unwrap().text().await.unwrap();
    harness.stop().await.unwrap();
    text
}

/// The names of labels, for each instrument that is shown.
fn shown(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut family = String::new();
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            declared.split(' ').next().unwrap().clone_into(&mut family);
            shown.entry(family.clone()).or_default();
        } else if let Some((_, labels)) = line.strip_suffix('"').unwrap_or(line).split_once('{') {
            let names = labels.split(r#"",""#).filter_map(|label| label.split('=').next());
            // The buckets' own.
            shown.get_mut(&family).unwrap().extend(names.filter(|name| *name != "le").map(str::to_owned));
        }
    }
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_finds_nothing_to_complain_of() {
    let text = rendered().await;
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.spawn().expect("promtool is installed by scripts/setup.sh");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let words = [said.stdout, said.stderr].map(|words| String::from_utf8(words).unwrap());
    assert_eq!((said.status.success(), words), (true, [String::new(), String::new()]), "{text}");

    let of = |name: &str| INSTRUMENTS.iter().find(|listed| listed.name == name);
    for (name, labels) in shown(&text) {
        let listed = of(&name).unwrap_or_else(|| panic!("{name} is not in telemetry::describe"));
        let known: BTreeSet<String> = listed.labels.iter().map(|label| (*label).to_owned()).collect();
        assert!(labels.is_subset(&known), "{name} has the labels {labels:?}");
        assert!(text.contains(&format!("# HELP {name} {}\n", listed.help)), "{name}");
        let kind = match listed.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        assert!(text.contains(&format!("# TYPE {name} {kind}\n")), "{name} is a {kind}");
    }
    // What needs no trouble to be shown is shown.
    for listed in INSTRUMENTS.iter().filter(|listed| listed.kind == Kind::Counter && listed.labels.is_empty()) {
        assert!(text.contains(&format!("\n{} ", listed.name)), "{} is not shown:\n{text}", listed.name);
    }
    for name in
        ["budget_remaining", "genesys_token_age_seconds", "upstream_breaker_state", "store_duration_seconds_sum"]
    {
        assert!(text.contains(&format!("\nsession_resumption_{name}")), "{name} is not shown:\n{text}");
    }
    let coalesced = r#"session_resumption_coalesced_reads_total{purpose="validation"} "#;
    assert!(text.contains(coalesced), "{text}");
    let settled = r#"session_resumption_store_duration_seconds_count{store="redis",step="settle",outcome="ok"} "#;
    assert!(text.contains(settled), "{text}");
}

/// The page for operators has a row for each, with its type and its labels.
#[test]
fn the_page_for_operators_tells_of_every_instrument() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `session_resumption_"));
    let told: Vec<_> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let labels: BTreeSet<&str> = cells[2].split('`').skip(1).step_by(2).collect();
            (cells[0].trim_matches('`'), cells[1], labels)
        })
        .collect();
    let listed: Vec<_> = INSTRUMENTS
        .iter()
        .map(|listed| {
            let kind = format!("{:?}", listed.kind).to_lowercase();
            (listed.name, kind, listed.labels.iter().copied().collect::<BTreeSet<&str>>())
        })
        .collect();
    let listed: Vec<_> = listed.iter().map(|(name, kind, labels)| (*name, kind.as_str(), labels.clone())).collect();
    assert_eq!(told, listed);
}

/// The names that the sources record, in `counter!("session_resumption_..."` and its kind, be they shown or not.
fn recorded(folder: &Path, names: &mut BTreeSet<(String, &'static str)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            recorded(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("describe.rs") {
            let text = fs::read_to_string(&path).unwrap();
            for kind in ["counter", "gauge", "histogram"] {
                for after in text.split(&format!("{kind}!(")).skip(1) {
                    let name = after.trim_start().strip_prefix('"').and_then(|name| name.split('"').next());
                    names.insert((
                        name.unwrap_or_else(|| panic!("{}: a literal name", path.display())).to_owned(),
                        kind,
                    ));
                }
            }
        }
    }
}

#[test]
fn the_list_holds_every_instrument_that_is_recorded_and_no_other() {
    let mut found = BTreeSet::new();
    recorded(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let listed = INSTRUMENTS.iter().map(|listed| {
        let kind = match listed.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        (listed.name.to_owned(), kind)
    });
    assert_eq!(found, listed.collect());
    assert!(INSTRUMENTS.is_sorted_by_key(|listed| listed.name));
}
