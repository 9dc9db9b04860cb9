//! A conversation's record of custom attributes: the only metadata of the platform that has a version.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::calls::Ask;
use super::{PlatformConversations, existing};
use crate::domain::ids::{ConversationId, Pair};
use crate::genesys::answer::Answer;
use crate::genesys::wire::{COUNT, TIME, attribute, attributes, filled, usable};
use crate::ports::{Metadata, Settled, UpstreamError};

/// `CustomAttributesListing`.
#[derive(Deserialize)]
struct Listing {
    results: Vec<Value>,
}

/// `CustomAttributes`: one record.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    #[serde(default, deserialize_with = "usable")]
    id: Option<String>,
    #[serde(default, deserialize_with = "usable")]
    version: Option<i64>,
    #[serde(default, deserialize_with = "usable")]
    divisions: Option<Vec<String>>,
    #[serde(default, deserialize_with = "usable")]
    custom_attributes: Option<BTreeMap<String, Value>>,
}

/// `CustomAttributesPatchRequest`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Amendment {
    id: String,
    version: i64,
    /// As they were: left out, they would be cleared, and others would see the record.
    divisions: Vec<String>,
    custom_attributes: Value,
}

/// What stands in a record, against what is to be written.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// The same: an earlier try came through.
    Same,
    /// Less, or nothing that counts.
    Lower,
    /// More, or as much by another hand. It must not be lost.
    Higher,
}

// === impl PlatformConversations ===

impl PlatformConversations {
    pub(super) async fn custom_attributes(
        &self,
        id: &ConversationId,
        deadline: Instant,
    ) -> Result<Option<Record>, UpstreamError> {
        let understand = |answer: &Answer| Ok(existing(answer.json::<Listing>())?.and_then(Listing::into_ours));
        self.ask(Ask::CustomAttributes(id), deadline, understand).await
    }

    /// Writes over what was there a moment ago. If somebody else wrote in that moment, it is looked at once more.
    pub(super) async fn amend_custom_attributes(
        &self,
        pair: &Pair,
        metadata: &Metadata,
        deadline: Instant,
    ) -> Result<Settled, UpstreamError> {
        let id = &pair.conversation;
        for _ in 0..2 {
            let record = self.custom_attributes(id, deadline).await.map_err(nothing_written)?;
            let record =
                record.ok_or(UpstreamError::Withheld("the conversation has no record of custom attributes"))?;
            match record.standing(metadata) {
                Standing::Lower => {}
                // Whatever is still under way shows a version that is gone.
                Standing::Same => return Ok(Settled::Surely),
                Standing::Higher => return Err(UpstreamError::Conflict),
            }
            let amendment = record.amended(metadata)?;
            let call = Ask::AmendCustomAttributes(id, &amendment).call(&self.base);
            match self.link.api().write(&call, deadline, Answer::acknowledges).await {
                Err(UpstreamError::Conflict) => {}
                // The record is gone. That does not tell that the conversation is.
                Err(UpstreamError::NotFound) => return Err(UpstreamError::Rejected { status: 404 }),
                written => return written.map(|((), settled)| settled),
            }
        }
        Err(UpstreamError::Conflict)
    }
}

/// A read that fails in the course of a write leaves no doubt about the write.
fn nothing_written(error: UpstreamError) -> UpstreamError {
    if error.outcome_unknown() { UpstreamError::Unreachable } else { error }
}

/// Puts what the record says in the place of what the customer's legs say.
pub(super) fn put(record: Option<&Record>, attributes: &mut BTreeMap<String, String>) {
    for name in [COUNT, TIME] {
        attributes.remove(name);
        if let Some(value) = record.and_then(|record| record.text(name)) {
            attributes.insert(name.to_owned(), value);
        }
    }
}

// === impl Listing ===

impl Listing {
    /// The record that keeps resumptions: the one with most of them, else, where nothing is kept yet, the only one there is.
    fn into_ours(self) -> Option<Record> {
        let records = self.results.into_iter().filter_map(|record| serde_json::from_value::<Record>(record).ok());
        let mut records: Vec<Record> = records.filter(|record| filled(record.id.clone()).is_some()).collect();
        let ours = |record: &Record| record.text(COUNT).is_some() || record.text(TIME).is_some();
        if records.iter().any(ours) {
            records.retain(ours);
        } else if records.len() > 1 {
            return None;
        }
        records.into_iter().max_by_key(Record::count)
    }
}

// === impl Record ===

impl Record {
    fn text(&self, name: &str) -> Option<String> {
        let value = self.custom_attributes.as_ref()?.get(name)?.clone();
        attribute((name.to_owned(), value)).map(|(_, text)| text)
    }

    /// What is no number counts as zero.
    fn count(&self) -> u64 {
        self.text(COUNT).and_then(|text| text.trim().parse().ok()).unwrap_or_default()
    }

