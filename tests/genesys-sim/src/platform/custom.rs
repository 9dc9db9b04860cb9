//! The schema-backed attributes of a conversation, the only ones with a version.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// One record; its id is the caller's choice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CustomRecord {
    pub(crate) schema_id: String,
    pub(crate) divisions: Vec<String>,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) version: i64,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

/// What a PUT or PATCH brings.
#[derive(Debug)]
pub(crate) struct CustomUpdate {
    pub(crate) attributes: Map<String, Value>,
    /// Replaces all, or amends what is there.
    pub(crate) replace: bool,
    pub(crate) divisions: Vec<String>,
}

// === impl CustomRecord ===

impl CustomRecord {
    pub(crate) fn new(schema_id: String, update: CustomUpdate, now: Timestamp) -> Self {
        let CustomUpdate { attributes, divisions, .. } = update;
        Self { schema_id, divisions, attributes, version: 1, created: now, modified: now }
    }

    pub(crate) fn update(&mut self, update: CustomUpdate, now: Timestamp) {
        if update.replace {
            self.attributes = update.attributes;
        } else {
            self.attributes.extend(update.attributes);
        }
        self.divisions = update.divisions;
        self.version += 1;
        self.modified = now;
    }
}
