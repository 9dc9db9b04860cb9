//! What both contracts have in common: how tolerantly fields are read, and how a confirmation's metadata are written.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::ports::Metadata;

/// The attribute that counts resumptions.
pub(super) const COUNT: &str = "resumptionCount";

/// The attribute that tells when the last one was.
pub(super) const TIME: &str = "lastResumptionTimestamp";

/// An optional value of its kind; any other is as good as absent.
pub(super) fn usable<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

/// A text that says something.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Attributes are texts. Another writer may have put a number or a truth value where a text belongs; the rest is not ours.
pub(super) fn attribute((name, value): (String, Value)) -> Option<(String, String)> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some((name, text))
}

/// Metadata as attributes.
pub(super) fn attributes(metadata: &Metadata) -> Value {
    json!({COUNT: metadata.count.to_string(), TIME: format!("{:.3}", metadata.time)})
}
