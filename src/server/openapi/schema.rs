//! Messages and enums as JSON schemas, by the proto3 JSON mapping.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use prost_types::FieldOptions;
use serde_json::{Map, Value, json};

use super::comment::Comment;

/// What a comment says of a field without which no request is right.
const REQUIRED: &str = " Required.";

/// The named schemas of a document.
#[derive(Debug, Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// Refers to a message, which is described with all that it holds.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        let name = message.full_name();
        if !self.0.contains_key(name) {
            // Before its fields are looked at: a message may hold itself.
            self.0.insert(name.to_owned(), Value::Null);
            let schema = self.object(message);
            self.0.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    /// Refers to an enum, which is described with its values.
    pub(super) fn names(&mut self, names: &EnumDescriptor) -> Value {
        self.0.entry(names.full_name().to_owned()).or_insert_with(|| {
            let file = names.parent_file();
            let meanings = names.values().map(|value| {
                let meaning = Comment::of(&file, value.path()).text.replace("\n\n", " ");
                format!("- `{}`: {meaning}", value.name())
            });
            let about = Comment::of(&file, names.path()).text;
            let description = format!("{about}\n\n{}", meanings.collect::<Vec<_>>().join("\n"));
            let values: Vec<_> = names.values().map(|value| value.name().to_owned()).collect();
            json!({"type": "string", "description": description, "enum": values})
        });
        reference(names.full_name())
    }

    /// Adds a schema that is no message's, and refers to it.
    pub(super) fn add(&mut self, name: &str, schema: Value) -> Value {
        self.0.insert(name.to_owned(), schema);
        reference(name)
    }

    /// One that is there.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(name)
    }

    fn object(&mut self, message: &MessageDescriptor) -> Value {
        let comment = Comment::of(&message.parent_file(), message.path());
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in message.fields() {
            let comment = Comment::of(&field.parent_message().parent_file(), field.path());
            if comment.text.ends_with(REQUIRED) {
                required.push(field.json_name().to_owned());
            }
            let mut schema = self.field(&field);
            if field.field_descriptor_proto().options.as_ref().is_some_and(FieldOptions::deprecated) {
                schema["deprecated"] = json!(true);
            }
            properties.insert(field.json_name().to_owned(), described(schema, &comment));
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        described(schema, &comment)
    }

    fn field(&mut self, field: &FieldDescriptor) -> Value {
        let kind = field.kind();
        if let (true, Kind::Message(entry)) = (field.is_map(), &kind) {
            let values = self.kind(&entry.map_entry_value_field().kind());
            return json!({"type": "object", "additionalProperties": values});
        }
        let one = self.kind(&kind);
        if field.is_list() { json!({"type": "array", "items": one}) } else { one }
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "format": "uint32", "minimum": 0}),
            // Text, because JavaScript's numbers do not hold all of them.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$"})
            }
            Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$"}),
            Kind::Float | Kind::Double => {
                json!({"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]})
            }
            Kind::Enum(names) => self.names(names),
            Kind::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" => json!({"type": "string", "format": "date-time"}),
                "google.protobuf.Duration" => json!({"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$"}),
                _ => self.message(message),
            },
        }
    }

    pub(super) fn into_value(self) -> Value {
        json!(self.0)
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// A schema with what its comment says.
fn described(mut schema: Value, comment: &Comment) -> Value {
    if !comment.text.is_empty() {
        schema["description"] = json!(comment.text);
    }
    if !comment.examples.is_empty() {
        schema["examples"] = json!(comment.examples);
    }
    schema
}
