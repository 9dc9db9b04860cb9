//! A strict, scriptable stand-in for Genesys Cloud: its API, its login host, its bad days.
//!
//! It speaks the API as the guide describes it and, beside it, the platform's own as the public SDKs know it; each has
//! its conversations.
//!
//! Beside that contract it plays the real platform: its conversations with their legs, the events it pushes, and the
//! guest's side of Web Messaging.
//!
//! [`Sim::start`] serves both hosts on one loopback port; [`Control`] plays everyone on the other side of the API.
//! Any call that breaks the contract is refused with a 4xx and stands in the ledger with its `violation`.
//!
//! The same operations are open to other processes under `/_sim/`, in JSON. They answer 204 unless noted, and
//! `{"message"}` with 404, 409 or 400 for a [`ControlError`].
//!
//! | route | body | answer |
//! |---|---|---|
//! | `POST /_sim/conversations` | [`NewConversation`] | 201 [`Created`] |
//! | `GET /_sim/conversations/{id}` | | 200 [`Conversation`] |
//! | `DELETE /_sim/conversations/{id}` | | forgets it |
//! | `GET /_sim/conversations/{id}/transcript` | | 200 list of [`Message`] |
//! | `POST /_sim/conversations/{id}/drop-customer` | | |
//! | `POST /_sim/conversations/{id}/attach` | `{"agent_user_id"?}` | |
//! | `POST /_sim/conversations/{id}/transfer` | `{"target_queue_id", "reason"}` | |
//! | `POST /_sim/conversations/{id}/complete-transfer` | `{"agent_user_id"}` | |
//! | `POST /_sim/conversations/{id}/queue` | `{"queue_id"}` | |
//! | `POST /_sim/conversations/{id}/reroute` | `{"queue_id"}` | |
//! | `POST /_sim/conversations/{id}/terminate` | | |
//! | `POST /_sim/conversations/{id}/customer-message` | `{"text"}` | 200 `{"id"}` |
//! | `POST /_sim/conversations/{id}/agent-message` | `{"text"}` | 200 `{"id"}` |
//! | `PUT /_sim/conversations/{id}/status` | `{"status"}` | |
//! | `PUT /_sim/conversations/{id}/attributes/{key}` | `{"value"}` | |
//! | `GET /_sim/clock` | | 200 `{"now"}` |
//! | `POST /_sim/clock/advance` | `{"ms"}` | 200 `{"now"}` |
//! | `POST /_sim/tokens/expire` | | |
//! | `PUT /_sim/rate-limit` | `{"requests_per_minute"}` | |
//! | `PUT /_sim/missing-permissions` | `{"permissions"}` | of the platform calls |
//! | `PUT /_sim/mint-limit` | `{"mints_per_minute"?}` | |
//! | `PUT /_sim/transcript-support` | `{"supported"}` | |
//! | `POST /_sim/faults` | [`FaultScript`] | |
//! | `DELETE /_sim/faults` | | forgets those not used up |
//! | `GET /_sim/ledger` | | 200 list of [`LedgerEntry`] |
//! | `DELETE /_sim/ledger` | | |
//! | `GET /_sim/events?since={id}` | | 200 list of [`BridgedEvent`] |
//! | `POST /_sim/events` | `{"topic", "body"}` | publishes it |
//! | `GET /_sim/channels/sockets` | | 200 `{"connected"}` |
//! | `DELETE /_sim/channels/sockets` | | cuts them |
//! | `POST /_sim/channels/faults` | `{"fault", "times"?}`, with a [`PushFault`] | |
//! | `DELETE /_sim/channels/faults` | | forgets those not used up |
//! | `POST /_sim/channels/texts` | `{"text"}` | sends it to every socket |
//! | `POST /_sim/channels/frames` | `{"topic", "body"}` | sends it to every socket |
//! | `PUT /_sim/channels/heartbeat` | `{"silenced"}` | |
//! | `PUT /_sim/channels/refusal` | `{"status"?}` | of new channels |
//! | `POST /_sim/channels/forbidden-topics` | `{"topic", "missing_permission"}` | |
//! | `DELETE /_sim/channels/forbidden-topics` | | |
//! | `GET /_sim/guests/{token}` | | 200 [`GuestState`] |
//! | `DELETE /_sim/guests/{token}/sockets` | | cuts them |
//! | `POST /_sim/guests/{token}/expire` | | ends the session |
//!
//! | `POST /_sim/platform/conversations` | [`NewPlatformConversation`] | 201 [`CreatedPlatform`] |
//! | `GET /_sim/platform/conversations/{id}` | | 200 as `GET /conversations/messages/{id}` |
//! | `PUT /_sim/platform/conversations/{id}` | any JSON | serves it on reads |
//! | `DELETE /_sim/platform/conversations/{id}` | | forgets it |
//! | `GET /_sim/platform/conversations/{id}/transcript` | | 200 list of [`PlatformMessage`] |
//! | `PUT /_sim/platform/conversations/{id}/away` | `{"away"}` | |
//! | `POST /_sim/platform/conversations/{id}/{operation}` | see below | 200 `{}` or as noted |
//!
//! The operations on a platform conversation: `queue` and `transfer` with `{"queue_id"}`; `offer`, `answer` and
//! `complete-transfer` with `{"agent_user_id"}`; `park` with `{"resume_after_s"}`; `no-answer`, `unpark`, `inactivity`,
//! `agent-end`, `expire-session`, `clear` and `bot` without a body; `customer-message`, `agent-message` and
//! `bot-message` with `{"text"}`, answered with `{"message_id"}` and for the customer also `{"conversation_id"}`.
//!
//! A fault script reads `{"route": "patch", "times": 2, "skip": 1, "fault": {"kind": "reset", "after_effect": true}}`.

mod admin;
mod admission;
mod answer;
mod channels;
mod clock;
mod connection;
mod contract;
mod control;
mod conversation;
mod effect;
mod error;
mod fault;
mod feed;
mod gateway;
mod guest;
mod ledger;
mod lifecycle;
mod options;
mod perform;
mod platform;
mod refusal;
mod route;
mod sim;
mod status;
mod tokens;
mod world;

pub use self::{
    channels::{BridgedEvent, PushFault},
    control::{Control, Created, NewConversation, Published},
    conversation::{Author, Conversation, Message, Participant, Role},
    error::ControlError,
    fault::{Fault, FaultScript},
    guest::{AgentDisconnect, GuestState},
    ledger::LedgerEntry,
    options::{ReadMethod, SimOptions, VersionMismatch},
    platform::{CreatedPlatform, NewPlatformConversation, PlatformControl, PlatformMessage, Purpose, Said},
    route::Route,
    sim::Sim,
    status::Status,
};
