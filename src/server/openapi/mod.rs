//! The calls by plain HTTP as an OpenAPI document, made of the descriptors and their comments: for people with curl, for
//! generators of clients, for Genesys' data actions.
//!
//! The protocol: <https://connectrpc.com/docs/protocol>. The mapping: <https://protobuf.dev/programming-guides/json/>.

mod comment;
mod error;
mod operation;
mod response;
mod schema;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use self::comment::Comment;
use self::schema::Schemas;
use super::descriptors::{BrokenDescriptors, pool};

/// The field number of a file's `syntax`, which the comment of the file stands before.
const SYNTAX: &[i32] = &[12];

const FORM: &str = "\
Every call is a `POST` of one JSON object, the Connect protocol's unary form: the same methods as by gRPC, in the proto3 JSON \
mapping. Fields that a version does not know are ignored. Answers tell default values too, so that whoever reads one need not \
know them; the examples leave out what is empty.";

/// The document.
pub fn document() -> Result<Value, BrokenDescriptors> {
    let pool = pool()?;
    let mut schemas = Schemas::default();
    let error = error::schema(pool, &mut schemas)?;
    let cases = error::cases(pool)?;
    let services: Vec<_> = operation::services(pool).collect();
    let paths: Map<_, _> = services.iter().flat_map(|service| operation::paths(service, &mut schemas)).collect();
    let about = services.iter().map(|service| Comment::of(&service.parent_file(), SYNTAX).text);
    let description: Vec<_> = about.chain([FORM.to_owned()]).collect();
    Ok(json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Session resumption",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "description": description.join("\n\n"),
            "license": {"name": "Apache License 2.0", "identifier": env!("CARGO_PKG_LICENSE")}
        },
        "servers": [{"url": "/", "description": "The service that serves this document."}],
        "tags": services.iter().map(operation::tag).collect::<Vec<_>>(),
        "security": operation::security(false),
        "paths": paths,
        "components": {
            "schemas": schemas.into_value(),
            "responses": response::components(&error, &cases),
            "parameters": operation::parameter_components(),
            "headers": response::header_components(),
            "securitySchemes": operation::security_components()
        }
    }))
}

/// The route of the document.
pub(super) fn router() -> Result<Router, BrokenDescriptors> {
    let body = Bytes::from(document()?.to_string());
    Ok(Router::new().route("/openapi.json", get(async || ([(CONTENT_TYPE, "application/json")], body))))
}
