//! What a step told, in domain words.

use crate::domain::conversation::{Confirming, Resumed, not_confirmed, not_speaking};
use crate::domain::counter::{Claimant, Claimed};
use crate::domain::error::Reason;
use crate::domain::handshake::Confirmation;
use crate::domain::ids::{ClientMessageId, ConversationId, HandshakeId, Pair, ParticipantId};
use crate::domain::lease::{Fenced, Lease};
use crate::domain::ledger::{Begun, EntryKey, Held, Slot, Unsettled};
use crate::domain::pair::{Join, Joined, View, not_found, nothing_to_take_over, superseded};
use crate::domain::registry::{Term, taken};
use crate::domain::snapshot::Reading;
use crate::domain::tabs::{Seat, TabRole};
use crate::domain::token_line::{Refreshed, Refusal, Shown};
use crate::ports::{Outage, StoreError};
use uuid::Uuid;

use super::reply::Reply;
use super::{hex, wire};

/// What the step told, unless it refused.
pub(super) fn verdict(mut reply: Reply) -> Result<Reply, StoreError> {
    if reply.text()? == "ok" {
        return Ok(reply.list()?);
    }
    let refusal = reply.text()?;
    if refusal == "LOST" {
        tracing::error!("the store does not know a lease that it gave out: it lost data");
        metrics::counter!("session_resumption_store_losses_total", "evidence" => "lease").increment(1);
    }
    if refusal == "FENCED" || refusal == "LOST" {
        return Err(Fenced.into());
    }
    let of = |reason: Reason| refusal == reason.wire();
    let errors = [not_found(), superseded(), nothing_to_take_over(), not_confirmed(), not_speaking(), taken()];
    Err(errors.into_iter().find(|error| of(error.reason)).ok_or(Outage::Malformed)?.into())
}

pub(super) fn joined(mut reply: Reply, join: &Join) -> Result<(Joined, Option<Reading>), Outage> {
    let joined = match reply.text()?.as_str() {
        "lead" => {
            let id = handshake(&reply.text()?)?;
            let lease = Lease { owner: join.owner, fence: reply.number()? };
            let lead = Joined::Lead { id, lease, arrived: reply.instant()?, now: reply.instant()? };
            let reading = reply.maybe()?.map(|text| wire::reading(&text)).transpose()?;
            return Ok((lead, reading));
        }
        "wait" => Joined::Wait { fence: reply.number()?, left: reply.span()? },
        "replay" => Joined::Replay(view(reply)?),
        "failed" => Joined::Failed(wire::error(&reply.text()?)?),
        _ => return Err(Outage::Malformed),
    };
    Ok((joined, None))
}

pub(super) fn view(mut reply: Reply) -> Result<View, Outage> {
    let answer = wire::answer(&reply.text()?)?;
    let handshake = reply.maybe()?.map(|id| handshake(&id)).transpose()?;
    Ok(View { answer, handshake, seat: seat(reply)? })
}

pub(super) fn seat(mut reply: Reply) -> Result<Seat, Outage> {
    let role = match reply.maybe()?.as_deref() {
        None => None,
        Some("active") => Some(TabRole::Active),
        Some("suspended") => Some(TabRole::Suspended),
        Some(_) => return Err(Outage::Malformed),
    };
    Ok(Seat { role, epoch: reply.number()? })
}

pub(super) fn confirmation(mut reply: Reply) -> Result<Confirmation, Outage> {
    let count = u32::try_from(reply.number()?).map_err(|_| Outage::Malformed)?;
    Ok(Confirmation { count, time: reply.instant()?, agent_id: reply.maybe()?, as_of: reply.maybe_instant()? })
}

pub(super) fn resumed(reply: Reply) -> Result<Vec<Resumed>, Outage> {
    let mut resumed = reply.all(|reply| {
        let mut reply = reply.list()?;
        let participant = ParticipantId::parse(&reply.text()?).map_err(|_| Outage::Foreign)?;
        let claimant = Claimant { participant, handshake: handshake(&reply.text()?)? };
        Ok(Resumed { claimant, confirmation: confirmation(reply.list()?)? })
    })?;
    // By customer, and the older first, as the rules have it.
    resumed.sort_by(|a, b| a.claimant.participant.cmp(&b.claimant.participant));
    Ok(resumed)
}

