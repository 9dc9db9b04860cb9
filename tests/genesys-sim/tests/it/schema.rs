//! Whether a JSON value is what the platform's own definitions say.

use std::sync::LazyLock;

use serde_json::Value;

/// The public API's definitions.
pub(crate) static OPENAPI: LazyLock<Definitions> =
    LazyLock::new(|| Definitions::parse(include_str!("../../../genesys/openapi-subset.json")));

/// The guest protocol's definitions.
pub(crate) static GUEST: LazyLock<Definitions> =
    LazyLock::new(|| Definitions::parse(include_str!("../../../genesys/guest-websocket-swagger.json")));

/// The definitions of a Swagger 2.0 document.
pub(crate) struct Definitions(Value);

impl Definitions {
    fn parse(document: &str) -> Self {
        let mut document: Value = serde_json::from_str(document).unwrap();
        Self(document["definitions"].take())
    }

    /// Panics unless `value` is valid by the definition `name`.
    #[track_caller]
    pub(crate) fn check(&self, name: &str, value: &Value) {
        let errors = self.errors(name, value);
        assert!(errors.is_empty(), "not a {name}: {errors:#?}\n{value:#}");
    }

    /// What is wrong with `value` by a schema that may refer to the definitions.
    pub(crate) fn errors_of(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        self.walk(schema, value, "body", &mut errors);
        errors
    }

    fn errors(&self, name: &str, value: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        self.walk(self.definition(name), value, name, &mut errors);
        errors
    }

    fn definition(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or_else(|| panic!("no definition of {name}"))
    }

    fn walk(&self, schema: &Value, value: &Value, at: &str, errors: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/definitions/")) {
            return self.walk(self.definition(name), value, at, errors);
        }
        let fits = match schema["type"].as_str() {
            Some("string") => value.is_string() && (schema["format"] != "date-time" || is_date_time(value)),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            // Without anything more it is how the platform's generator writes a value of any type.
            Some("object") => value.is_object() || schema.as_object().is_some_and(|schema| schema.len() == 1),
            _ => true,
        };
        if !fits {
            errors.push(format!("{at} should be a {}", schema["type"]));
        }
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(value)
        {
            errors.push(format!("{at} should be one of {}", schema["enum"]));
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.walk(&schema["items"], item, &format!("{at}[{index}]"), errors);
        }
        self.walk_object(schema, value, at, errors);
    }

    fn walk_object(&self, schema: &Value, value: &Value, at: &str, errors: &mut Vec<String>) {
        let Some(object) = value.as_object() else { return };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                errors.push(format!("{at} lacks {name}"));
            }
        }
        for (name, value) in object {
            let at = format!("{at}.{name}");
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(property), _) => self.walk(property, value, &at, errors),
                (None, rest @ Value::Object(_)) => self.walk(rest, value, &at, errors),
                (None, Value::Bool(true)) => {}
                // Deprecated, and described only by the parameter that leaves it out.
                (None, _) if name == "textBody" && schema["properties"]["normalizedMessage"].is_object() => {}
                // What a definition does not list is a slip of ours, unless it lists nothing.
                (None, _) if schema["properties"].is_object() => errors.push(format!("{at} is not defined")),
                (None, _) => {}
            }
        }
    }
}

fn is_date_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_definitions_do_not_allow_is_found() {
        let channel = json!({"id": "c", "connectUri": "ws://h/", "expires": "2024-05-15T14:32:10.000Z"});
        assert!(OPENAPI.errors("Channel", &channel).is_empty());
        for (name, wrong) in [
            ("Channel", json!([])),
            ("Channel", json!({"id": 1})),
            ("Channel", json!({"expires": "tomorrow"})),
            ("Channel", json!({"uri": ""})),
            ("ChannelEntityListing", json!({"entities": [{"id": 1}]})),
            ("ChannelTopic", json!({"state": "Permited"})),
            ("WebMessagingEvent", json!({})),
        ] {
            assert_eq!(OPENAPI.errors(name, &wrong).len(), 1, "{name} {wrong}");
        }
    }
}
