//! `check`, against a simulated organisation and what can be wrong with it.

use genesys_sim::{LedgerEntry, Sim, SimOptions};

use super::process::{Ended, program, run};

const PLATFORM: (&str, &str) = ("GENESYS__PROFILE", "platform");
const AGENTLESS: [(&str, &str); 3] =
    [PLATFORM, ("PLATFORM__MARKER", "agentless"), ("PLATFORM__DEPLOYMENT_ID", "some-deployment")];

async fn check(sim: &Sim, words: &[&str], settings: &[(&str, &str)]) -> Ended {
    let url = sim.url();
    let options = SimOptions::default();
    let given = [
        ("GENESYS__API_URL", url.as_str()),
        ("GENESYS__LOGIN_URL", &url),
        ("GENESYS__CLIENT_ID", &options.client_id),
        ("GENESYS__CLIENT_SECRET", &options.client_secret),
    ];
    let mut command = program(&[&["check"], words].concat());
    for (name, value) in given.iter().chain(settings) {
        command.env(format!("SESSION_RESUMPTION__{name}"), value);
    }
    run(command).await
}

/// The verdict of a line of the table.
fn verdict<'a>(ended: &'a Ended, what: &str) -> &'a str {
    let line = ended.stdout.lines().find(|line| line.get(7..).is_some_and(|rest| rest.starts_with(what)));
    line.unwrap_or_else(|| panic!("{what}\n{}", ended.stdout)).split_whitespace().next().unwrap()
}

fn writes(calls: &[LedgerEntry]) -> Vec<&str> {
    let reads =
        |entry: &&LedgerEntry| entry.method == "GET" || entry.path.ends_with("/bulk") || entry.path == "/oauth/token";
    calls.iter().filter(|entry| !reads(entry)).map(|entry| entry.path.as_str()).collect()
}

#[tokio::test]
async fn an_organisation_that_is_set_up_passes() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let queues = ("MIRROR__QUEUES", "queue-1");
    let ended = check(&sim, &["--probe-writes"], &[&AGENTLESS[..], &[queues]].concat()).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    for what in [
        "access token",
        "API",
        "clock",
        "rate limit",
        "to read conversations",
        "to find a message's conversation",
        "to write participants' attributes",
        "to read messages back",
        "to send agentless messages",
        "threading timeline",
        "notification topics",
    ] {
        assert_eq!(verdict(&ended, what), "ok", "{}", ended.stdout);
    }
    assert!(ended.stdout.ends_with("everything is as it must be\n") && !ended.stdout.contains('\u{1b}'));
    sim.stop().await;
}

#[tokio::test]
async fn without_leave_to_probe_it_only_reads() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let ended = check(&sim, &[], &AGENTLESS).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert_eq!(verdict(&ended, "to send agentless messages"), "?");
    assert!(ended.stdout.contains("conversation:message:create"));
    assert_eq!(writes(&sim.control().ledger()), Vec::<&str>::new());

    // And what it probes with changes nothing, nor could it.
    sim.control().clear_ledger();
    check(&sim, &["--probe-writes"], &[&AGENTLESS[..], &[("PLATFORM__METADATA", "custom_attributes")]].concat()).await;
    let calls = sim.control().ledger();
    assert_eq!(writes(&calls).len(), 2);
    let probes = calls.iter().filter(|entry| writes(std::slice::from_ref(entry)).len() == 1);
    assert!(probes.clone().all(|entry| !entry.effect_applied), "{:?}", probes.collect::<Vec<_>>());
    sim.stop().await;
}

#[tokio::test]
async fn each_permission_that_is_missing_is_named_where_it_is_missed() {
    for (permission, missed) in [
        ("conversation:webmessaging:view", "to read conversations"),
        ("conversation:message:create", "to send agentless messages"),
        ("conversation:customAttributes:view", "to read custom attributes"),
        ("conversation:customAttributes:edit", "to write custom attributes"),
    ] {
        let options = SimOptions { missing_permissions: vec![permission.to_owned()], ..SimOptions::default() };
        let sim = Sim::start(options).await.unwrap();
        let settings = [&AGENTLESS[..], &[("PLATFORM__METADATA", "custom_attributes")]].concat();
        let ended = check(&sim, &["--probe-writes"], &settings).await;
        assert_eq!((ended.code, verdict(&ended, missed)), (Some(1), "WRONG"), "{permission}\n{}", ended.stdout);
        assert!(ended.stdout.contains(permission), "{}", ended.stdout);
        assert_eq!(ended.stdout.matches("WRONG").count(), 1, "{}", ended.stdout);
        sim.stop().await;
    }
}

#[tokio::test]
async fn what_else_can_be_wrong_is_told_with_what_to_do() {
    let sim = Sim::start(SimOptions { requests_per_minute: 100, ..SimOptions::default() }).await.unwrap();
    let day = ("PLATFORM__THREADING_TIMELINE", "24h");
    let ended = check(&sim, &[], &[PLATFORM, day]).await;
    assert_eq!(ended.code, Some(1));
    assert_eq!((verdict(&ended, "rate limit"), verdict(&ended, "threading timeline")), ("WRONG", "WRONG"));
    assert!(ended.stdout.contains("genesys.budget_per_minute to 100"), "{}", ended.stdout);
    assert!(ended.stdout.contains("platform.threading_timeline = \"72h\""), "{}", ended.stdout);

    let ended = check(&sim, &[], &[PLATFORM, ("GENESYS__CLIENT_SECRET", "hunter2-hunter2")]).await;
    assert_eq!((ended.code, verdict(&ended, "access token")), (Some(1), "WRONG"));
    assert_eq!(ended.stdout.lines().filter(|line| line.starts_with("WRONG")).count(), 1);
    assert!(!ended.stdout.contains("hunter2") && !ended.stderr.contains("hunter2"));

    let nowhere = ("GENESYS__LOGIN_URL", "http://127.0.0.1:9");
    let ended = check(&sim, &[], &[PLATFORM, nowhere]).await;
    assert_eq!((ended.code, verdict(&ended, "access token")), (Some(1), "WRONG"));
    assert!(ended.stdout.contains("genesys.login_url"), "{}", ended.stdout);

    let elsewhere = ("GENESYS__API_URL", "http://127.0.0.1:9");
    let ended = check(&sim, &[], &[PLATFORM, elsewhere]).await;
    assert_eq!((ended.code, verdict(&ended, "API")), (Some(1), "WRONG"));
    sim.stop().await;
}

#[tokio::test]
async fn the_guides_contract_is_checked_too() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let ended = check(&sim, &[], &[("GENESYS__PROFILE", "guide")]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    for what in ["access token", "API", "clock", "rate limit", "to read conversations"] {
        assert_eq!(verdict(&ended, what), "ok", "{}", ended.stdout);
    }
    sim.stop().await;
}
