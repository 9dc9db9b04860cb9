//! What goes with the platform's contract alone: how it is written to, and how its events are followed.

use std::time::Duration;

use super::{Profile, Window};
use crate::config::key::Key;
use crate::config::keys;
use crate::config::parse::Parse;
use crate::config::reader::Reader;

/// How the platform is spoken to.
#[derive(Debug, Clone)]
pub struct PlatformConfig {
    /// How long after its end a message reopens a conversation.
    pub threading_timeline: Duration,
    /// Where confirmations write their metadata.
    pub metadata: MetadataHome,
    /// Who writes the marker.
    pub marker: PlatformMarker,
}

/// Where confirmations write their metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataHome {
    /// To the attributes of the customer's participant, which flows and scripts see.
    ParticipantAttributes,
    /// To the conversation's custom attributes, which have versions.
    CustomAttributes,
}

/// Who writes the marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformMarker {
    /// The flow; it is only recorded here.
    ByArchitect,
    /// This service, as an agentless message from this deployment.
    Agentless {
        /// The deployment.
        deployment_id: String,
    },
}

/// Who writes the marker, as it is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum MarkerWay {
    /// The flow.
    ByArchitect,
    /// This service.
    Agentless,
}

/// How conversations are followed without asking for them.
#[derive(Debug, Clone)]
pub struct MirrorConfig {
    /// The queues whose conversations are followed by a notification channel.
    pub queues: Vec<String>,
    /// The deployments whose undelivered messages are.
    pub deployments: Vec<String>,
    /// Whether events may be posted to this service.
    pub webhook: bool,
    /// The longest time after which nothing that was told is gone by.
    pub max_age: Duration,
}

// === impl MirrorConfig ===

impl MirrorConfig {
    /// Whether anything is followed.
    pub fn is_on(&self) -> bool {
        self.webhook || self.listens()
    }

    /// Whether a channel is opened.
    pub fn listens(&self) -> bool {
        !(self.queues.is_empty() && self.deployments.is_empty())
    }

    pub(in crate::config) fn read(reader: &mut Reader, profile: Option<Profile>) -> Option<Self> {
        let queues = given_with(reader, profile, &keys::MIRROR_QUEUES);
        let deployments = given_with(reader, profile, &keys::MIRROR_DEPLOYMENTS);
        let webhook = got_with(reader, profile, &keys::MIRROR_WEBHOOK);
        let max_age = got_with(reader, profile, &keys::MIRROR_MAX_AGE);
        Some(Self {
            queues: queues?.unwrap_or_default(),
            deployments: deployments?.unwrap_or_default(),
            webhook: webhook?,
            max_age: max_age?,
        })
    }
}

// === impl PlatformConfig ===

impl PlatformConfig {
    pub(in crate::config) fn read(reader: &mut Reader, profile: Option<Profile>) -> Option<Self> {
        let threading_timeline = got_with(reader, profile, &keys::PLATFORM_THREADING_TIMELINE);
        let metadata = got_with(reader, profile, &keys::PLATFORM_METADATA);
        let way = got_with(reader, profile, &keys::PLATFORM_MARKER);
        let deployment = given_with(reader, profile, &keys::PLATFORM_DEPLOYMENT_ID);
        let marker = match (way?, deployment?) {
            (MarkerWay::ByArchitect, _) => PlatformMarker::ByArchitect,
            (MarkerWay::Agentless, Some(deployment_id)) => PlatformMarker::Agentless { deployment_id },
            (MarkerWay::Agentless, None) => {
                reader.refuse(&keys::PLATFORM_MARKER, "agentless needs platform.deployment_id, from which it is sent");
                return None;
            }
        };
        Some(Self { threading_timeline: threading_timeline?, metadata: metadata?, marker })
    }
}

/// The window of DISCONNECTED: on the platform, where none is given, as long as a message reopens the conversation.
pub(super) fn disconnected(reader: &mut Reader, profile: Option<Profile>) -> Option<Window> {
    match profile {
        Some(Profile::Platform) => {
            reader.get_like(&keys::POLICY_WINDOWS_DISCONNECTED, &keys::PLATFORM_THREADING_TIMELINE)
        }
        Some(Profile::Guide) | None => reader.get(&keys::POLICY_WINDOWS_DISCONNECTED),
    }
}

/// The value of a key of this profile.
fn got_with<P: Parse>(reader: &mut Reader, profile: Option<Profile>, key: &Key<P>) -> Option<P::Value> {
    let value = reader.get(key);
    stray(reader, profile, key);
    value
}

/// The value of a key of this profile that may be left out.
#[expect(clippy::option_option, reason = "a value with a problem is not one left out")]
fn given_with<P: Parse>(reader: &mut Reader, profile: Option<Profile>, key: &Key<P>) -> Option<Option<P::Value>> {
    let value = reader.get_if_given(key);
    stray(reader, profile, key);
    value
}

/// A printed configuration has every default in it, and must be readable.
fn stray<P: Parse>(reader: &mut Reader, profile: Option<Profile>, key: &Key<P>) {
    if reader.departs(key) && profile == Some(Profile::Guide) {
        reader.refuse(key, "goes with genesys.profile = \"platform\" alone; leave it out");
    }
}
