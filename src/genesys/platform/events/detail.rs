//! `v2.detail.events.conversation`: a leg that began or ended.

use serde_json::Value;

use super::body::{Body, missing};
use super::words::{self, MEDIUM, MESSENGER, OfFlow, UNSAID};
use crate::domain::ids::ConversationId;
use crate::domain::legs::{Leg, LegState, Purpose};
use crate::domain::mirror::News;
use crate::genesys::platform;
use crate::ports::EventError;

/// What an event of one kind tells.
enum Tells {
    Begin(Purpose),
    End(Purpose),
    Doubt,
    Nothing,
}

pub(super) fn read(
    id: &str,
    kind: &str,
    body: &Value,
    event_id: &str,
) -> Result<Option<(ConversationId, News)>, EventError> {
    // What follows is about a conversation, and not about who is in it.
    if matches!(kind, "attributes" | "wrapup" | "acw" | "contact" | "outbound" | "flow.outcome") {
        return Ok(None);
    }
    let body = Body::of(body)?;
    if !is_ours(body)? {
        return Ok(None);
    }
    let tells = match kind.split_once('.') {
        // It comes when an agent is offered the conversation or takes it: it does not say which.
        Some(("user", "start")) => Tells::Doubt,
        Some(("acd", "end")) => match body.text("acdOutcome")? {
            Some(outcome) if words::outcome_tells_all(outcome) => Tells::End(words::purpose("acd")),
            _ => Tells::Doubt,
        },
        Some(("flow", turn @ ("start" | "end"))) => of_flow(body, turn)?,
        Some((leg @ ("customer" | "acd" | "user"), turn @ ("start" | "end"))) => turned(words::purpose(leg), turn),
        _ => Tells::Doubt,
    };
    let (purpose, ended) = match tells {
        Tells::Begin(purpose) => (purpose, false),
        Tells::End(purpose) => (purpose, true),
        Tells::Nothing => return Ok(None),
        Tells::Doubt => {
            let at = body.time("eventTime")?.ok_or(missing("eventTime"))?;
            return Ok(Some((body.conversation(Some(id))?, News::Doubt { event: event_id.to_owned(), at })));
        }
    };
    let at = body.time("eventTime")?.ok_or(missing("eventTime"))?;
    let disconnect = if ended { body.text("disconnectType")?.map(words::disconnect) } else { None };
    let leg = Leg {
        id: body.id("participantId")?.ok_or(missing("participantId"))?,
        purpose,
        state: if ended { LegState::Ended } else { LegState::Connected },
        disconnect,
        started: (!ended).then_some(at),
        ended: ended.then_some(at),
        changed: Some(at),
        user_id: body.id("userId")?,
        queue_id: body.id("queueId")?,
        contact_id: body.id("externalContactId")?,
    };
    let news = News::Change { event: event_id.to_owned(), at, leg };
    Ok(Some((body.conversation(Some(id))?, news)))
}

/// Whether it is about a web conversation. What is not said may be.
fn is_ours(body: Body<'_>) -> Result<bool, EventError> {
    let may_be = |said: Option<&str>, ours: &str| {
        said.is_none_or(|said| said.eq_ignore_ascii_case(ours) || said.eq_ignore_ascii_case(UNSAID))
    };
    Ok(may_be(body.text("mediaType")?, MEDIUM) && may_be(body.text("messageType")?, MESSENGER))
}

fn of_flow(body: Body<'_>, turn: &str) -> Result<Tells, EventError> {
    Ok(match body.text("flowType")?.map_or(OfFlow::Unclear, words::flow) {
        OfFlow::Leg(purpose) => turned(platform::words::purpose(purpose), turn),
        OfFlow::InQueue => Tells::Nothing,
        OfFlow::Unclear => Tells::Doubt,
    })
}

fn turned(purpose: Purpose, turn: &str) -> Tells {
    if turn == "start" { Tells::Begin(purpose) } else { Tells::End(purpose) }
}
