//! The messages of one injection, as they are named in the ledger and as they are posted.

use sha2::{Digest, Sha256};

use super::inject::Inject;
use super::{Context, MarkerAuthor};
use crate::domain::ids::Pair;
use crate::domain::ledger::{EntryKey, Fingerprint, Item, Slot};
use crate::ports::{Line, Post};

/// The guide's author and `type` of what the service itself says.
const SYSTEM: &str = "system";
/// The guide's `type` of what the customer says.
const CUSTOMER: &str = "customer";

/// One message of an injection, in the order it is to be written.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) item: Item,
    pub(super) post: Post,
}

/// The marker, if one is asked for, and then the messages.
pub(super) fn outgoing(request: &Inject, context: Context) -> Vec<Outgoing> {
    let pair = &request.pair;
    let marker = request.marker.iter().map(|text| {
        let (author, kind) = match context {
            Context::Guide(MarkerAuthor::Customer) => (pair.participant.as_str(), CUSTOMER),
            Context::Guide(MarkerAuthor::System) | Context::Platform => (SYSTEM, SYSTEM),
        };
        named(pair, Slot::Marker(request.handshake), author, kind, text)
    });
    let written = request.messages.iter().filter(|_| context != Context::Platform);
    let messages = written.map(|message| {
        let slot = Slot::Message(message.id.clone());
        named(pair, slot, pair.participant.as_str(), CUSTOMER, &message.text)
    });
    marker.chain(messages).collect()
}

fn named(pair: &Pair, slot: Slot, author: &str, kind: &'static str, text: &str) -> Outgoing {
    let key = EntryKey { participant: pair.participant.clone(), slot };
    let item = Item { key, fingerprint: fingerprint(author, kind, text) };
    let post = Post { author_id: author.to_owned(), kind, text: text.to_owned(), to: Vec::new(), contact_id: None };
    Outgoing { item, post }
}

/// Digests what makes two messages equal.
pub(super) fn fingerprint(author: &str, kind: &str, text: &str) -> Fingerprint {
    let mut digest = Sha256::new();
    for part in [author, kind, text] {
        // The length first, so that no two triples read the same.
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// Digests a line of a transcript likewise.
pub(super) fn fingerprint_of(line: &Line) -> Fingerprint {
    fingerprint(&line.author_id, &line.kind, &line.text)
}
