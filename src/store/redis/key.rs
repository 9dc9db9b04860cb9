//! The keys of a conversation, of what the mirror knows of it, of a registration and of a line of session tokens. They hold a
//! digest, because keys show up in monitoring and in slow logs.

use sha2::{Digest, Sha256};

use uuid::Uuid;

use super::hex;
use crate::domain::ids::{ConversationId, ResumeKey};

/// Enough that no two ever meet.
const DIGEST_BYTES: usize = 16;

/// The key of the state and that of the ledger. The braces make a cluster keep both on one node, where one script can use them.
pub(super) fn of(prefix: &str, conversation: &ConversationId) -> [String; 2] {
    let tag = tag(conversation.as_str());
    [format!("{prefix}:{{{tag}}}:c"), format!("{prefix}:{{{tag}}}:l")]
}

/// The key of what the mirror knows of a conversation.
pub(super) fn of_mirrored(prefix: &str, conversation: &ConversationId) -> String {
    format!("{prefix}:{{{}}}:m", tag(conversation.as_str()))
}

/// The key of the feed that lasts: one for all conversations, and so by itself.
pub(super) fn of_feed(prefix: &str) -> String {
    format!("{prefix}:{{feed}}:f")
}

/// The key of what a resume key names.
pub(super) fn of_resume_key(prefix: &str, key: &ResumeKey) -> String {
    format!("{prefix}:{{{}}}:k", tag(key.as_str()))
}

/// The key of a line of session tokens.
pub(super) fn of_line(prefix: &str, line: Uuid) -> String {
    format!("{prefix}:{{{}}}:t", tag(line.as_bytes()))
}

fn tag(id: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(id).iter().take(DIGEST_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_share_a_hash_tag_and_tell_no_id() {
        let conversation = ConversationId::parse("chat-1");
        let keys = conversation.map(|conversation| of("sr", &conversation));
        let tag = "eaeb9111b1c6744278e803977dbf25fb";
        let expected = [format!("sr:{{{tag}}}:c"), format!("sr:{{{tag}}}:l")];
        assert_eq!(keys, Ok(expected));
        let mirrored = ConversationId::parse("chat-1").map(|conversation| of_mirrored("sr", &conversation));
        assert_eq!(mirrored, Ok(format!("sr:{{{tag}}}:m")));
    }

    #[test]
    fn a_resume_key_and_a_line_are_not_told_either() {
        let key = ResumeKey::parse("web-1").map(|key| of_resume_key("sr", &key));
        assert_eq!(key, Ok("sr:{c4719afa76fa448b5eca99e673688584}:k".to_owned()));
        let line = of_line("sr", Uuid::from_u128(7));
        assert_eq!(line, "sr:{6bae426822df52caf9dc36c8319247d6}:t");
    }
}
