//! Keys that an issuer publishes, on a real server that changes them, goes away and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{EncodingKey, Header, encode};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use super::given::{GIVEN, SECRET, Signer, authenticator_with, service};
use crate::auth::{Authenticator, Shown, Times};
use crate::callers::{Callers, Keys};
use crate::domain::error::Reason;
use crate::domain::principal::Identity;

/// What the server answers.
#[derive(Clone)]
struct Issuer {
    keys: watch::Sender<Option<JwkSet>>,
    asked: Arc<AtomicUsize>,
    held: Arc<Notify>,
}

async fn answer(State(issuer): State<Issuer>) -> impl IntoResponse {
    issuer.asked.fetch_add(1, Ordering::SeqCst);
    let keys = issuer.keys.borrow().clone();
    keys.map_or((StatusCode::SERVICE_UNAVAILABLE, String::new()), |keys| {
        (StatusCode::OK, serde_json::to_string(&keys).unwrap())
    })
}

async fn held(State(issuer): State<Issuer>) -> impl IntoResponse {
    issuer.held.notified().await;
    answer(State(issuer)).await
}

fn jwk(signer: &Signer, id: &str) -> Jwk {
    let mut key = Jwk::from_encoding_key(&signer.key(), signer.algorithm).unwrap();
    key.common.key_id = Some(id.to_owned());
    key
}

fn signed(signer: &Signer, id: Option<&str>) -> String {
    let header = Header { kid: id.map(str::to_owned), ..Header::new(signer.algorithm) };
    encode(&header, &service("rsa"), &signer.key()).unwrap()
}

/// An issuer, and an authenticator that goes by its keys.
async fn publishing(path: &str, keys: impl Into<Option<JwkSet>>, times: Times) -> (Issuer, Authenticator) {
    let issuer = Issuer { keys: watch::Sender::new(keys.into()), asked: Arc::default(), held: Arc::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    let router = Router::new().route("/keys", get(answer)).route("/held", get(held)).with_state(issuer.clone());
    tokio::spawn(axum::serve(listener, router).into_future());
    let mut known = GIVEN.callers.issuers.iter().find(|issuer| issuer.name == "rsa").unwrap().clone();
    known.keys = Keys::Published(url.parse().unwrap());
    let callers = Callers { issuers: vec![known], ..Callers::default() };
    (issuer, authenticator_with(callers, times))
}

async fn is_known(authenticator: &Authenticator, token: &str) -> bool {
    let identified = authenticator.identify(Shown { bearer: Some(token), ..Shown::default() }).await.unwrap();
    matches!(identified.identity, Identity::Known(_))
}

fn set(keys: Vec<Jwk>) -> JwkSet {
    JwkSet { keys }
}

/// Every token with an unknown key may ask, and nothing is old.
fn eager() -> Times {
    Times { unknown_key_every: Duration::ZERO, ..Times::default() }
}

#[tokio::test]
async fn a_new_key_is_found_when_a_token_names_it_and_the_old_one_is_forgotten() {
    let (old, new) = (&GIVEN.rsa, &GIVEN.strangers_rsa);
    let (issuer, authenticator) = publishing("/keys", set(vec![jwk(old, "1")]), eager()).await;
    let (by_old, by_new) = (signed(old, Some("1")), signed(new, Some("2")));
    assert!(is_known(&authenticator, &by_old).await);
    assert!(!is_known(&authenticator, &by_new).await);
    issuer.keys.send_replace(Some(set(vec![jwk(new, "2")])));
    assert!(is_known(&authenticator, &by_new).await);
    assert!(!is_known(&authenticator, &by_old).await, "what was verified with it is forgotten too");
}

#[tokio::test]
async fn tokens_with_invented_keys_do_not_make_us_ask_again_and_again() {
    let times = Times { unknown_key_every: Duration::from_hours(1), ..Times::default() };
    let (issuer, authenticator) = publishing("/keys", set(vec![jwk(&GIVEN.rsa, "1")]), times).await;
    assert!(is_known(&authenticator, &signed(&GIVEN.rsa, Some("1"))).await);
    for invented in 0..20 {
        assert!(!is_known(&authenticator, &signed(&GIVEN.strangers_rsa, Some(&invented.to_string()))).await);
    }
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn many_who_come_at_once_make_one_request() {
    let (issuer, authenticator) = publishing("/held", set(vec![jwk(&GIVEN.rsa, "1")]), Times::default()).await;
    let token = signed(&GIVEN.rsa, Some("1"));
    let crowd = futures_util::future::join_all((0..20).map(|_| is_known(&authenticator, &token)));
    let (known, ()) = tokio::join!(crowd, async { issuer.held.notify_one() });
    assert!(known.into_iter().all(|known| known));
    assert_eq!(issuer.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn keys_outlive_an_outage_of_their_issuer() {
    let times = Times { refresh_after: Duration::ZERO, ..eager() };
    let (issuer, authenticator) = publishing("/keys", set(vec![jwk(&GIVEN.rsa, "1")]), times).await;
    assert!(is_known(&authenticator, &signed(&GIVEN.rsa, Some("1"))).await);
    issuer.keys.send_replace(None);
    for _ in 0..5 {
        // A token each time, for what was verified is remembered.
        assert!(is_known(&authenticator, &signed(&GIVEN.rsa, Some("1"))).await);
    }
}

#[tokio::test]
async fn without_any_keys_nobody_is_refused_and_nobody_let_in() {
    let (issuer, authenticator) = publishing("/keys", None, eager()).await;
    let token = signed(&GIVEN.rsa, Some("1"));
    let error = authenticator.identify(Shown { bearer: Some(&token), ..Shown::default() }).await.unwrap_err();
    assert_eq!(error.reason, Reason::KeysUnavailable);
    assert!(error.retry_after.is_some());
    issuer.keys.send_replace(Some(set(vec![jwk(&GIVEN.rsa, "1")])));
    assert!(is_known(&authenticator, &token).await);
}

#[tokio::test]
async fn a_key_counts_only_for_what_it_is_published_for() {
    let (rsa, ec) = (&GIVEN.rsa, &GIVEN.ec);
    let mut encrypting = jwk(rsa, "1");
    encrypting.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Encryption);
    let mut secret =
        Jwk::from_encoding_key(&EncodingKey::from_secret(SECRET.as_bytes()), jsonwebtoken::Algorithm::HS256).unwrap();
    secret.common.key_id = Some("2".to_owned());
    let (issuer, authenticator) =
        publishing("/keys", set(vec![encrypting, secret, jwk(ec, "3"), jwk(rsa, "4")]), eager()).await;
    let symmetric = Header { kid: Some("2".to_owned()), ..Header::default() };
    let symmetric = encode(&symmetric, &service("rsa"), &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
    assert!(!is_known(&authenticator, &signed(rsa, Some("1"))).await, "a key for encryption");
    assert!(!is_known(&authenticator, &symmetric).await, "a secret that is published");
    assert!(!is_known(&authenticator, &signed(ec, Some("3"))).await, "an algorithm that is not the issuer's");
    assert!(!is_known(&authenticator, &signed(rsa, None)).await, "no name where there are several");
    assert!(is_known(&authenticator, &signed(rsa, Some("4"))).await);
    issuer.keys.send_replace(Some(set(vec![jwk(rsa, "4")])));
    assert!(!is_known(&authenticator, &signed(&GIVEN.strangers_rsa, Some("9"))).await);
    assert!(is_known(&authenticator, &signed(rsa, None)).await, "no name needed where there is one");
}
