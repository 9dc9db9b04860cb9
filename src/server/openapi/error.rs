//! Errors as schemas and examples: the Connect protocol's form, with the details that the contract promises.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, EnumValueDescriptor};
use prost_types::Any;
use serde_json::{Map, Value, json};
use tonic::Code;

use super::comment::Comment;
use super::schema::Schemas;
use crate::server::connect::{code, detail};
use crate::server::descriptors::BrokenDescriptors;
use crate::server::grpc::code_name;

const REASON: &str = "sessionresumption.v1.ErrorCatalog.Reason";
const ERROR_INFO: &str = "google.rpc.ErrorInfo";
const RETRY_INFO: &str = "google.rpc.RetryInfo";
const BAD_REQUEST: &str = "google.rpc.BadRequest";

/// What stands between the code and the cause in a reason's comment.
const TELLS: &str = ": tells that ";

/// One reason of the catalog, as a caller gets to see it.
pub(super) struct Case {
    pub(super) reason: String,
    /// The HTTP status it comes with.
    pub(super) http: u16,
    /// The first sentence of its comment.
    pub(super) summary: String,
    /// A body.
    pub(super) example: Value,
}

/// Every reason of the catalog that is still given.
pub(super) fn cases(pool: &DescriptorPool) -> Result<Vec<Case>, BrokenDescriptors> {
    Ok(catalog(pool)?.values().filter_map(|value| case(pool, &value)).collect())
}

fn catalog(pool: &DescriptorPool) -> Result<EnumDescriptor, BrokenDescriptors> {
    pool.get_enum_by_name(REASON).ok_or_else(|| BrokenDescriptors(format!("no enum {REASON}")))
}

/// None of the value that is never sent, and of those that were given once.
fn case(pool: &DescriptorPool, value: &EnumValueDescriptor) -> Option<Case> {
    let comment = Comment::of(&value.parent_file(), value.path());
    let (head, rest) = comment.text.split_once(TELLS)?;
    let cause = rest.split(". ").next()?.trim_end_matches('.');
    let (name, http) = code(code_named(head.split(',').next()?)?);
    let info = comment.examples.first()?;
    let mut details = vec![packed(pool, ERROR_INFO, info)?];
    if head.contains("RetryInfo") {
        details.push(packed(pool, RETRY_INFO, &json!({"retryDelay": "1.500s"}))?);
    }
    if let Some(field) = info["metadata"].get("field") {
        let description = format!("{}: {cause}", value.name());
        let violations = json!({"fieldViolations": [{"field": field, "description": description}]});
        details.push(packed(pool, BAD_REQUEST, &violations)?);
    }
    let example = json!({"code": name, "message": cause, "details": details});
    Some(Case { reason: value.name().to_owned(), http, summary: cause.to_owned(), example })
}

fn code_named(name: &str) -> Option<Code> {
    (0..17).map(Code::from).find(|code| code_name(*code) == name)
}

/// A detail as the answer shows it.
fn packed(pool: &DescriptorPool, name: &str, fields: &Value) -> Option<Value> {
    let message = DynamicMessage::deserialize(pool.get_message_by_name(name)?, fields).ok()?;
    Some(detail(&Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }))
}

/// Describes the body of an error, and refers to it.
pub(super) fn schema(pool: &DescriptorPool, schemas: &mut Schemas) -> Result<Value, BrokenDescriptors> {
    let reason = schemas.names(&catalog(pool)?);
    let mut forms = Vec::new();
    for (name, description) in [
        (ERROR_INFO, "Tells the reason. Every error of the methods has one."),
        (RETRY_INFO, "Tells when to repeat the same request. Its presence says that repeating helps."),
        (BAD_REQUEST, "Lists the fields at fault by their paths, the first twenty at most."),
    ] {
        let message = pool.get_message_by_name(name).ok_or_else(|| BrokenDescriptors(format!("no message {name}")))?;
        let fields = schemas.message(&message);
        if let Some(schema) = schemas.get_mut(name) {
            schema["description"] = json!(description);
        }
        forms.push(json!({
            "if": {"properties": {"type": {"const": name}}},
            "then": {"properties": {"debug": fields}}
        }));
    }
    if let Some(info) = schemas.get_mut(ERROR_INFO) {
        info["properties"]["reason"] = reason;
        info["properties"]["domain"] = json!({"const": "sessionresumption"});
        info["properties"]["metadata"]["description"] = json!("`field` names the first field at fault.");
    }
    let detail = schemas.add(
        "connect.error_detail",
        json!({
            "type": "object",
            "description": "One detail of an error. Details of other types may be added.",
            "required": ["type", "value"],
            "properties": {
                "type": {"type": "string", "description": "The protobuf message's full name."},
                "value": {
                    "type": "string",
                    "contentEncoding": "base64",
                    "description": "The message in protobuf, for programs; without padding."
                },
                "debug": {"type": "object", "description": "The message in JSON, for people."}
            },
            "allOf": forms
        }),
    );
    let names: Vec<_> = (1..17).map(|number| code(Code::from(number)).0).collect();
    Ok(schemas.add(
        "connect.error",
        json!({
            "type": "object",
            "description": "An error, in the form of the Connect protocol.",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string", "description": "The gRPC code.", "enum": names},
                "message": {"type": "string", "description": "What went wrong and what to do, for people."},
                "details": {"type": "array", "items": detail}
            }
        }),
    ))
}

/// The examples that come with one HTTP status, by their reasons.
pub(super) fn examples(cases: &[Case], http: u16) -> Map<String, Value> {
    let these = cases.iter().filter(|case| case.http == http);
    these.map(|case| (case.reason.clone(), json!({"summary": case.summary, "value": case.example}))).collect()
}
