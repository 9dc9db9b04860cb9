//! A line of session tokens: what the rules say of one browser, whichever replica it asks.

use std::time::Duration;

use session_resumption::domain::token_line::{FIRST, LINE_LIFE, Refreshed, Refusal, Shown};
use uuid::Uuid;

use crate::crowds::at_once;
use crate::given::{hours, seconds};
use crate::harness::Harness;

for_every_store!(
    a_line_goes_on_from_token_to_token,
    a_young_token_is_kept,
    a_lost_answer_costs_nothing,
    what_was_replaced_has_its_grace_and_then_ends_the_line,
    what_was_never_issued_ends_the_line,
    a_line_that_is_forgotten_has_ended,
    a_line_that_ended_is_remembered_until_its_last_token_is_past_being_shown,
    a_line_that_nobody_knows_is_not_good,
    a_line_gets_no_older_than_a_line_gets,
    lines_know_nothing_of_each_other,
    all_who_refresh_at_once_get_the_same,
    whoever_shows_a_token_while_another_refreshes_is_let_in,
    of_all_who_show_what_was_replaced_one_ends_the_line,
);

const SHOW_FOR: Duration = Duration::from_mins(20);
const GOOD: Shown = Shown::Good;
const REUSED: Shown = Shown::Refused(Refusal::Reused);
const REVOKED: Shown = Shown::Refused(Refusal::Revoked);
const UNKNOWN: Shown = Shown::Refused(Refusal::Unknown);

impl Harness {
    async fn begun(&self) -> Uuid {
        let line = Uuid::new_v4();
        self.store.begin_line(line, SHOW_FOR).await.unwrap();
        line
    }

    async fn shows(&self, line: Uuid, generation: u64) -> Shown {
        self.store.use_line(line, generation).await.unwrap()
    }

    async fn refresh(&self, line: Uuid, generation: u64) -> Refreshed {
        self.store.refresh_line(line, generation, SHOW_FOR).await.unwrap()
    }

    /// The number of the token that takes the place of this one.
    async fn next(&self, line: Uuid, generation: u64) -> u64 {
        match self.refresh(line, generation).await {
            Refreshed::Next { generation, .. } => generation,
            other => panic!("expected a token, got {other:?}"),
        }
    }
}

async fn a_line_goes_on_from_token_to_token(h: &Harness) {
    let line = h.begun().await;
    for generation in FIRST..=5 {
        assert_eq!(h.shows(line, generation).await, GOOD);
        h.advance(seconds(600)).await;
        assert_eq!(h.shows(line, generation).await, GOOD);
        let Refreshed::Next { generation: next, left } = h.refresh(line, generation).await else { panic!() };
        assert_eq!(next, generation + 1);
        let expected = LINE_LIFE.saturating_sub(seconds(600 * generation));
        assert!((expected.saturating_sub(seconds(60))..=expected).contains(&left), "{left:?}");
    }
}

async fn a_young_token_is_kept(h: &Harness) {
    let line = h.begun().await;
    assert_eq!(h.refresh(line, 1).await, Refreshed::Keep);
    h.advance(seconds(60)).await;
    assert_eq!(h.next(line, 1).await, 2);
    assert_eq!(h.refresh(line, 2).await, Refreshed::Keep);
    assert_eq!(h.shows(line, 2).await, GOOD);
}

async fn a_lost_answer_costs_nothing(h: &Harness) {
    let line = h.begun().await;
    h.advance(seconds(300)).await;
    for _ in 0..3 {
        assert_eq!(h.next(line, 1).await, 2);
        h.advance(seconds(300)).await;
    }
    assert_eq!(h.shows(line, 2).await, GOOD);
}

async fn what_was_replaced_has_its_grace_and_then_ends_the_line(h: &Harness) {
    let line = h.begun().await;
    h.advance(seconds(60)).await;
    h.next(line, 1).await;
    h.advance(seconds(600)).await;
    assert_eq!(h.shows(line, 1).await, GOOD, "nobody has shown the next one");
    assert_eq!(h.shows(line, 2).await, GOOD);
    assert_eq!(h.shows(line, 1).await, GOOD, "a call was on its way");
    h.advance(seconds(10)).await;
    assert_eq!(h.shows(line, 1).await, REUSED);
    assert_eq!(h.shows(line, 2).await, REVOKED);
    assert_eq!(h.refresh(line, 2).await, Refreshed::Refused(Refusal::Revoked));
}

