//! What the mirror knows of a conversation as a text.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::legs::{Disconnect, LegState, Purpose, TransferState};
use crate::domain::mirror::Feed;
use crate::domain::mirror::entry::{self as domain, Cover, Stamp};
use crate::domain::mirror::parts::{Doing, KnownLeg, KnownTransfer, Part, Told};

#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    legs: BTreeMap<String, Leg>,
    transfers: BTreeMap<String, Transfer>,
    attributes: Option<(BTreeMap<String, String>, Timestamp)>,
    whole: Option<Times>,
    cover: Option<(u64, Times)>,
    doubt: Option<Timestamp>,
    wrote: Option<Timestamp>,
    unseen: BTreeMap<String, Timestamp>,
}

/// By the platform and by the store.
type Times = (Timestamp, Timestamp);

/// A text and when it was told.
type Text = Option<(String, Timestamp)>;

#[derive(Serialize, Deserialize)]
struct Leg {
    #[serde(with = "PartOfLeg")]
    part: Part,
    #[serde(with = "DoingOfLeg")]
    doing: Doing,
    how: Option<(How, Timestamp)>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    changed: Option<Timestamp>,
    user: Text,
    queue: Text,
    contact: Text,
    place: Option<usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Part")]
struct PartOfLeg {
    #[serde(with = "PurposeName")]
    purpose: Purpose,
    by_whole: bool,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Doing")]
struct DoingOfLeg {
    #[serde(with = "StateName")]
    state: LegState,
    changed: Option<Timestamp>,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct How(#[serde(with = "DisconnectName")] Disconnect);

#[derive(Serialize, Deserialize)]
struct Transfer {
    #[serde(with = "TransferStateName")]
    state: TransferState,
    issued: Option<Timestamp>,
    from_user: Text,
    to_user: Text,
    to_queue: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Purpose")]
enum PurposeName {
    Customer,
    Agent,
    Acd,
    Flow,
    Bot,
    Api,
    Other,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "LegState")]
enum StateName {
    Alerting,
    Connected,
    Parked,
    Ended,
    Unknown,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Disconnect")]
enum DisconnectName {
    Transfer,
    NoAnswer,
    NotAvailable,
    Inactivity,
    SessionExpired,
    Spam,
    Other,
    Unknown,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TransferState")]
enum TransferStateName {
    Pending,
    Over,
}

impl From<domain::Entry> for Entry {
    fn from(entry: domain::Entry) -> Self {
        let times = |stamp: Stamp| (stamp.of, stamp.told);
        Self {
            legs: entry.legs.into_iter().map(|(id, leg)| (id, leg.into())).collect(),
            transfers: entry.transfers.into_iter().map(|(id, transfer)| (id, transfer.into())).collect(),
            attributes: entry.attributes.map(|told| (told.fact, told.at)),
            whole: entry.whole.map(times),
            cover: entry.cover.map(|cover| (cover.feed.0, times(cover.whole))),
            doubt: entry.doubt,
            wrote: entry.wrote,
            unseen: entry.unseen,
        }
    }
}

impl From<Entry> for domain::Entry {
    fn from(entry: Entry) -> Self {
        let stamp = |(of, told): Times| Stamp { of, told };
        Self {
            legs: entry.legs.into_iter().map(|(id, leg)| (id, leg.into())).collect(),
            transfers: entry.transfers.into_iter().map(|(id, transfer)| (id, transfer.into())).collect(),
            attributes: entry.attributes.map(|(fact, at)| Told { fact, at }),
            whole: entry.whole.map(stamp),
            cover: entry.cover.map(|(feed, whole)| Cover { feed: Feed(feed), whole: stamp(whole) }),
            doubt: entry.doubt,
            wrote: entry.wrote,
            unseen: entry.unseen,
        }
    }
}

impl From<KnownLeg> for Leg {
    fn from(leg: KnownLeg) -> Self {
        Self {
            part: leg.part,
            doing: leg.doing,
            how: leg.disconnect.map(|told| (How(told.fact), told.at)),
            started: leg.started,
            ended: leg.ended,
            changed: leg.changed,
            user: of_text(leg.user_id),
            queue: of_text(leg.queue_id),
            contact: of_text(leg.contact_id),
            place: leg.place,
        }
    }
}

impl From<Leg> for KnownLeg {
    fn from(leg: Leg) -> Self {
        Self {
            part: leg.part,
            doing: leg.doing,
            disconnect: leg.how.map(|(How(fact), at)| Told { fact, at }),
            started: leg.started,
            ended: leg.ended,
            changed: leg.changed,
            user_id: text(leg.user),
            queue_id: text(leg.queue),
            contact_id: text(leg.contact),
            place: leg.place,
        }
    }
}

impl From<KnownTransfer> for Transfer {
    fn from(transfer: KnownTransfer) -> Self {
        Self {
            state: transfer.state,
            issued: transfer.issued,
            from_user: of_text(transfer.from_user),
            to_user: of_text(transfer.to_user),
            to_queue: of_text(transfer.to_queue),
        }
    }
}

impl From<Transfer> for KnownTransfer {
    fn from(transfer: Transfer) -> Self {
        Self {
            state: transfer.state,
            issued: transfer.issued,
            from_user: text(transfer.from_user),
            to_user: text(transfer.to_user),
            to_queue: text(transfer.to_queue),
        }
    }
}

fn of_text(told: Option<Told<String>>) -> Text {
    told.map(|told| (told.fact, told.at))
}

fn text(told: Text) -> Option<Told<String>> {
    told.map(|(fact, at)| Told { fact, at })
}
