//! A resume key names one session, for a day at a time.

use std::sync::Arc;
use std::time::Duration;

use session_resumption::domain::error::Reason;
use session_resumption::domain::registry::{REGISTERED_FOR, Term};

use crate::crowds::at_once;
use crate::given::{ana, key, pair, seconds};
use crate::harness::{Harness, Store};
use crate::steps::refused;

for_every_store!(
    a_key_names_the_session_it_was_registered_for,
    a_key_that_nobody_registered_names_nothing,
    the_same_session_renews,
    another_session_is_refused_and_changes_nothing,
    a_key_that_lapsed_names_nothing_and_is_free,
    the_two_ids_are_told_apart,
    a_session_may_have_several_keys,
    of_all_who_register_at_once_one_session_gets_the_key,
    all_who_register_the_same_at_once_get_the_same,
);

/// As long as a registration lasts, but for more than a slow test takes.
const NEARLY: Duration = REGISTERED_FOR.saturating_sub(seconds(60));

async fn register(h: &Harness, name: &str) -> Term {
    h.store.register(&key(name), &ana(), REGISTERED_FOR).await.unwrap()
}

async fn a_key_names_the_session_it_was_registered_for(h: &Harness) {
    let earliest = h.store.now().await.unwrap();
    let term = register(h, "web-1").await;
    let latest = h.store.now().await.unwrap();
    assert!((earliest..=latest).contains(&term.since), "{term:?}");
    assert_eq!(term.until.duration_since(term.since).unsigned_abs(), REGISTERED_FOR);
    h.advance(NEARLY).await;
    assert_eq!(h.store.lookup(&key("web-1")).await, Ok(Some(ana())));
}

async fn a_key_that_nobody_registered_names_nothing(h: &Harness) {
    register(h, "web-1").await;
    assert_eq!(h.store.lookup(&key("web-2")).await, Ok(None));
    assert_eq!(h.store.lookup(&key("WEB-1")).await, Ok(None));
}

async fn the_same_session_renews(h: &Harness) {
    let first = register(h, "web-1").await;
    h.advance(REGISTERED_FOR / 2).await;
    let second = register(h, "web-1").await;
    assert_eq!(second.since, first.since);
    assert!(second.until.duration_since(first.until).unsigned_abs() >= REGISTERED_FOR / 2);
    h.advance(NEARLY).await;
    assert_eq!(h.store.lookup(&key("web-1")).await, Ok(Some(ana())));
    // Never sooner than was promised.
    assert_eq!(h.store.register(&key("web-1"), &ana(), seconds(1)).await, Ok(second));
}

async fn another_session_is_refused_and_changes_nothing(h: &Harness) {
    let first = register(h, "web-1").await;
    for other in [pair("chat-2", "ana"), pair("chat-1", "bob")] {
        let outcome = h.store.register(&key("web-1"), &other, REGISTERED_FOR * 2).await;
        assert_eq!(refused(outcome), Reason::ResumeKeyTaken);
    }
    assert_eq!(h.store.lookup(&key("web-1")).await, Ok(Some(ana())));
    assert_eq!(h.store.register(&key("web-1"), &ana(), seconds(1)).await, Ok(first));
}

async fn a_key_that_lapsed_names_nothing_and_is_free(h: &Harness) {
    let first = register(h, "web-1").await;
    h.advance(REGISTERED_FOR).await;
    assert_eq!(h.store.lookup(&key("web-1")).await, Ok(None));
    let bob = pair("chat-2", "bob");
    let second = h.store.register(&key("web-1"), &bob, REGISTERED_FOR).await.unwrap();
    assert!(second.since >= first.until);
    assert_eq!(h.store.lookup(&key("web-1")).await, Ok(Some(bob)));
    assert_eq!(refused(h.store.register(&key("web-1"), &ana(), REGISTERED_FOR).await), Reason::ResumeKeyTaken);
}

async fn the_two_ids_are_told_apart(h: &Harness) {
    h.store.register(&key("web-1"), &pair("ab", "c"), REGISTERED_FOR).await.unwrap();
    let outcome = h.store.register(&key("web-1"), &pair("a", "bc"), REGISTERED_FOR).await;
    assert_eq!(refused(outcome), Reason::ResumeKeyTaken);
}

async fn a_session_may_have_several_keys(h: &Harness) {
    for name in ["web-1", "chat-1", "ana"] {
        register(h, name).await;
    }
    for name in ["web-1", "chat-1", "ana"] {
        assert_eq!(h.store.lookup(&key(name)).await, Ok(Some(ana())));
    }
}

async fn of_all_who_register_at_once_one_session_gets_the_key(h: &Harness) {
    let session = |n: usize| pair(&format!("chat-{}", n % 10), "ana");
    let register = |store: Arc<dyn Store>, n| async move {
        (n, store.register(&key("web-1"), &session(n), REGISTERED_FOR).await.is_ok())
    };
    let outcomes = at_once(h, 50, register).await;
    let winner = h.store.lookup(&key("web-1")).await.unwrap().unwrap();
    for (n, won) in outcomes {
        assert_eq!(won, session(n) == winner, "{n}");
    }
}

async fn all_who_register_the_same_at_once_get_the_same(h: &Harness) {
    let register =
        |store: Arc<dyn Store>, _| async move { store.register(&key("web-1"), &ana(), REGISTERED_FOR).await.unwrap() };
    let terms = at_once(h, 50, register).await;
    assert!(terms.iter().all(|term| term.since == terms[0].since), "{terms:?}");
}
