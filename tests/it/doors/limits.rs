//! Whoever asks too often is told when to return, and nobody else suffers for it.

use session_resumption::pb;
use tonic::Code;

use super::ask::{Door, PROTOCOLS, Protocol, Told};
use super::callers::{Known, token};

const BACKEND: (&str, &str) = ("x-api-key", "key-of-the-backend");
const FLOW: (&str, &str) = ("x-api-key", "key-of-the-flow");

/// A session that does not exist, which is found out without harm.
fn of(conversation: &str) -> pb::ValidateSessionRequest {
    pb::ValidateSessionRequest {
        conversation_id: conversation.into(),
        participant_id: "p".into(),
        ..pb::ValidateSessionRequest::default()
    }
}

async fn validate(door: &Door, protocol: Protocol, headers: &[(&str, &str)], conversation: &str) -> Told {
    door.ask(protocol, "ValidateSession", headers, &of(conversation)).await
}

fn assert_limited(told: &Told) {
    assert_eq!((told.code, told.reason.as_str()), (Code::ResourceExhausted, "RATE_LIMITED"), "{told:?}");
    assert!(told.retry, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_has_one_limit_by_all_doors_and_others_have_theirs() {
    let known = Known::start(&[("limits.service", "1/m burst 3")]).await;
    let door = Door::to(&known.harness);
    for protocol in PROTOCOLS {
        let told = validate(&door, protocol, &[BACKEND], "c").await;
        assert_eq!(told.code, Code::Ok, "{told:?}");
    }
    for protocol in PROTOCOLS {
        let told = validate(&door, protocol, &[BACKEND], "c").await;
        assert_limited(&told);
        assert_eq!(
            (&told.headers["ratelimit-limit"], &told.headers["ratelimit-remaining"]),
            (&"3".parse().unwrap(), &"0".parse().unwrap())
        );
        if protocol == Protocol::Connect {
            assert!(told.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
        }
    }
    assert_eq!(validate(&door, Protocol::Grpc, &[FLOW], "c").await.code, Code::Ok);
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_one_limit_whichever_service_asks() {
    let known = Known::start(&[("limits.session", "1/m burst 2")]).await;
    let door = Door::to(&known.harness);
    for caller in [BACKEND, FLOW] {
        assert_eq!(validate(&door, Protocol::Grpc, &[caller], "c").await.code, Code::Ok);
    }
    for caller in [BACKEND, FLOW] {
        assert_limited(&validate(&door, Protocol::Connect, &[caller], "c").await);
    }
    assert_eq!(validate(&door, Protocol::Grpc, &[BACKEND], "another").await.code, Code::Ok);
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browsers_of_a_session_share_a_limit_and_use_up_nobody_elses() {
    let known = Known::start(&[("limits.browser", "1/m burst 2"), ("limits.session", "1/m burst 1")]).await;
    let door = Door::to(&known.harness);
    let mine = [token("c", "p", 60), token("c", "p", 61)].map(|token| format!("Bearer {token}"));
    for token in &mine {
        assert_eq!(validate(&door, Protocol::GrpcWeb, &[("authorization", token)], "c").await.code, Code::Ok);
    }
    assert_limited(&validate(&door, Protocol::GrpcWeb, &[("authorization", &mine[0])], "c").await);
    // A browser may name whom it likes; the session's own limit is not for it to spend.
    assert_eq!(validate(&door, Protocol::Grpc, &[BACKEND], "c").await.code, Code::Ok);
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_limited_before_it_is_known_who_calls() {
    let settings = [("limits.address", "1/m burst 2"), ("limits.trusted_proxies", "127.0.0.0/8")];
    let known = Known::start(&settings).await;
    let door = Door::to(&known.harness);
    let from = |address: &'static str| ("x-forwarded-for", address);
    let guess = ("x-api-key", "key-of-nobody");
    for _ in 0..2 {
        let told = validate(&door, Protocol::Connect, &[guess, from("203.0.113.7")], "c").await;
        assert_eq!(told.code, Code::Unauthenticated, "{told:?}");
    }
    assert_limited(&validate(&door, Protocol::Connect, &[guess, from("203.0.113.7")], "c").await);
    assert_limited(&validate(&door, Protocol::Grpc, &[BACKEND, from("198.51.100.1, 203.0.113.7")], "c").await);
    assert_eq!(validate(&door, Protocol::Grpc, &[BACKEND, from("203.0.113.8")], "c").await.code, Code::Ok);
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_is_not_limited() {
    let known = Known::start(&[("limits.address", "1/m burst 1"), ("limits.max_concurrent_calls", "1")]).await;
    let door = Door::to(&known.harness);
    for _ in 0..20 {
        let told = door.send(Protocol::Grpc, "/grpc.health.v1.Health/Check", http::HeaderMap::new(), vec![0; 5]).await;
        assert_eq!(told.code, Code::Ok, "{told:?}");
    }
    known.harness.stop().await.unwrap();
}
