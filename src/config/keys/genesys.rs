//! Keys of Genesys: how it is reached, spoken to and followed.

use std::time::Duration;

use crate::config::key::{Describe, Key};
use crate::config::parse::{
    Choice, HttpUrl, Ids, Portion, Range, RegionName, Secret, SecretFile, Switch, Text, WholeNumber,
};
use crate::config::sections::{MarkerWay, MetadataHome, Profile, ReadMethod, TokenRefresh};

keys! {
    GENESYS;
    GENESYS_PROFILE: Choice<Profile> = Key {
        name: "genesys.profile",
        default: None,
        help: "which contract of Genesys is spoken: the guide's, or that of its public API",
        why: "must be given: a wrong guess would fail every call",
        parser: Choice(&[("guide", Profile::Guide), ("platform", Profile::Platform)]),
    };
    GENESYS_REGION: RegionName = Key {
        name: "genesys.region",
        default: None,
        help: "the region of your organisation, which gives genesys.api_url and genesys.login_url where they are not given",
        why: "only you know your region",
        parser: RegionName,
    };
    GENESYS_API_URL: HttpUrl = Key {
        name: "genesys.api_url",
        default: None,
        help: "the API of your region, such as https://api.mypurecloud.com",
        why: "must be given, or genesys.region: only you know your region",
        parser: HttpUrl,
    };
    GENESYS_LOGIN_URL: HttpUrl = Key {
        name: "genesys.login_url",
        default: None,
        help: "the login host of your region, such as https://login.mypurecloud.com; tokens come from /oauth/token beneath it",
        why: "must be given, or genesys.region: only you know your region",
        parser: HttpUrl,
    };
    GENESYS_CLIENT_ID: Text = Key {
        name: "genesys.client_id",
        default: None,
        help: "the id of the OAuth client (grant type: client credentials)",
        why: "must be given: it is yours alone",
        parser: Text,
    };
    GENESYS_CLIENT_SECRET: Secret = Key {
        name: "genesys.client_secret",
        default: None,
        help: "the secret of the OAuth client; give this or genesys.client_secret_file, not both",
        why: "one of the two must be given",
        parser: Secret,
    };
    GENESYS_CLIENT_SECRET_FILE: SecretFile = Key {
        name: "genesys.client_secret_file",
        default: None,
        help: "a file that holds the secret, such as a mounted Kubernetes secret; read once at start, line breaks at its end dropped",
        why: "one of the two must be given",
        parser: SecretFile,
    };
    GENESYS_TIMEOUT: Range = Key {
        name: "genesys.timeout",
        default: Some("3s"),
        help: "how long one request to Genesys may take",
        why: "a customer waits for the answer, and a slow one is tried again",
        parser: Range { min: Duration::from_millis(50), max: Duration::from_mins(1) },
    };
    GENESYS_READ_METHOD: Choice<ReadMethod> = Key {
        name: "genesys.read_method",
        default: Some("POST"),
        help: "the method that reads a conversation",
        why: "the guide prints POST",
        parser: Choice(&[("POST", ReadMethod::Post), ("GET", ReadMethod::Get)]),
    };
    GENESYS_TOKEN_REFRESH: Choice<TokenRefresh> = Key {
        name: "genesys.token_refresh",
        default: Some("cached"),
        help: "when an access token is asked for",
        why: "asking for tokens is itself limited; per_request is the guide's literal rule",
        parser: Choice(&[("cached", TokenRefresh::Cached), ("per_request", TokenRefresh::PerRequest)]),
    };
    GENESYS_BUDGET_PER_MINUTE: WholeNumber = Key {
        name: "genesys.budget_per_minute",
        default: Some("300"),
        help: "the most requests this replica sends to Genesys in a minute",
        why: "what Genesys allows one OAuth client; replicas do not share it, so give each its part",
        parser: WholeNumber { min: 10, max: 100_000 },
    };
    GENESYS_DEGRADED_SHARE: Portion = Key {
        name: "genesys.degraded_share",
        default: Some("0.1"),
        help: "which part of genesys.budget_per_minute this replica may use while the store is out of reach",
        why: "replicas that share a store cannot tell how much the others use without it; enough for ten of them",
        parser: Portion,
    };
    PLATFORM_THREADING_TIMELINE: Range = Key {
        name: "platform.threading_timeline",
        default: Some("72h"),
        help: "how long after its end a message still reopens a conversation, as your organisation has it set",
        why: "what Genesys Cloud has where nothing is set; `session-resumption check` compares it",
        parser: Range { min: Duration::ZERO, max: Duration::from_hours(72) },
    };
    PLATFORM_METADATA: Choice<MetadataHome> = Key {
        name: "platform.metadata",
        default: Some("participant_attributes"),
        help: "where confirmations write their count and time",
        why: "flows and scripts see these; custom_attributes have versions, and need permissions of their own",
        parser: Choice(&[
            ("participant_attributes", MetadataHome::ParticipantAttributes),
            ("custom_attributes", MetadataHome::CustomAttributes),
        ]),
    };
    PLATFORM_MARKER: Choice<MarkerWay> = Key {
        name: "platform.marker",
        default: Some("by_architect"),
        help: "who writes the marker of a resumed session: the flow, or this service by an agentless message",
        why: "the flow can always do so; agentless needs conversation:message:create",
        parser: Choice(&[("by_architect", MarkerWay::ByArchitect), ("agentless", MarkerWay::Agentless)]),
    };
    PLATFORM_DEPLOYMENT_ID: Text = Key {
        name: "platform.deployment_id",
        default: None,
        help: "the deployment of your web messaging, from which agentless messages are sent",
        why: "only you know it; needed with platform.marker = \"agentless\"",
        parser: Text,
    };
    MIRROR_QUEUES: Ids = Key {
        name: "mirror.queues",
        default: None,
        help: "the ids of the queues whose conversations are followed by a notification channel, so that they need not be read",
        why: "without it, and without mirror.webhook, every session is read",
        parser: Ids { max: 15_000 },
    };
    MIRROR_DEPLOYMENTS: Ids = Key {
        name: "mirror.deployments",
        default: None,
        help: "the ids of the deployments whose undelivered messages are followed, so that answers can name them",
        why: "without it nobody is told which messages a customer has not seen",
        parser: Ids { max: 1_000 },
    };
    MIRROR_WEBHOOK: Switch = Key {
        name: "mirror.webhook",
        default: Some("false"),
        help: "whether Genesys' events may be posted to /events/genesys, and are believed",
        why: "a door that nobody uses stays shut",
        parser: Switch,
    };
    MIRROR_MAX_AGE: Range = Key {
        name: "mirror.max_age",
        default: Some("45s"),
        help: "how long after the last sign of life what was followed is still gone by",
        why: "a channel gives one every 30 s",
        parser: Range { min: Duration::from_secs(1), max: Duration::from_mins(10) },
    };
}
