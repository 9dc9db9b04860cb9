//! The OpenAPI document: valid, complete, and as the copy in `docs/` has it.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use session_resumption::domain::error::{Kind, Reason};
use session_resumption::server::openapi::document;

/// Reasons that the catalog keeps and that are given no more: an example of them would mislead.
const DEPRECATED: &str = "[deprecated = true]";

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What openapi-spec-validator says of a document.
fn judge(document: &Value) -> Output {
    let mut validator = Command::new("python3");
    validator.args(["-m", "openapi_spec_validator", "-"]).env("PYTHONPATH", root(".tools/openapi-validator"));
    validator.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut validator = validator.spawn().unwrap();
    validator.stdin.take().unwrap().write_all(document.to_string().as_bytes()).unwrap();
    validator.wait_with_output().unwrap()
}

#[test]
fn the_committed_copy_is_up_to_date() {
    let copy = fs::read_to_string(root("docs/openapi.json")).unwrap();
    let copy: Value = serde_json::from_str(&copy).unwrap();
    assert!(copy == document().unwrap(), "write it anew: cargo run -- openapi >docs/openapi.json");
}

#[test]
fn the_document_is_valid_and_a_broken_one_is_not() {
    let document = document().unwrap();
    let said = judge(&document);
    assert!(
        said.status.success(),
        "scripts/setup.sh installs the validator\n{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
    for (place, broken) in [
        ("/info/version", Value::Null),
        ("/components/schemas/connect.error/type", Value::from("objekt")),
        ("/components/securitySchemes/apiKey/in", Value::from("body")),
    ] {
        let mut document = document.clone();
        *document.pointer_mut(place).unwrap() = broken;
        assert!(!judge(&document).status.success(), "{place}");
    }
}

#[test]
fn every_reason_is_shown_under_the_status_it_comes_with() {
    let document = document().unwrap();
    let catalog = fs::read_to_string(root("proto/sessionresumption/v1/session_resumption.proto")).unwrap();
    for reason in Reason::ALL {
        let response = match reason.kind() {
            Kind::Invalid | Kind::Precondition => "Refused",
            Kind::Unauthenticated => "Unauthenticated",
            Kind::Forbidden => "PermissionDenied",
            Kind::NotFound => "NotFound",
            Kind::Exists | Kind::Conflict => "Conflict",
            Kind::Exhausted => "ResourceExhausted",
            Kind::Unavailable => "Unavailable",
            Kind::Deadline => "DeadlineExceeded",
            Kind::Internal => "Internal",
        };
        let name = reason.wire();
        let value = catalog.lines().find(|line| line.trim_start().starts_with(&format!("{name} ="))).unwrap();
        let examples = &document["components"]["responses"][response]["content"]["application/json"]["examples"];
        let shown = examples.get(name).map(|example| &example["value"]["details"][0]["debug"]["reason"]);
        let expected = Value::from(name);
        assert_eq!(shown, (!value.contains(DEPRECATED)).then_some(&expected), "{name}");
    }
}

#[test]
fn everything_of_ours_is_described() {
    let document = document().unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let ours = schemas.iter().filter(|(name, _)| name.starts_with("sessionresumption."));
    let mut seen = 0;
    for (name, schema) in ours {
        assert!(schema["description"].is_string(), "{name}");
        for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
            assert!(schema["description"].is_string(), "{name} {field}");
            seen += 1;
        }
        if name.ends_with("Request") || name.ends_with("Response") {
            assert!(schema["examples"][0].is_object(), "{name}");
        }
    }
    assert!(seen > 40, "only {seen} fields");
    for (path, item) in document["paths"].as_object().unwrap() {
        let post = &item["post"];
        assert!(post["summary"].is_string() && post["description"].is_string(), "{path}");
        assert!(post["requestBody"]["content"]["application/json"]["example"].is_object(), "{path}");
        assert!(post["responses"]["200"]["content"]["application/json"]["example"].is_object(), "{path}");
    }
}
