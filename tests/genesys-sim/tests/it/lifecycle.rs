//! What the other side of the API does to a conversation.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use genesys_sim::{Control, ControlError, Conversation, NewConversation, Role, Status};

use crate::support::Harness;

fn look(control: &Control, id: &str) -> Conversation {
    control.conversation(id).unwrap()
}

/// The agents by user id, and whether they are connected.
fn agents(conversation: &Conversation) -> Vec<(&str, bool)> {
    let agents = conversation.participants.iter().filter(|leg| leg.role == Role::Agent);
    agents.map(|leg| (leg.user_id.as_deref().unwrap(), leg.status == Status::Active)).collect()
}

#[tokio::test]
async fn a_dropped_customer_comes_back_to_the_same_agent() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.control.drop_customer(&id).unwrap();
    let dropped = look(&h.control, &id);
    assert_eq!(dropped.status, Status::Disconnected);
    assert!(!dropped.has_active(Role::Customer) && dropped.has_active(Role::Agent));

    h.control.attach(&id, Some("agent-7")).unwrap();
    let attached = look(&h.control, &id);
    assert_eq!(attached.status, Status::Active);
    assert!(attached.has_active(Role::Customer));
    assert_eq!(agents(&attached), [("agent-7", true)]);
}

#[tokio::test]
async fn attaching_without_an_agent_takes_whoever_was_there() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.control.queue(&id, "support").unwrap();
    h.control.set_status(&id, "DISCONNECTED").unwrap();
    h.control.drop_customer(&id).unwrap();
    h.control.attach(&id, None).unwrap();
    assert_eq!(agents(&look(&h.control, &id)), [("agent-7", true)]);

    let alone = NewConversation { status: Some(Status::Disconnected), ..NewConversation::default() };
    let id = h.control.create_conversation(alone).unwrap().conversation_id;
    h.control.attach(&id, None).unwrap();
    assert!(look(&h.control, &id).has_active(Role::System));
}

#[tokio::test]
async fn of_concurrent_attaches_exactly_one_wins() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.control.drop_customer(&id).unwrap();
    let start = Arc::new(Barrier::new(50));
    let racers: Vec<_> = (0..50)
        .map(|_| {
            let (control, id, start) = (h.control.clone(), id.clone(), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                control.attach(&id, Some("agent-7"))
            })
        })
        .collect();
    let results: Vec<_> = racers.into_iter().map(|racer| racer.join().unwrap()).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| matches!(result, Err(ControlError::Conflict(_)))).count(), 49);
}

#[tokio::test]
async fn a_transfer_survives_the_customers_drop_and_return() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.control.transfer(&id, "specialists", "billing question").unwrap();
    let transferred = look(&h.control, &id);
    h.control.drop_customer(&id).unwrap();
    h.control.attach(&id, None).unwrap();

    let waiting = look(&h.control, &id);
    assert_eq!(waiting.status, Status::Transfer);
    assert_eq!(waiting.updated_time, transferred.updated_time, "only the customer's leg has changed");
    assert_eq!(waiting.target_queue_id.as_deref(), Some("specialists"));
    assert_eq!(waiting.transfer_reason.as_deref(), Some("billing question"));
    assert_eq!(waiting.queue_id.as_deref(), Some("support"));
    assert_eq!(agents(&waiting), [("agent-7", false)]);

    h.control.complete_transfer(&id, "agent-9").unwrap();
    let done = look(&h.control, &id);
    assert_eq!(done.status, Status::Active);
    assert_eq!(done.queue_id.as_deref(), Some("specialists"));
    assert_eq!((done.target_queue_id.as_ref(), done.transfer_reason.as_ref()), (None, None));
    assert_eq!(agents(&done), [("agent-7", false), ("agent-9", true)]);
}

#[tokio::test]
async fn attaching_to_the_old_agent_undoes_a_transfer() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.control.transfer(&id, "specialists", "billing question").unwrap();
    h.control.drop_customer(&id).unwrap();
    h.control.attach(&id, Some("agent-7")).unwrap();
    let lost = look(&h.control, &id);
    assert_eq!((lost.status, lost.target_queue_id), (Status::Active, None));
}

#[tokio::test]
async fn a_queued_conversation_waits_until_an_agent_accepts() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.control.queue(&id, "sales").unwrap();
    assert_eq!(look(&h.control, &id).status, Status::Queue);
    h.control.reroute(&id, "returns").unwrap();
    h.control.drop_customer(&id).unwrap();
    let waiting = look(&h.control, &id);
    assert_eq!((&waiting.status, waiting.queue_id.as_deref()), (&Status::Reroute, Some("returns")));
    h.control.complete_transfer(&id, "agent-9").unwrap();
    let accepted = look(&h.control, &id);
    assert_eq!((&accepted.status, accepted.queue_id.as_deref()), (&Status::Active, Some("returns")));
    assert!(matches!(h.control.complete_transfer(&id, "agent-9"), Err(ControlError::Conflict(_))));
}

#[tokio::test]
async fn nothing_moves_a_terminated_conversation() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.control.terminate(&id).unwrap();
    let ended = look(&h.control, &id);
    for refused in [
        h.control.drop_customer(&id),
        h.control.attach(&id, None),
        h.control.transfer(&id, "q", "r"),
        h.control.complete_transfer(&id, "agent-9"),
        h.control.queue(&id, "q"),
        h.control.reroute(&id, "q"),
        h.control.terminate(&id),
    ] {
        assert!(matches!(refused, Err(ControlError::Conflict(_))));
    }
    assert_eq!(look(&h.control, &id), ended);
}

#[tokio::test]
async fn ids_can_be_chosen_once_and_unknown_ones_are_told() {
    let h = Harness::start().await;
    let new = || NewConversation {
        conversation_id: Some("c1".to_owned()),
        customer_id: Some("p1".to_owned()),
        ..NewConversation::default()
    };
    let created = h.control.create_conversation(new()).unwrap();
    assert_eq!((created.conversation_id.as_str(), created.customer_id.as_str()), ("c1", "p1"));
    assert_eq!(created.agent_participant_id, None);
    assert!(matches!(h.control.create_conversation(new()), Err(ControlError::Conflict(_))));
    assert_eq!(h.control.forget("c2"), Err(ControlError::NotFound));
    assert_eq!(h.control.drop_customer("c2"), Err(ControlError::NotFound));
    assert!(matches!(h.control.agent_message("c1", "hello"), Err(ControlError::Conflict(_))));
}
