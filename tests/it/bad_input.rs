//! Whatever is wrong with a request is told at once, with a reason and a path for each field, before Genesys is asked.

mod catalog;
mod edges;
mod ids;
mod inject;
mod paths;
mod silence;
mod sizes;
mod validate;

use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::{Harness, Refusal};

/// Texts that are no id: what an URL gives a meaning to, what is no ASCII, what cannot be seen.
const BAD_IDS: &[&str] = &[
    ".",
    "..",
    "/",
    "a/b",
    "../../../oauth/token",
    "a%2Fb",
    "a\\b",
    "a?b",
    "a#b",
    "a;b",
    "a:b",
    "a@b",
    "a+b",
    "a b",
    " a",
    "a\n",
    "a\r\nx: y",
    "a\0",
    "\u{7f}",
    "ä",
    "\u{202e}a",
    "\u{ff0e}\u{ff0e}",
    "💬",
];

/// Texts that are no UUID.
const BAD_UUIDS: &[&str] = &[
    "a",
    "..",
    "not-a-uuid",
    "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b1",
    "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b111",
    "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b1g",
    "7b8f7a3e_3c1c_4d58_9d5e_0a6c3f4f2b11",
    " 7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11",
    "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11\n",
    "７b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11",
];

/// A service that is ready, and has asked nothing of Genesys since.
async fn quiet() -> Harness {
    let harness = Harness::start().await;
    harness.control.clear_ledger();
    harness
}

/// Stops the service if Genesys was never asked.
async fn nothing_was_asked(harness: Harness) {
    assert_eq!(harness.paths(), Vec::<String>::new());
    harness.stop().await.unwrap();
}

/// Checks that a call was refused for exactly these fields: (path, reason), in this order.
#[track_caller]
fn assert_refused<T: std::fmt::Debug>(case: &str, outcome: Result<T, Status>, faults: &[(&str, &str)]) {
    let status = match outcome {
        Err(status) => status,
        Ok(answer) => panic!("{case}: answered {answer:?}"),
    };
    let refusal = Refusal::of(&status);
    let (first, reason) = faults[0];
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, reason), "{case}: {status:?}");
    let metadata: Vec<_> = refusal.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(metadata, [("field", first)], "{case}");
    let told: Vec<_> = refusal.fields.iter().map(|(field, why)| (field.as_str(), reason_of(why))).collect();
    assert_eq!(told, faults, "{case}");
    assert_eq!(refusal.retry, None, "{case}: a bad request does not get good by waiting");
    assert!(status.message().starts_with(first), "{case}: {}", status.message());
    let more = format!("(and {} more)", faults.len() - 1);
    assert_eq!(status.message().ends_with(&more), faults.len() > 1, "{case}: {}", status.message());
}

/// Each description begins with its field's own reason: the first one's alone would not tell about the others.
fn reason_of(description: &str) -> &str {
    let (reason, why) = description.split_once(": ").unwrap_or_else(|| panic!("no reason: {description}"));
    assert!(!why.is_empty(), "{description}");
    reason
}

fn uuid() -> String {
    Uuid::new_v4().to_string()
}
