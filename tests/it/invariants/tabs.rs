//! Invariant 10: one ACTIVE tab per pair and epoch.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use genesys_sim::Route;
use session_resumption::pb;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::TabRole;

use super::{reason, roomy};
use crate::support::Chat;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_over_at_once_each_epoch_has_one_active_tab_and_the_last_one_speaks() {
    let harness = roomy().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab-0", Intent::Resume).await.unwrap();
    assert_eq!(first.tab_role(), TabRole::Active);
    harness.control.attach(&chat.conversation, None).unwrap();
    chat.confirm_at_last(&first.handshake_id).await;
    let reads = chat.calls(Route::Read);

    // Twenty tabs take over, twice each, while twenty others ask to resume.
    let names: Vec<String> = (1..=20).map(|n| format!("tab-{n}")).collect();
    let takers = names.iter().chain(&names).map(|tab| async {
        let answer = chat.validate_as(tab, Intent::TakeOver).await.unwrap();
        assert_eq!(answer.tab_role(), TabRole::Active, "whoever takes over is ACTIVE at once");
        (tab.clone(), answer)
    });
    let others: Vec<String> = (21..=40).map(|n| format!("tab-{n}")).collect();
    let askers = others.iter().map(|tab| async { (tab.clone(), chat.validate_as(tab, Intent::Resume).await.unwrap()) });
    let (took, asked) = tokio::join!(join_all(takers), join_all(askers));

    assert!(asked.iter().all(|(_, answer)| answer.tab_role() == TabRole::Suspended));
    let mut active: BTreeMap<u64, &str> = BTreeMap::from([(first.tab_epoch, "tab-0")]);
    for (tab, answer) in &took {
        let other = active.insert(answer.tab_epoch, tab);
        assert!(other.is_none_or(|other| other == tab), "epoch {}: {other:?} and {tab}", answer.tab_epoch);
    }
    let epochs: Vec<u64> = active.keys().copied().collect();
    let all: Vec<u64> = (first.tab_epoch..).take(active.len()).collect();
    assert_eq!(epochs, all, "no epoch is left out");
    assert_eq!(chat.calls(Route::Read), reads, "taking over reads nothing");
    assert_eq!(chat.calls(Route::Patch), 1, "and counts nothing");

    // Of all that ever were ACTIVE, one may write; the others are refused and nothing of theirs is sent.
    let (&last, &speaker) = active.last_key_value().unwrap();
    let inject = async |tab: &str, epoch: u64| {
        let request = pb::InjectContextRequest {
            client_instance_id: tab.to_owned(),
            tab_epoch: epoch,
            ..chat.inject_request(&first.handshake_id, &[("m", "said by the ACTIVE tab")])
        };
        harness.client.clone().inject_context(request).await.map(tonic::Response::into_inner)
    };
    let claims = active.iter().map(|(epoch, tab)| (*tab, *epoch));
    // Also those who know the epoch but are not the tab, and the tab with an older or a made-up epoch.
    let forged = [("tab-40", last), (speaker, last - 1), (speaker, last + 1), (speaker, 0)];
    for (tab, epoch) in claims.chain(forged).filter(|claim| *claim != (speaker, last)) {
        assert_eq!(reason(&inject(tab, epoch).await.unwrap_err()), "SUPERSEDED", "{tab} as of {epoch}");
    }
    assert_eq!(chat.calls(Route::PostMessage), 0);
    inject(speaker, last).await.unwrap();
    assert_eq!(chat.transcript().len(), 2);
    harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_tabs_that_come_first_at_once_one_is_active() {
    let harness = roomy().await;
    for intent in [Intent::Resume, Intent::Heartbeat] {
        let chat = Chat::dropped(&harness);
        let names: Vec<String> = (0..20).map(|n| format!("tab-{n}")).collect();
        let answers = join_all(names.iter().map(|tab| chat.validate_as(tab, intent))).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        let active = answers.iter().filter(|answer| answer.tab_role() == TabRole::Active);
        assert_eq!(active.count(), 1, "{intent:?}");
        assert!(answers.iter().all(|answer| answer.tab_epoch == answers[0].tab_epoch), "{intent:?}");
    }
    harness.stop().await.unwrap();
}