async fn what_was_never_issued_ends_the_line(h: &Harness) {
    for generation in [0, 2, 1 << 53, u64::MAX] {
        let line = h.begun().await;
        assert_eq!(h.shows(line, generation).await, REUSED);
        assert_eq!(h.shows(line, 1).await, REVOKED);
        let line = h.begun().await;
        assert_eq!(h.refresh(line, generation).await, Refreshed::Refused(Refusal::Reused));
        assert_eq!(h.shows(line, 1).await, REVOKED);
    }
}

async fn a_line_that_is_forgotten_has_ended(h: &Harness) {
    let line = h.begun().await;
    for _ in 0..2 {
        h.store.forget_line(line).await.unwrap();
        assert_eq!(h.shows(line, 1).await, REVOKED);
    }
}

async fn a_line_that_ended_is_remembered_until_its_last_token_is_past_being_shown(h: &Harness) {
    let line = h.begun().await;
    h.advance(seconds(600)).await;
    h.next(line, 1).await;
    h.store.forget_line(line).await.unwrap();
    h.advance(SHOW_FOR.saturating_sub(seconds(60))).await;
    // Somebody else's line, which gives the store occasion to tidy up.
    h.begun().await;
    assert_eq!(h.shows(line, 2).await, REVOKED);
    h.advance(seconds(60)).await;
    h.begun().await;
    assert_eq!(h.shows(line, 2).await, UNKNOWN);
}

async fn a_line_that_nobody_knows_is_not_good(h: &Harness) {
    let line = Uuid::new_v4();
    h.store.forget_line(line).await.unwrap();
    assert_eq!(h.shows(line, 1).await, UNKNOWN);
    assert_eq!(h.refresh(line, 1).await, Refreshed::Refused(Refusal::Unknown));
    let line = h.begun().await;
    h.advance(SHOW_FOR).await;
    assert_eq!(h.shows(line, 1).await, UNKNOWN);
    assert_eq!(h.refresh(line, 1).await, Refreshed::Refused(Refusal::Unknown));
}

async fn a_line_gets_no_older_than_a_line_gets(h: &Harness) {
    let line = Uuid::new_v4();
    h.store.begin_line(line, hours(24)).await.unwrap();
    h.advance(LINE_LIFE.saturating_sub(seconds(60))).await;
    let Refreshed::Next { left, .. } = h.refresh(line, 1).await else { panic!() };
    assert!(left <= seconds(60), "{left:?}");
    h.advance(seconds(60)).await;
    assert_eq!(h.shows(line, 2).await, UNKNOWN, "it is not even kept");
}

async fn lines_know_nothing_of_each_other(h: &Harness) {
    let (one, other) = (h.begun().await, h.begun().await);
    assert_eq!(h.shows(one, 7).await, REUSED);
    assert_eq!(h.shows(other, 1).await, GOOD);
}

async fn all_who_refresh_at_once_get_the_same(h: &Harness) {
    let line = h.begun().await;
    h.advance(seconds(60)).await;
    let refreshed = at_once(h, 50, |store, _| async move { store.refresh_line(line, 1, SHOW_FOR).await.unwrap() });
    for told in refreshed.await {
        assert!(matches!(told, Refreshed::Next { generation: 2, .. }), "{told:?}");
    }
}

async fn whoever_shows_a_token_while_another_refreshes_is_let_in(h: &Harness) {
    let line = h.begun().await;
    h.advance(seconds(60)).await;
    // The fourth part refreshes, and uses what it got.
    let shown = at_once(h, 40, |store, n| async move {
        if n % 4 > 0 {
            return store.use_line(line, 1).await.unwrap();
        }
        let told = store.refresh_line(line, 1, SHOW_FOR).await.unwrap();
        let Refreshed::Next { generation, .. } = told else { panic!("{told:?}") };
        store.use_line(line, generation).await.unwrap()
    });
    assert_eq!(shown.await, vec![GOOD; 40]);
}

async fn of_all_who_show_what_was_replaced_one_ends_the_line(h: &Harness) {
    let line = h.begun().await;
    h.advance(seconds(60)).await;
    h.next(line, 1).await;
    assert_eq!(h.shows(line, 2).await, GOOD);
    h.advance(seconds(10)).await;
    let shown = at_once(h, 30, |store, _| async move { store.use_line(line, 1).await.unwrap() }).await;
    assert_eq!(shown.iter().filter(|told| **told == REUSED).count(), 1, "the end is told once: {shown:?}");
    assert_eq!(shown.iter().filter(|told| **told == REVOKED).count(), 29);
}