    fn standing(&self, metadata: &Metadata) -> Standing {
        let (stands, ours) = (self.count(), u64::from(metadata.count));
        if stands != ours {
            return if stands < ours { Standing::Lower } else { Standing::Higher };
        }
        let written: Option<Timestamp> = self.text(TIME).and_then(|text| text.trim().parse().ok());
        let same = written.is_some_and(|time| time.as_millisecond() == metadata.time.as_millisecond());
        if same { Standing::Same } else { Standing::Higher }
    }

    fn amended(self, metadata: &Metadata) -> Result<Amendment, UpstreamError> {
        let version =
            self.version.ok_or(UpstreamError::Withheld("the record of custom attributes shows no version"))?;
        Ok(Amendment {
            id: self.id.unwrap_or_default(),
            version,
            divisions: self.divisions.unwrap_or_default(),
            custom_attributes: attributes(metadata),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(attributes: &Value) -> Record {
        serde_json::from_value(json!({"id": "r", "version": 3, "customAttributes": attributes})).unwrap()
    }

    fn ours(results: &Value) -> Option<String> {
        serde_json::from_value::<Listing>(json!({"results": results})).unwrap().into_ours().and_then(|record| record.id)
    }

    #[test]
    fn the_record_that_keeps_resumptions_is_found_among_others() {
        let counts = |id: &str, count: Value| json!({"id": id, "customAttributes": {COUNT: count}});
        let other = json!({"id": "other", "customAttributes": {"colour": "red"}});
        let found = |id: &str| Some(id.to_owned());
        assert_eq!(ours(&json!([])), None);
        assert_eq!(ours(&json!([other])), found("other"));
        assert_eq!(ours(&json!([other, {"id": "empty"}])), None, "nobody knows which");
        assert_eq!(ours(&json!([other, counts("a", json!("1"))])), found("a"));
        assert_eq!(ours(&json!([counts("b", json!(12)), counts("a", json!("9")), other])), found("b"));
        assert_eq!(ours(&json!([7, null, {"version": 1}, {"id": ""}, counts("a", json!("zebra"))])), found("a"));
    }

    #[test]
    fn a_higher_count_is_told_from_a_lower_and_from_ones_own() {
        let metadata = Metadata { count: 3, time: "2026-05-15T14:00:00.123456Z".parse().unwrap() };
        let standing = |count: Value, time: &str| record(&json!({COUNT: count, TIME: time})).standing(&metadata);
        let (now, then) = ("2026-05-15T14:00:00.123Z", "2026-05-15T13:00:00.000Z");
        assert_eq!(standing(json!("3"), now), Standing::Same);
        assert_eq!(standing(json!(3), "2026-05-15T16:00:00.123+02:00"), Standing::Same);
        assert_eq!(standing(json!("3"), then), Standing::Higher, "by another hand");
        assert_eq!(standing(json!("3"), "zebra"), Standing::Higher);
        assert_eq!(standing(json!("4"), now), Standing::Higher);
        assert_eq!(standing(json!(" 2 "), now), Standing::Lower);
        for nothing in [json!("zebra"), json!(null), json!({}), json!("-1")] {
            assert_eq!(standing(nothing.clone(), now), Standing::Lower, "{nothing}");
        }
    }

    #[test]
    fn an_amendment_changes_nothing_but_what_it_names() {
        let metadata = Metadata { count: 3, time: "2026-05-15T14:00:00Z".parse().unwrap() };
        let body = json!({"id": "r", "version": 7, "divisions": ["d1", "d2"], "customAttributes": {"colour": "red"}});
        let record: Record = serde_json::from_value(body).unwrap();
        assert_eq!(
            json!(record.amended(&metadata).unwrap()),
            json!({"id": "r", "version": 7, "divisions": ["d1", "d2"], "customAttributes": {
                "resumptionCount": "3", "lastResumptionTimestamp": "2026-05-15T14:00:00.000Z"}})
        );
        let unversioned: Record = serde_json::from_value(json!({"id": "r", "version": "7"})).unwrap();
        assert!(matches!(unversioned.amended(&metadata), Err(UpstreamError::Withheld(_))));
    }

    #[test]
    fn the_record_stands_in_for_what_the_legs_say() {
        let mut attributes = BTreeMap::from([(COUNT.to_owned(), "9".to_owned()), ("k".to_owned(), "v".to_owned())]);
        put(Some(&record(&json!({COUNT: 4, TIME: "t", "colour": "red"}))), &mut attributes);
        let expected = [(COUNT, "4"), (TIME, "t"), ("k", "v")];
        assert_eq!(attributes, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        put(None, &mut attributes);
        assert_eq!(attributes.len(), 1);
    }
}
