//! The body of an error, as Genesys writes it.

use serde::Deserialize;
use serde_json::Value;

use super::wire::usable;

/// How many permissions of one refusal are named.
const MAX_PERMISSIONS: usize = 5;

/// The longest name of a permission. Genesys' are half as long.
const MAX_PERMISSION: usize = 100;

/// `ErrorBody`. Only what something depends on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorBody {
    code: Option<Value>,
    status: Option<Value>,
    #[serde(default, deserialize_with = "usable")]
    message: Option<String>,
}

// === impl ErrorBody ===

impl ErrorBody {
    /// Whether Genesys itself says that something does not exist. The 404 page of a proxy or of a wrong URL would end every
    /// customer's session.
    pub(super) fn is_genesys_404(&self) -> bool {
        self.code.as_ref().is_some_and(Value::is_string) || self.status.as_ref().is_some_and(|status| *status == 404)
    }

    /// Whether a write showed a version that is no longer the current one. Genesys says so with 400 as well as with 409.
    pub(super) fn is_version_mismatch(&self) -> bool {
        self.says("does not match the current version")
    }

    /// Whether the call is one for people who signed in, and never for a service.
    pub(super) fn needs_user(&self) -> bool {
        self.says("requires a user context")
    }

    /// The permissions that are missing. Nothing else of the message is let out: it may quote the request.
    pub(super) fn permissions(&self) -> Vec<&str> {
        let message = self.message.as_deref().unwrap_or_default();
        let words = message.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '*' | '_')));
        let names = words.filter(|word| word.len() <= MAX_PERMISSION && is_permission(word.trim_end_matches(':')));
        names.map(|word| word.trim_end_matches(':')).take(MAX_PERMISSIONS).collect()
    }

    fn says(&self, words: &str) -> bool {
        self.message.as_deref().is_some_and(|message| message.to_ascii_lowercase().contains(words))
    }
}

/// Whether a word is made as `conversation:webmessaging:view` is.
fn is_permission(word: &str) -> bool {
    let parts: Vec<_> = word.split(':').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && !part.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(message: &str) -> ErrorBody {
        serde_json::from_value(json!({"status": 400, "code": "bad.request", "message": message})).unwrap()
    }

    #[test]
    fn a_version_mismatch_and_a_call_for_people_are_told_by_their_words() {
        assert!(body("Version 3 does not match the current version 4").is_version_mismatch());
        assert!(!body("Version 3 is strange").is_version_mismatch());
        let user =
            "This request requires a user context. Client credentials cannot be used for requests to this resource.";
        assert!(body(user).needs_user());
        assert!(!body("").needs_user());
        let strange: ErrorBody = serde_json::from_value(json!({"message": ["requires a user context"]})).unwrap();
        assert!(!strange.needs_user());
    }

    #[test]
    fn missing_permissions_are_named_and_nothing_else_is() {
        let one = body(
            "Unable to perform the requested action. You are missing the following permission(s): [conversation:message:create]",
        );
        assert_eq!(one.permissions(), ["conversation:message:create"]);
        let any =
            body("You must have at least one of: analytics:conversationDetail:view, conversation:webmessaging:*.");
        assert_eq!(any.permissions(), ["analytics:conversationDetail:view", "conversation:webmessaging:*"]);
        for other in ["", "at 14:00:00", "token abc", "a:b", "a::b", "a:b:c:d", &format!("a:b:{}", "c".repeat(200))] {
            assert!(body(other).permissions().is_empty(), "{other}");
        }
        assert_eq!(body(&"a:b:c ".repeat(9)).permissions().len(), MAX_PERMISSIONS);
    }
}
