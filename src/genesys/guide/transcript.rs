//! Messages as the guide's transcript has them.

use jiff::Timestamp;
use serde::Deserialize;

use crate::genesys::wire::usable;
use crate::ports::{Line, UpstreamError};

/// The answer to a message.
#[derive(Deserialize)]
pub(super) struct Posted {
    id: String,
}

/// The answer to the read of a transcript.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transcript {
    entities: Vec<Entry>,
    #[serde(default, deserialize_with = "usable")]
    next_uri: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    page_count: Option<u64>,
}

/// One message. What it lacks besides its id cannot be a message of ours, which has it all.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    #[serde(default, deserialize_with = "usable")]
    author_id: Option<String>,
    #[serde(default, deserialize_with = "usable", rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    text: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    time: Option<Timestamp>,
}

// === impl Posted ===

impl Posted {
    pub(super) fn into_id(self) -> Result<String, UpstreamError> {
        if self.id.is_empty() {
            return Err(UpstreamError::Malformed("the message has no id"));
        }
        Ok(self.id)
    }
}

// === impl Transcript ===

impl Transcript {
    /// The lines, oldest first.
    pub(super) fn into_lines(mut self) -> Result<Vec<Line>, UpstreamError> {
        // A message missing from a part of the transcript would be taken for lost, and be sent again.
        if self.next_uri.is_some_and(|uri| !uri.is_empty()) || self.page_count.is_some_and(|pages| pages > 1) {
            return Err(UpstreamError::Malformed("it is only a part of the transcript"));
        }
        // Times say what is older, if they say it of every entry; else the order of the list has to.
        if self.entities.iter().all(|entry| entry.time.is_some()) {
            // Entries of the same time keep their order, so it has to be the right one to begin with.
            if self.entities.first().map(|entry| entry.time) > self.entities.last().map(|entry| entry.time) {
                self.entities.reverse();
            }
            self.entities.sort_by_key(|entry| entry.time);
        }
        Ok(self.entities.into_iter().map(Entry::into_line).collect())
    }
}

// === impl Entry ===

impl Entry {
    fn into_line(self) -> Line {
        Line {
            id: self.id,
            author_id: self.author_id.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            text: self.text.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn ids(transcript: Value) -> Result<Vec<String>, UpstreamError> {
        let transcript: Transcript = serde_json::from_value(transcript).unwrap();
        transcript.into_lines().map(|lines| lines.into_iter().map(|line| line.id).collect())
    }

    #[test]
    fn lines_come_oldest_first() {
        let newest_first = json!({"entities": [
            {"id": "c", "time": "2024-05-15T14:00:01.000Z"},
            {"id": "b", "time": "2024-05-15T14:00:01.000Z"},
            {"id": "a", "time": "2024-05-15T14:00:00.000Z"},
        ]});
        assert_eq!(ids(newest_first), Ok(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]));
        let untimed = json!({"entities": [{"id": "b", "time": "2024-05-15T14:00:01.000Z"}, {"id": "a"}]});
        assert_eq!(ids(untimed), Ok(vec!["b".to_owned(), "a".to_owned()]));
    }

    #[test]
    fn a_part_is_not_taken_for_the_whole() {
        for more in [json!({"entities": [], "nextUri": "/x"}), json!({"entities": [], "pageCount": 2})] {
            assert!(matches!(ids(more), Err(UpstreamError::Malformed(_))));
        }
        for whole in [json!({"entities": [], "nextUri": null, "pageCount": 1}), json!({"entities": [], "nextUri": ""})]
        {
            assert_eq!(ids(whole), Ok(vec![]));
        }
    }

    #[test]
    fn an_entry_needs_nothing_but_its_id() {
        let entry: Entry = serde_json::from_value(json!({"id": "a", "text": 7, "type": null, "extra": []})).unwrap();
        let line = entry.into_line();
        assert_eq!([&*line.id, &*line.author_id, &*line.kind, &*line.text], ["a", "", "", ""]);
        assert!(serde_json::from_value::<Entry>(json!({"text": "x"})).is_err());
    }

    #[test]
    fn a_posted_message_has_an_id() {
        let id = |answer| serde_json::from_value::<Posted>(answer).ok().map(Posted::into_id);
        assert_eq!(id(json!({"id": "m", "text": "x"})), Some(Ok("m".to_owned())));
        assert!(matches!(id(json!({"id": ""})), Some(Err(UpstreamError::Malformed(_)))));
        assert_eq!(id(json!({"id": 7})), None);
        assert_eq!(id(json!({})), None);
    }
}
