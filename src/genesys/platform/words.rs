//! The platform's words. Its vocabulary grows: a new word never ends a leg, and case does not count.

use crate::domain::legs::{Disconnect, LegState, Purpose, TransferState};

/// `MessageMediaParticipant.purpose`, a free string.
pub(super) fn purpose(word: &str) -> Purpose {
    match word.to_ascii_lowercase().as_str() {
        "customer" => Purpose::Customer,
        // A `user` serves as an agent does, but came by no queue.
        "agent" | "user" => Purpose::Agent,
        "acd" => Purpose::Acd,
        "workflow" | "ivr" | "voicesurveyflow" => Purpose::Flow,
        "botflow" => Purpose::Bot,
        "api" => Purpose::Api,
        _ => Purpose::Other,
    }
}

/// `MessageMediaParticipant.state`.
pub(super) fn state(word: &str) -> LegState {
    match word.to_ascii_lowercase().as_str() {
        "alerting" | "dialing" | "contacting" | "offering" => LegState::Alerting,
        "connected" => LegState::Connected,
        "parked" => LegState::Parked,
        "disconnected" | "terminated" => LegState::Ended,
        // `none`, `scheduled` and those of a fax (`converting`, `uploading`, `transmitting`) say nothing of a chat.
        _ => LegState::Unknown,
    }
}

/// `MessageMediaParticipant.disconnectType`, in the spellings of answers and of events.
pub(super) fn disconnect(word: &str) -> Disconnect {
    match word.to_ascii_lowercase().as_str() {
        "transfer.noanswer" => Disconnect::NoAnswer,
        // Who must not be disturbed is not available either.
        "transfer.notavailable" | "transfer.donotdisturb" | "transfer.dnd" => Disconnect::NotAvailable,
        "inactivity" => Disconnect::Inactivity,
        "session.expired" => Disconnect::SessionExpired,
        "spam" => Disconnect::Spam,
        "endpoint"
        | "endpoint.donotdisturb"
        | "endpoint.dnd"
        | "client"
        | "system"
        | "transport.failure"
        | "timeout"
        | "uncallable"
        | "error"
        | "peer"
        | "other"
        | "takeover" => Disconnect::Other,
        // `transfer.conference`, `.consult`, `.forward`, and kinds of it to come.
        word if word == "transfer" || word.starts_with("transfer.") => Disconnect::Transfer,
        _ => Disconnect::Unknown,
    }
}

/// `TransferResponse.state`.
pub(super) fn transfer(word: &str) -> TransferState {
    match word.to_ascii_lowercase().as_str() {
        "pending" | "active" => TransferState::Pending,
        _ => TransferState::Over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The enum of a property, as the platform's schema has it.
    fn words(definition: &str, property: &str) -> Vec<String> {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/genesys/openapi-subset.json")).unwrap();
        let words = &schema["definitions"][definition]["properties"][property]["enum"];
        words.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    const LEGS: [&str; 2] = ["MessageMediaParticipant", "ConversationMessageEventTopicMessageMediaParticipant"];

    #[test]
    fn two_states_end_a_leg_and_no_other_does() {
        for state in LEGS.iter().flat_map(|leg| words(leg, "state")) {
            let ends = ["disconnected", "terminated"].contains(&state.as_str());
            assert_eq!(super::state(&state) == LegState::Ended, ends, "{state}");
            assert_eq!(super::state(&state.to_uppercase()), super::state(&state), "{state}");
        }
        for strange in ["", "disconnecting", "zebra", " disconnected"] {
            assert_eq!(state(strange), LegState::Unknown, "{strange}");
        }
    }

    #[test]
    fn every_end_of_the_schema_is_known() {
        for word in LEGS.iter().flat_map(|leg| words(leg, "disconnectType")) {
            assert_ne!(disconnect(&word), Disconnect::Unknown, "{word}");
            assert_eq!(disconnect(&word.to_uppercase()), disconnect(&word), "{word}");
        }
        assert_eq!(disconnect("transfer"), Disconnect::Transfer);
        assert_eq!(disconnect("transfer.teleport"), Disconnect::Transfer);
        assert_eq!(disconnect("transferred"), Disconnect::Unknown);
        assert_eq!(disconnect("zebra"), Disconnect::Unknown);
    }

    #[test]
    fn transfers_are_under_way_or_over() {
        for word in words("TransferResponse", "state") {
            let pending = ["Pending", "Active"].contains(&word.as_str());
            assert_eq!(transfer(&word) == TransferState::Pending, pending, "{word}");
        }
        assert_eq!(transfer("zebra"), TransferState::Over);
    }

    #[test]
    fn purposes_are_told_apart() {
        for (word, expected) in [
            ("Customer", Purpose::Customer),
            ("AGENT", Purpose::Agent),
            ("user", Purpose::Agent),
            ("acd", Purpose::Acd),
            ("workflow", Purpose::Flow),
            ("botflow", Purpose::Bot),
            ("api", Purpose::Api),
            ("external", Purpose::Other),
            ("", Purpose::Other),
        ] {
            assert_eq!(purpose(word), expected, "{word}");
        }
    }
}
