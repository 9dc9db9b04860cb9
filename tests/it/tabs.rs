//! One ACTIVE tab per pair and epoch. Where epochs begin is the store's affair; each is one more than the last.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use genesys_sim::Route;
use session_resumption::pb;
use session_resumption::pb::inject_context_response::Outcome;
use session_resumption::pb::validate_session_request::Intent;
use session_resumption::pb::validate_session_response::TabRole;
use tonic::Code;
use uuid::Uuid;

use crate::support::{Chat, Harness, Refusal};

const ACTIVE: TabRole = TabRole::Active;
const SUSPENDED: TabRole = TabRole::Suspended;
const NONE: TabRole = TabRole::Unspecified;

async fn seat(chat: &Chat, tab: &str, intent: Intent) -> (TabRole, u64) {
    let answer = chat.validate_as(tab, intent).await.unwrap();
    (answer.tab_role(), answer.tab_epoch)
}

#[tokio::test]
async fn the_first_tab_is_active_and_a_flow_is_no_tab() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let flow = chat.validate().await.unwrap();
    assert_eq!((flow.tab_role(), flow.tab_epoch), (NONE, 0));
    let (role, epoch) = seat(&chat, "tab-1", Intent::Resume).await;
    assert!(role == ACTIVE && epoch > 0, "{role:?} as of {epoch}");
    assert_eq!(seat(&chat, "tab-2", Intent::Resume).await, (SUSPENDED, epoch));
    assert_eq!(seat(&chat, "tab-1", Intent::Resume).await, (ACTIVE, epoch));
    let flow = chat.validate().await.unwrap();
    assert_eq!((flow.tab_role(), flow.tab_epoch), (NONE, epoch));

    // Roles belong to the pair: another session's tabs are none of its business.
    let other = Chat::dropped(&harness);
    assert_eq!(seat(&other, "tab-2", Intent::Resume).await.0, ACTIVE);
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn of_tabs_that_arrive_together_one_is_active() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let tabs: Vec<String> = (0..50).map(|number| format!("tab-{number}")).collect();
    let seats = join_all(tabs.iter().map(|tab| seat(&chat, tab, Intent::Resume))).await;
    let epoch = seats[0].1;
    assert_eq!(seats.iter().filter(|seat| **seat == (ACTIVE, epoch)).count(), 1);
    assert_eq!(seats.iter().filter(|seat| **seat == (SUSPENDED, epoch)).count(), 49);
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_takes_over_is_active_at_once_and_without_a_read() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab-1", Intent::Resume).await.unwrap();
    let epoch = first.tab_epoch;
    let taken = chat.validate_as("tab-2", Intent::TakeOver).await.unwrap();
    let expected =
        pb::ValidateSessionResponse { tab_role: ACTIVE.into(), tab_epoch: epoch + 1, replayed: true, ..first.clone() };
    assert_eq!(taken, expected, "the answer is the one that is known");
    assert_eq!(seat(&chat, "tab-1", Intent::Resume).await, (SUSPENDED, epoch + 1));

    // A repeat after a lost answer, and a second one to be sure.
    for _ in 0..3 {
        assert_eq!(seat(&chat, "tab-2", Intent::TakeOver).await, (ACTIVE, epoch + 1));
    }
    assert_eq!(seat(&chat, "tab-1", Intent::TakeOver).await, (ACTIVE, epoch + 2));
    assert_eq!(seat(&chat, "tab-2", Intent::Resume).await, (SUSPENDED, epoch + 2));
    assert_eq!((chat.calls(Route::Read), chat.calls(Route::Patch), chat.count()), (1, 0, 0));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn every_epoch_has_one_active_tab_however_many_take_over_at_once() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    chat.validate().await.unwrap();
    let tabs: Vec<String> = (0..40).map(|number| format!("tab-{number}")).collect();
    let seats = join_all(tabs.iter().map(|tab| seat(&chat, tab, Intent::TakeOver))).await;
    assert!(seats.iter().all(|(role, _)| *role == ACTIVE));
    let epochs: BTreeSet<u64> = seats.iter().map(|(_, epoch)| *epoch).collect();
    let (first, latest) = (*epochs.first().unwrap(), *epochs.last().unwrap());
    assert_eq!(epochs, (first..first + 40).collect());

    let last = seats.iter().position(|(_, epoch)| *epoch == latest).unwrap();
    for (number, tab) in tabs.iter().enumerate() {
        let role = if number == last { ACTIVE } else { SUSPENDED };
        assert_eq!(seat(&chat, tab, Intent::Resume).await, (role, latest), "{tab}");
    }
    assert_eq!(chat.calls(Route::Read), 1);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_take_over_may_name_the_handshake_and_fails_without_effect_if_it_is_another() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab-1", Intent::Resume).await.unwrap();
    let (handshake, epoch) = (first.handshake_id, first.tab_epoch);
    let take_over = |handshake: &str| pb::ValidateSessionRequest {
        client_instance_id: "tab-2".into(),
        handshake_id: handshake.to_owned(),
        intent: Intent::TakeOver.into(),
        ..chat.validate_request()
    };
    let refusal = Refusal::of(&chat.send(take_over(&Uuid::new_v4().to_string())).await.unwrap_err());
    assert_eq!(refusal, Refusal::plain(Code::NotFound, "HANDSHAKE_NOT_FOUND"));
    assert_eq!(seat(&chat, "tab-1", Intent::Resume).await, (ACTIVE, epoch));

    let taken = chat.send(take_over(&handshake)).await.unwrap();
    assert_eq!((taken.handshake_id, taken.tab_role, taken.tab_epoch), (handshake, ACTIVE.into(), epoch + 1));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn roles_outlive_the_handshake() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab-1", Intent::Resume).await.unwrap().handshake_id;
    let (role, epoch) = seat(&chat, "tab-2", Intent::TakeOver).await;
    assert_eq!(role, ACTIVE);
    harness.control.attach(&chat.conversation, None).unwrap();
    chat.confirm(&first).await.unwrap();
    harness.control.drop_customer(&chat.conversation).unwrap();
    let second = chat.validate_as("tab-1", Intent::Resume).await.unwrap();
    assert_ne!(second.handshake_id, first);
    assert_eq!((second.tab_role(), second.tab_epoch), (SUSPENDED, epoch));
    assert_eq!(seat(&chat, "tab-2", Intent::Resume).await, (ACTIVE, epoch));
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_tab_injects_while_it_is_active_and_knows_the_epoch() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let first = chat.validate_as("tab-1", Intent::Resume).await.unwrap();
    let (handshake, old) = (first.handshake_id, first.tab_epoch);
    let (now, next) = (old + 1, old + 2);
    chat.validate_as("tab-2", Intent::TakeOver).await.unwrap();
    harness.control.attach(&chat.conversation, None).unwrap();
    chat.confirm(&handshake).await.unwrap();
    let as_tab = |tab: &str, epoch: u64, id: &str| pb::InjectContextRequest {
        client_instance_id: tab.to_owned(),
        tab_epoch: epoch,
        ..chat.inject_request(&handshake, &[(id, id)])
    };
    harness.control.clear_ledger();
    let superseded = Refusal::plain(Code::FailedPrecondition, "SUPERSEDED");
    for (tab, epoch) in [
        ("tab-1", old),
        ("tab-1", now),
        ("tab-1", u64::MAX),
        ("tab-2", 0),
        ("tab-2", old),
        ("tab-2", next),
        ("tab-2", u64::MAX),
        ("tab-3", now),
        ("TAB-2", now),
    ] {
        let status = harness.inject(as_tab(tab, epoch, "m-1")).await.unwrap_err();
        assert_eq!(Refusal::of(&status), superseded, "{tab} at {epoch}");
    }
    assert_eq!(harness.paths(), Vec::<String>::new());

    let written = harness.inject(as_tab("tab-2", now, "m-1")).await.unwrap();
    assert_eq!(written.outcome(), Outcome::Complete);
    // A flow or a service is no tab: what it shows as an epoch does not matter.
    let service = pb::InjectContextRequest { client_instance_id: String::new(), ..as_tab("", 99, "m-2") };
    assert_eq!(harness.inject(service).await.unwrap().outcome(), Outcome::Complete);

    // What is written already is told to the ACTIVE tab alone, too.
    let status = harness.inject(as_tab("tab-1", old, "m-1")).await.unwrap_err();
    assert_eq!(Refusal::of(&status), superseded);
    chat.validate_as("tab-1", Intent::TakeOver).await.unwrap();
    assert_eq!(harness.inject(as_tab("tab-1", next, "m-3")).await.unwrap().outcome(), Outcome::Complete);
    let status = harness.inject(as_tab("tab-2", now, "m-4")).await.unwrap_err();
    assert_eq!(Refusal::of(&status), superseded);
    assert_eq!(chat.transcript().len(), 4);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_tab_that_is_refused_is_refused_for_the_order_of_calls_first() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let handshake = chat.validate_as("tab-1", Intent::Resume).await.unwrap().handshake_id;
    let request = pb::InjectContextRequest {
        client_instance_id: "tab-2".into(),
        ..chat.inject_request(&handshake, &[("m-1", "hello")])
    };
    assert_eq!(Refusal::of(&harness.inject(request).await.unwrap_err()).reason, "NOT_CONFIRMED");
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn where_there_is_no_session_there_is_no_seat_in_it() {
    let harness = Harness::start().await;
    let chat = Chat::dropped(&harness);
    let request = pb::ValidateSessionRequest {
        conversation_id: "nobody-knows-it".to_owned(),
        client_instance_id: "tab-1".to_owned(),
        ..chat.validate_request()
    };
    let unknown = chat.send(request).await.unwrap();
    assert_eq!((unknown.tab_role(), unknown.tab_epoch), (NONE, 0));
    harness.control.terminate(&chat.conversation).unwrap();
    assert_eq!(seat(&chat, "tab-1", Intent::Resume).await, (NONE, 0));
    harness.stop().await.unwrap();
}
