//! The description of the public API in `tests/genesys/`, as it is put before Prism.

use serde_json::{Map, Value, json};

const SUBSET: &str = include_str!("../genesys/openapi-subset.json");

/// Where the definitions of what is sent stand: twins of those of what is answered, which know no field but their own.
const SENT: &str = "sent.";

/// What a leg may lack, of what tells how it is.
const COMES_AND_GOES: &[&str] =
    &["startTime", "startAlertingTime", "connectedTime", "parkTime", "endTime", "disconnectType"];

/// The description by which requests are judged: what it says, and that a request has no field of which it says nothing. A name
/// that is misspelt would else be taken for one that is allowed.
pub(crate) fn strict() -> Value {
    let mut description = subset();
    let definitions = description["definitions"].as_object().unwrap().iter();
    let twins: Vec<(String, Value)> =
        definitions.map(|(name, schema)| (format!("{SENT}{name}"), closed(schema.clone()))).collect();
    description["definitions"].as_object_mut().unwrap().extend(twins);
    for operation in operations(&mut description) {
        for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
            if let Some(schema) = parameter.get_mut("schema") {
                *schema = closed(schema.take());
            }
        }
    }
    description
}

/// The same, with an answer to whoever reads a conversation.
pub(crate) fn answering(conversation: &Value) -> Value {
    let mut description = strict();
    read(&mut description)["responses"]["200"]["examples"] = json!({"application/json": conversation});
    description
}

/// The description by which conversations are made up: of one name, of legs whose purposes mean something to somebody, and with
/// nothing where the platform may have nothing. New words come as well, since its sets of words grow.
pub(crate) fn made_up(conversation: &str) -> Value {
    let mut description = subset();
    let definitions = &mut description["definitions"];
    // What went wrong because something else did, and so on, is most of what Prism would make up, and nothing that is read.
    definitions["ErrorBody"]["properties"].as_object_mut().unwrap().remove("errors");
    let whole = &mut definitions["MessageConversation"]["properties"];
    whole["id"] = json!({"type": "string", "enum": [conversation]});
    whole["participants"]["minItems"] = json!(2);
    let leg = &mut definitions["MessageMediaParticipant"]["properties"];
    leg["id"] = json!({"type": "string", "pattern": "^[a-f0-9]{8}$"});
    leg["purpose"] = json!({"type": "string", "enum": ["customer", "agent", "acd", "workflow", "zebra"]});
    // Else half of the customers would be supervisors who look on.
    leg.as_object_mut().unwrap().remove("monitoredParticipantId");
    for word in ["state", "disconnectType"] {
        leg[word]["enum"].as_array_mut().unwrap().push(json!("zebra"));
    }
    for name in COMES_AND_GOES {
        leg[*name]["x-nullable"] = json!(true);
    }
    description
}

fn subset() -> Value {
    let mut description: Value = serde_json::from_str(SUBSET).unwrap();
    any_value(&mut description);
    description
}

/// What the SDKs have as a map of objects of no kind is a map of whatever there is, also of texts.
fn any_value(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("additionalProperties") == Some(&json!({"type": "object"})) {
                fields.insert("additionalProperties".to_owned(), json!(true));
            }
            fields.values_mut().for_each(any_value);
        }
        Value::Array(items) => items.iter_mut().for_each(any_value),
        _ => {}
    }
}

/// A schema that takes no field it does not name. What was cut on purpose, and what names none at all, takes any.
fn closed(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut fields: Map<String, Value> = fields.into_iter().map(|(key, value)| (key, closed(value))).collect();
            if let Some(Value::String(target)) = fields.get_mut("$ref") {
                *target = target.replace("#/definitions/", &format!("#/definitions/{SENT}"));
            }
            if fields.get("properties").is_some_and(Value::is_object) && fields.get("type") == Some(&json!("object")) {
                fields.entry("additionalProperties").or_insert(json!(false));
            }
            Value::Object(fields)
        }
        Value::Array(items) => items.into_iter().map(closed).collect(),
        other => other,
    }
}

fn operations(description: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = description["paths"].as_object_mut().unwrap().values_mut();
    paths.flat_map(|methods| methods.as_object_mut().unwrap().values_mut())
}

fn read(description: &mut Value) -> &mut Value {
    &mut description["paths"]["/api/v2/conversations/messages/{conversationId}"]["get"]
}