pub(super) fn confirming(mut reply: Reply, owner: Uuid) -> Result<Confirming, Outage> {
    Ok(match reply.text()?.as_str() {
        "already" => Confirming::Already(confirmation(reply.list()?)?),
        "write" => {
            let lease = Lease { owner, fence: reply.number()? };
            let (confirmation, forgotten) = (confirmation(reply.list()?)?, reply.text()? == "yes");
            Confirming::Claimed(Claimed::Write { lease, confirmation, forgotten })
        }
        "busy" => Confirming::Claimed(Claimed::Busy(reply.span()?)),
        "read_again" => Confirming::Claimed(Claimed::ReadAgain),
        _ => return Err(Outage::Malformed),
    })
}

pub(super) fn begun(mut reply: Reply, owner: Uuid) -> Result<Begun, Outage> {
    Ok(match reply.text()?.as_str() {
        "all_written" => Begun::AllWritten(reply.list()?.all(Reply::text)?),
        "busy" => Begun::Busy(reply.span()?),
        "reused" => Begun::Reused(usize::try_from(reply.number()?).map_err(|_| Outage::Malformed)?),
        "full" => Begun::Full,
        "holding" => {
            let lease = Lease { owner, fence: reply.number()? };
            let written = reply.list()?.all(Reply::maybe)?;
            let mut unsettled = reply.list()?.all(|reply| unsettled_entry(reply.list()?))?;
            // By name among equals, as the rules have it.
            unsettled.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
            let claimed = reply.list()?.all(Reply::text)?.into_iter().collect();
            Begun::Holding(Held { lease, written, unsettled, claimed })
        }
        _ => return Err(Outage::Malformed),
    })
}

fn unsettled_entry(mut reply: Reply) -> Result<Unsettled, Outage> {
    let key = entry_key(&reply.text()?).ok_or(Outage::Foreign)?;
    let fingerprint = hex::decode(&reply.text()?).ok_or(Outage::Foreign)?;
    Ok(Unsettled { key, fingerprint, at: reply.instant()?, after: reply.maybe()? })
}

pub(super) fn term(mut reply: Reply) -> Result<Term, Outage> {
    Ok(Term { since: reply.instant()?, until: reply.instant()? })
}

pub(super) fn pair(mut reply: Reply) -> Result<Option<Pair>, Outage> {
    let Some(conversation) = reply.maybe()? else { return Ok(None) };
    let conversation = ConversationId::parse(&conversation).map_err(|_| Outage::Foreign)?;
    let participant = ParticipantId::parse(&reply.text()?).map_err(|_| Outage::Foreign)?;
    Ok(Some(Pair { conversation, participant }))
}

pub(super) fn shown(mut reply: Reply) -> Result<Shown, Outage> {
    reply.maybe()?.map_or(Ok(Shown::Good), |name| refusal(&name).map(Shown::Refused))
}

pub(super) fn refreshed(mut reply: Reply) -> Result<Refreshed, Outage> {
    Ok(match reply.text()?.as_str() {
        "next" => Refreshed::Next { generation: reply.number()?, left: reply.span()? },
        "keep" => Refreshed::Keep,
        "refused" => Refreshed::Refused(refusal(&reply.text()?)?),
        _ => return Err(Outage::Malformed),
    })
}

fn refusal(name: &str) -> Result<Refusal, Outage> {
    Ok(match name {
        "reused" => Refusal::Reused,
        "revoked" => Refusal::Revoked,
        "over" => Refusal::Over,
        "unknown" => Refusal::Unknown,
        _ => return Err(Outage::Malformed),
    })
}

/// Reads back what `arguments::field` writes.
fn entry_key(field: &str) -> Option<EntryKey> {
    let mut words = field.split(' ');
    let participant = ParticipantId::parse(words.next()?).ok()?;
    let slot = match (words.next()?, words.next()?) {
        ("marker", id) => Slot::Marker(HandshakeId::parse(id).ok()?),
        ("message", id) => Slot::Message(ClientMessageId::parse(id).ok()?),
        _ => return None,
    };
    Some(EntryKey { participant, slot })
}

fn handshake(id: &str) -> Result<HandshakeId, Outage> {
    HandshakeId::parse(id).map_err(|_| Outage::Foreign)
}
