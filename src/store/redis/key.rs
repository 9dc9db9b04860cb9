//! The keys of a conversation. They hold a digest, because keys show up in monitoring and in slow logs.

use sha2::{Digest, Sha256};

use super::hex;
use crate::domain::ids::ConversationId;

/// Enough that two conversations never meet.
const DIGEST_BYTES: usize = 16;

/// The key of the state and that of the ledger. The braces make a cluster keep both on one node, where one script can use them.
pub(super) fn of(prefix: &str, conversation: &ConversationId) -> [String; 2] {
    let digest = Sha256::digest(conversation.as_str());
    let tag = hex::encode(digest.iter().take(DIGEST_BYTES));
    [format!("{prefix}:{{{tag}}}:c"), format!("{prefix}:{{{tag}}}:l")]
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
    }
}
