//! What the client's roles allow, found out by asking for a conversation that nobody has.

use reqwest::Method;
use serde_json::{Value, json};

use super::finding::Finding;
use super::seen::Seen;
use super::{Checker, Contract, Plan};
use crate::genesys::MetadataHome;
use crate::genesys::api::Call;
use crate::genesys::operation::Operation;
use crate::ports::UpstreamError;

/// What it takes where Genesys' descriptions name nothing.
const UNNAMED: &str = "a permission that Genesys does not name";

/// A call that the service makes, and what it takes.
struct Need {
    what: &'static str,
    /// The permissions, of which any one suffices.
    permissions: &'static str,
    writes: bool,
    call: Call,
}

pub(super) async fn ask(checker: &Checker, plan: &Plan, tell: &mut impl FnMut(Finding)) {
    for need in needs(checker, plan) {
        let what = format!("to {}", need.what);
        if need.writes && !plan.probe_writes {
            let seen = format!("not tried: needs {}", need.permissions);
            let todo =
                "see that the OAuth client has it, or have --probe-writes try it, with requests that change nothing";
            tell(Finding::doubtful(what, seen, todo));
        } else {
            tell(judged(what, need.permissions, checker.ask(need.call).await));
        }
    }
}

fn needs(checker: &Checker, plan: &Plan) -> Vec<Need> {
    let nobody = checker.nobody.as_str();
    let Contract::Platform { metadata, agentless, .. } = &plan.contract else {
        return vec![Need {
            what: "read conversations",
            permissions: "what the guide's contract names",
            writes: false,
            call: checker.guides_read(),
        }];
    };
    let need = |what, permissions, method: Method, path: &[&str], body: Option<Value>| {
        let writes = method == Method::PATCH || path.ends_with(&["agentless"]);
        let operation = if writes { Operation::WriteMetadata } else { Operation::Read };
        Need { what, permissions, writes, call: checker.call(operation, method, path, body) }
    };
    let view = "conversation:webmessaging:view";
    let either = "conversation:message:view or conversation:webmessaging:view";
    let conversation = ["conversations", "messages", nobody];
    let mut needs = vec![
        need("read conversations", view, Method::GET, &conversation, None),
        need("find a message's conversation", either, Method::GET, &[&conversation[..], &["details"]].concat(), None),
    ];
    match metadata {
        MetadataHome::ParticipantAttributes => {
            let path = ["conversations", nobody, "participants", nobody, "attributes"];
            let body = json!({"attributes": {}});
            needs.push(need("write participants' attributes", UNNAMED, Method::PATCH, &path, Some(body)));
        }
        MetadataHome::CustomAttributes => {
            let path = ["conversations", nobody, "customattributes"];
            let (view, edit) = ("conversation:customAttributes:view", "conversation:customAttributes:edit");
            needs.push(need("read custom attributes", view, Method::GET, &path, None));
            let body = json!({"id": nobody, "customAttributes": {}});
            needs.push(need("write custom attributes", edit, Method::PATCH, &path, Some(body)));
        }
    }
    if *agentless {
        let texts = [&conversation[..], &["messages", "bulk"]].concat();
        needs.push(need("read messages back", either, Method::POST, &texts, Some(json!([nobody]))));
        let path = ["conversations", "messages", "agentless"];
        // Without an address or a text there is nothing to send.
        needs.push(need(
            "send agentless messages",
            "conversation:message:create",
            Method::POST,
            &path,
            Some(json!({})),
        ));
    }
    needs
}

/// That there is no such conversation, or no sense in the request, is only said to whoever may make it.
fn judged(what: String, permissions: &str, answer: Result<Seen, UpstreamError>) -> Finding {
    let seen = match answer {
        Ok(seen) => seen,
        Err(failure) => return Finding::doubtful(what, failure.to_string(), "ask again later"),
    };
    let granted = seen.knows_of_none || matches!(seen.status, 200..=299 | 400 | 409);
    match seen.lacking {
        Some(lacking) => {
            let lacking = if lacking.is_empty() { permissions.to_owned() } else { lacking };
            let todo =
                format!("give a role of the OAuth client {permissions}, in every division that has conversations");
            Finding::bad(what, format!("lacks {lacking}"), todo)
        }
        None if granted => Finding::good(what, "allowed"),
        None => Finding::doubtful(
            what,
            format!("status {}", seen.status),
            "check what stands between here and Genesys, and ask again",
        ),
    }
}
