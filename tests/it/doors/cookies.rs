//! The session's cookie: traded for a token, renewed, sent only where it may be, and forgotten.

use http::{HeaderMap, StatusCode};
use reqwest::{Client, Method};
use session_resumption::pb;
use session_resumption::pb::validate_session_response::Route;
use tonic::Code;

use super::ask::{Door, Protocol};
use super::callers::{KEYS, Known, ORIGIN, token};
use crate::support::Chat;

struct Page<'a> {
    known: &'a Known,
    door: Door,
}

#[derive(Debug)]
struct Kept {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Kept {
    /// The cookie's value, and its attributes.
    fn cookie(&self) -> (String, Vec<String>) {
        let cookie = self.headers["set-cookie"].to_str().unwrap();
        let mut parts = cookie.split("; ").map(str::to_owned);
        let value = parts.next().unwrap().strip_prefix("__Host-session=").unwrap().to_owned();
        (value, parts.collect())
    }
}

impl<'a> Page<'a> {
    fn of(known: &'a Known) -> Self {
        Self { known, door: Door::to(&known.harness) }
    }

    async fn session(&self, method: Method, headers: &[(&str, &str)]) -> Kept {
        let mut request = Client::new().request(method, format!("{}/session", self.known.harness.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Kept { status, headers, body: answer.text().await.unwrap() }
    }

    /// A session token, as the site's backend hands it to its page.
    async fn issued(&self, chat: &Chat) -> String {
        let request = pb::IssueSessionTokenRequest {
            conversation_id: chat.conversation.clone(),
            participant_id: chat.customer.clone(),
            ..pb::IssueSessionTokenRequest::default()
        };
        let told = self.door.ask(Protocol::Grpc, "IssueSessionToken", &[("x-api-key", KEYS[0].1)], &request).await;
        told.message::<pb::IssueSessionTokenResponse>().session_token
    }

    async fn validate(&self, chat: &Chat, headers: &[(&str, &str)]) -> pb::ValidateSessionResponse {
        let told = self.door.ask(Protocol::GrpcWeb, "ValidateSession", headers, &chat.validate_request()).await;
        told.message()
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn cookie(value: &str) -> String {
    format!("other=1; __Host-session={value}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_becomes_a_cookie_that_brings_the_chat_back() {
    let known = Known::start(&[]).await;
    let (page, chat) = (Page::of(&known), Chat::dropped(&known.harness));
    let token = page.issued(&chat).await;
    let kept = page.session(Method::POST, &[("authorization", &bearer(&token)), ("origin", ORIGIN)]).await;
    assert_eq!(kept.status, StatusCode::OK, "{kept:?}");
    assert!(kept.body.starts_with("{\"expireTime\":\"20") && !kept.body.contains(&token), "{}", kept.body);
    assert_eq!(kept.headers["cache-control"], "no-store");
    assert_eq!(kept.headers["access-control-allow-credentials"], "true");
    let (value, attributes) = kept.cookie();
    assert_eq!(attributes, ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=1200"]);
    assert_eq!(value, token, "it is fresh, so it stays");
    let sent = cookie(&value);
    let answer = page.validate(&chat, &[("cookie", &sent), ("origin", ORIGIN)]).await;
    assert_eq!(answer.route(), Route::ReattachAgent);
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_counts_only_from_a_page_that_may_send_it() {
    let known = Known::start(&[]).await;
    let (page, chat) = (Page::of(&known), Chat::dropped(&known.harness));
    let sent = cookie(&page.issued(&chat).await);
    known.harness.control.clear_ledger();
    for origin in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://shop.example.evil.example")],
    ] {
        let headers = [&[("cookie", sent.as_str())], origin].concat();
        let answer = page.validate(&chat, &headers).await;
        assert_eq!(answer.route(), Route::Reauthenticate, "{origin:?}");
        assert_eq!(page.session(Method::POST, &headers).await.status, StatusCode::UNAUTHORIZED, "{origin:?}");
    }
    assert_eq!(known.harness.paths(), Vec::<String>::new());
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_site_begins_a_line_of_ours() {
    let known = Known::start(&[]).await;
    let (page, chat) = (Page::of(&known), Chat::dropped(&known.harness));
    let theirs = token(&chat.conversation, &chat.customer, 60);
    let kept = page.session(Method::POST, &[("authorization", &bearer(&theirs))]).await;
    assert_eq!(kept.status, StatusCode::OK, "{kept:?}");
    let (value, _) = kept.cookie();
    assert_ne!(value, theirs);
    let sent = cookie(&value);
    assert_eq!(page.validate(&chat, &[("cookie", &sent), ("origin", ORIGIN)]).await.route(), Route::ReattachAgent);
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_is_gone_for_good() {
    let known = Known::start(&[]).await;
    let (page, chat) = (Page::of(&known), Chat::dropped(&known.harness));
    let sent = cookie(&page.issued(&chat).await);
    let headers = [("cookie", sent.as_str()), ("origin", ORIGIN)];
    let gone = page.session(Method::DELETE, &headers).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        gone.cookie(),
        (String::new(), ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=0"].map(str::to_owned).to_vec())
    );
    assert_eq!(page.validate(&chat, &headers).await.route(), Route::Reauthenticate, "whoever kept a copy");
    assert_eq!(page.session(Method::POST, &headers).await.status, StatusCode::UNAUTHORIZED);
    let again = page.session(Method::DELETE, &headers).await;
    assert_eq!(
        (again.status, again.cookie().0.as_str()),
        (StatusCode::NO_CONTENT, ""),
        "there is nothing left, which is what was wanted"
    );
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_gets_a_cookie() {
    let known = Known::start(&[("web.cookie_same_site", "none")]).await;
    let page = Page::of(&known);
    let expired = bearer(&token("c", "p", -60));
    for (headers, expected) in [
        (&[][..], StatusCode::UNAUTHORIZED),
        (&[("x-api-key", KEYS[0].1)], StatusCode::FORBIDDEN),
        (&[("x-api-key", KEYS[1].1)], StatusCode::FORBIDDEN),
        (&[("authorization", "Bearer hunter2")], StatusCode::UNAUTHORIZED),
        (&[("authorization", expired.as_str())], StatusCode::UNAUTHORIZED),
    ] {
        let refused = page.session(Method::POST, headers).await;
        assert_eq!(refused.status, expected, "{headers:?}");
        assert!(!refused.headers.contains_key("set-cookie"), "{headers:?}");
    }
    let other = page.session(Method::GET, &[]).await;
    assert_eq!(
        (other.status, &other.headers["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST, DELETE".parse().unwrap())
    );
    let kept = page.session(Method::POST, &[("authorization", &bearer(&token("c", "p", 60)))]).await;
    assert!(kept.cookie().1.contains(&"SameSite=None".to_owned()), "{kept:?}");
    known.harness.stop().await.unwrap();
}

/// What a browser may not do it may not do with any credentials.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_has_its_own_session_and_no_other() {
    let known = Known::start(&[]).await;
    let (page, mine, anothers) = (Page::of(&known), Chat::dropped(&known.harness), Chat::dropped(&known.harness));
    let token = bearer(&page.issued(&mine).await);
    known.harness.control.clear_ledger();
    let headers = [("authorization", token.as_str())];
    for chat in [
        &anothers,
        &Chat::of(
            &known.harness,
            genesys_sim::Created {
                conversation_id: "nothing".into(),
                customer_id: "nobody".into(),
                agent_participant_id: None,
            },
        ),
    ] {
        let mut told = page.validate(chat, &headers).await;
        assert!(told.as_of_time.take().is_some());
        let expected = pb::ValidateSessionResponse {
            decision: pb::validate_session_response::Decision::NewRoutingRequired.into(),
            reason: pb::validate_session_response::Reason::SessionNotFound.into(),
            route: Route::NewRouting.into(),
            source: told.source,
            routing_attributes: [("resume".to_owned(), "false".to_owned())].into(),
            ..pb::ValidateSessionResponse::default()
        };
        assert_eq!(told, expected);
        let inject = chat.inject_request(&uuid::Uuid::new_v4().to_string(), &[("m", "hello")]);
        let inject = pb::InjectContextRequest { client_instance_id: "tab".into(), marker: String::new(), ..inject };
        let told = page.door.ask(Protocol::Connect, "InjectContext", &headers, &inject).await;
        assert_eq!((told.code, told.reason.as_str()), (Code::NotFound, "HANDSHAKE_NOT_FOUND"), "{told:?}");
    }
    assert_eq!(known.harness.paths(), Vec::<String>::new(), "nothing was looked up");
    known.harness.stop().await.unwrap();
}
