//! The memory store's registry is bounded as well: keys and lines each by themselves.

use std::time::Duration;

use session_resumption::domain::registry::REGISTERED_FOR;
use session_resumption::domain::token_line::Shown;
use session_resumption::ports::StoreError;

use super::store_of;
use crate::given::{ana, flow, key, pair, uuid};

const SHOW_FOR: Duration = Duration::from_mins(20);

#[tokio::test]
async fn a_full_registry_refuses_newcomers_and_knows_who_was_there() {
    let h = store_of(2);
    for name in ["one", "two"] {
        h.store.register(&key(name), &ana(), REGISTERED_FOR).await.unwrap();
    }
    assert_eq!(h.store.register(&key("three"), &ana(), REGISTERED_FOR).await, Err(StoreError::Full));
    h.advance(REGISTERED_FOR / 2).await;
    h.store.register(&key("one"), &ana(), REGISTERED_FOR).await.unwrap();
    h.advance(REGISTERED_FOR / 2).await;
    // The second has lapsed.
    h.store.register(&key("three"), &ana(), REGISTERED_FOR).await.unwrap();
    assert_eq!(h.store.lookup(&key("one")).await, Ok(Some(ana())));
    assert_eq!(h.store.register(&key("two"), &ana(), REGISTERED_FOR).await, Err(StoreError::Full));
}

#[tokio::test]
async fn no_more_lines_are_begun_than_can_be_remembered() {
    let h = store_of(2);
    let (first, second) = (uuid(), uuid());
    h.store.begin_line(first, SHOW_FOR).await.unwrap();
    h.store.begin_line(second, SHOW_FOR).await.unwrap();
    h.store.forget_line(second).await.unwrap();
    assert_eq!(h.store.begin_line(uuid(), SHOW_FOR).await, Err(StoreError::Full), "one that ended counts too");
    assert_eq!(h.store.use_line(first, 1).await, Ok(Shown::Good));
    h.advance(SHOW_FOR).await;
    h.store.begin_line(uuid(), SHOW_FOR).await.unwrap();
}

#[tokio::test]
async fn neither_crowds_out_the_other_nor_conversations() {
    let h = store_of(1);
    h.store.register(&key("one"), &ana(), REGISTERED_FOR).await.unwrap();
    h.store.begin_line(uuid(), SHOW_FOR).await.unwrap();
    h.lead(&ana(), &flow()).await;
}

#[tokio::test]
async fn questions_take_no_room() {
    let h = store_of(1);
    for _ in 0..10 {
        assert_eq!(h.store.lookup(&key("nobody")).await, Ok(None));
        h.store.use_line(uuid(), 1).await.unwrap();
        h.store.forget_line(uuid()).await.unwrap();
    }
    h.store.register(&key("one"), &pair("chat-9", "eve"), REGISTERED_FOR).await.unwrap();
    h.store.begin_line(uuid(), SHOW_FOR).await.unwrap();
}
