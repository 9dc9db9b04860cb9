//! Methods as operations: one path each, all alike but for their messages.

use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};
use serde_json::{Map, Value, json};

use super::comment::Comment;
use super::response;
use super::schema::Schemas;
use crate::pb::session_resumption_server::SERVICE_NAME;

/// The one method that answers also those who show nothing: it tells them to sign in.
const OPEN: &str = "ValidateSession";

/// The services of our package.
pub(super) fn services(pool: &DescriptorPool) -> impl Iterator<Item = ServiceDescriptor> {
    let package = SERVICE_NAME.rsplit_once('.').map_or("", |(package, _)| package);
    pool.services().filter(move |service| service.package_name() == package)
}

/// For `tags`.
pub(super) fn tag(service: &ServiceDescriptor) -> Value {
    let comment = Comment::of(&service.parent_file(), service.path());
    json!({"name": service.name(), "description": comment.text})
}

/// For `paths`.
pub(super) fn paths(service: &ServiceDescriptor, schemas: &mut Schemas) -> Map<String, Value> {
    let methods = service.methods();
    let path = |method: &MethodDescriptor| format!("/{}/{}", service.full_name(), method.name());
    methods.map(|method| (path(&method), json!({"post": operation(&method, schemas)}))).collect()
}

fn operation(method: &MethodDescriptor, schemas: &mut Schemas) -> Value {
    let comment = Comment::of(&method.parent_file(), method.path());
    let (summary, description) = comment.parts();
    let input = method.input();
    let mut body = json!({"schema": schemas.message(&input)});
    if let Some(example) = Comment::of(&input.parent_file(), input.path()).examples.into_iter().next() {
        body["example"] = example;
    }
    let output = method.output();
    let about_output = Comment::of(&output.parent_file(), output.path());
    let mut answer = json!({"schema": schemas.message(&output)});
    if let Some(example) = about_output.examples.first() {
        answer["example"] = example.clone();
    }
    let mut responses = response::references();
    let ok = json!({
        "description": about_output.parts().0,
        "headers": response::headers(200),
        "content": {"application/json": answer}
    });
    responses.insert("200".to_owned(), ok);
    let mut operation = json!({
        "operationId": method.name(),
        "tags": [method.parent_service().name()],
        "summary": summary.trim_end_matches('.'),
        "description": description,
        "parameters": PARAMETERS.map(|name| json!({"$ref": format!("#/components/parameters/{name}")})),
        "requestBody": {"required": true, "content": {"application/json": body}},
        "responses": responses
    });
    if method.name() == OPEN {
        operation["security"] = security(true);
    }
    operation
}

const PARAMETERS: [&str; 3] = ["Connect-Protocol-Version", "Connect-Timeout-Ms", "X-Request-Id"];

/// For `components.parameters`.
pub(super) fn parameter_components() -> Value {
    let header = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "header", "description": description, "schema": schema});
    let [version, timeout, request_id] = PARAMETERS;
    json!({
        version: header(version, "The version of the Connect protocol. May be left out.", json!({"type": "string", "const": "1"})),
        timeout: header(
            timeout,
            "How long the caller waits, in milliseconds. The service has a longest time of its own.",
            json!({"type": "integer", "minimum": 0, "maximum": 9_999_999_999_u64}),
        ),
        request_id: header(
            request_id,
            "Names the request in the service's logs. One that is not of this form is replaced.",
            json!({"type": "string", "pattern": "^[A-Za-z0-9._~-]{1,128}$"}),
        )
    })
}

/// For `components.securitySchemes`.
pub(super) fn security_components() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of an issuer that the operator named, or a browser's session token."
        },
        "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "A caller's key."},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-session",
            "description": "A browser's session token. It counts only with an `Origin` that the operator allowed."
        }
    })
}

/// Any one scheme; or none, where that is answered too.
pub(super) fn security(open: bool) -> Value {
    let schemes = ["bearer", "apiKey", "cookie"].map(|name| json!({name: []}));
    schemes.into_iter().chain(open.then(|| json!({}))).collect()
}
