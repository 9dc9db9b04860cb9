//! Credentials that are good, and what they say of their caller.

use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::CertificateDer;
use serde_json::json;
use uuid::Uuid;

use super::given::{API_KEY, GIVEN, NOW, authenticator, browser, hs, now, our_tokens, service, signed, with};
use crate::auth::{SessionToken, Shown};
use crate::domain::ids::{ConversationId, Pair, ParticipantId, ResumeKey};
use crate::domain::principal::{Bound, Identity, Principal, Role};

fn pair() -> Bound {
    Bound::Pair(Pair {
        conversation: ConversationId::parse("c-1").unwrap(),
        participant: ParticipantId::parse("p-1").unwrap(),
    })
}

async fn bearer(token: &str) -> Identity {
    authenticator().identify(Shown { bearer: Some(token), ..Shown::default() }).await.unwrap().identity
}

#[tokio::test]
async fn tokens_of_each_kind_name_their_callers() {
    let visitor = Identity::Known(Principal::browser("visitor-1", pair()));
    assert_eq!(bearer(&hs(&browser("site"))).await, visitor);
    assert_eq!(bearer(&signed(&GIVEN.ed, &browser("ed"))).await, visitor);
    let robot = |role| Identity::Known(Principal::new(role, "robot"));
    assert_eq!(bearer(&signed(&GIVEN.rsa, &service("rsa"))).await, robot(Role::Service));
    assert_eq!(bearer(&signed(&GIVEN.ec, &service("ec"))).await, robot(Role::Operator));
    let by_key = with(with(browser("site"), "conversation_id", json!(null)), "participant_id", json!(null));
    let by_key = with(by_key, "resume_key", json!("k-1"));
    let bound = Bound::Key(ResumeKey::parse("k-1").unwrap());
    assert_eq!(bearer(&hs(&by_key)).await, Identity::Known(Principal::browser("visitor-1", bound)));
}

#[tokio::test]
async fn clocks_may_be_apart_by_the_leeway() {
    for (claim, value, known) in [
        ("exp", NOW - 30, true),
        ("exp", NOW - 31, false),
        ("nbf", NOW + 30, true),
        ("nbf", NOW + 31, false),
        ("iat", NOW + 30, true),
        ("iat", NOW + 31, false),
    ] {
        let identity = bearer(&hs(&with(browser("site"), claim, json!(value)))).await;
        assert_eq!(matches!(identity, Identity::Known(_)), known, "{claim} {}", value - NOW);
    }
    let fraction = with(browser("site"), "exp", json!(1_700_000_000.5));
    assert!(matches!(bearer(&hs(&fraction)).await, Identity::Known(_)));
}

#[tokio::test]
async fn a_browsers_token_lapses_before_it_is_nothing() {
    let ended = |seconds: i64| hs(&with(browser("site"), "exp", json!(NOW - 30 - seconds)));
    assert!(matches!(bearer(&ended(1)).await, Identity::Lapsed(_)));
    assert!(matches!(bearer(&ended(300)).await, Identity::Lapsed(_)));
    assert_eq!(bearer(&ended(301)).await, Identity::Nobody);
    let service = signed(&GIVEN.rsa, &with(service("rsa"), "exp", json!(NOW - 31)));
    assert_eq!(bearer(&service).await, Identity::Refused, "only browsers are given time");
}

#[tokio::test]
async fn keys_and_certificates_name_their_callers() {
    let key = authenticator().identify(Shown { api_key: Some(API_KEY), ..Shown::default() }).await.unwrap();
    assert_eq!(key.identity, Identity::Known(Principal::service("backend")));
    let params = CertificateParams::new(["else.example".to_owned(), "billing.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    let chain = [CertificateDer::from(certificate.der().to_vec())];
    let shown = authenticator().identify(Shown { certificates: &chain, ..Shown::default() }).await.unwrap();
    assert_eq!(shown.identity, Identity::Known(Principal::new(Role::Architect, "billing")));
}

#[tokio::test]
async fn our_own_tokens_come_with_their_place_in_the_line() {
    let (line, ttl) = (Uuid::from_u128(7), Duration::from_mins(15));
    let token = our_tokens().issue(&pair(), line, 3, now(), ttl).unwrap();
    for shown in
        [Shown { bearer: Some(&token), ..Shown::default() }, Shown { cookie: Some(&token), ..Shown::default() }]
    {
        let identified = authenticator().identify(shown).await.unwrap();
        assert!(matches!(&identified.identity, Identity::Known(known) if known.bound == Some(pair())));
        let expires = now() + ttl;
        let expected = SessionToken { bound: pair(), line, generation: 3, expires, lapsed: false };
        assert_eq!(identified.session_token, Some(expected));
    }
    let earlier = now() - jiff::SignedDuration::from_mins(17);
    let lapsed = our_tokens().issue(&pair(), line, 3, earlier, ttl).unwrap();
    assert!(matches!(bearer(&lapsed).await, Identity::Lapsed(_)));
}

#[tokio::test]
async fn what_is_shown_on_purpose_counts_before_what_comes_along() {
    let cookie = our_tokens().issue(&pair(), Uuid::from_u128(7), 1, now(), Duration::from_mins(15)).unwrap();
    let shown = Shown { api_key: Some(API_KEY), cookie: Some(&cookie), ..Shown::default() };
    let identified = authenticator().identify(shown).await.unwrap();
    assert_eq!(identified.identity, Identity::Known(Principal::service("backend")));
}

/// The signature is checked once; the token's own end counts all the same, and new files forget it.
#[tokio::test]
async fn a_verified_token_is_remembered_until_the_callers_change() {
    let authenticator = authenticator();
    let token = hs(&browser("site"));
    let identify =
        async || authenticator.identify(Shown { bearer: Some(&token), ..Shown::default() }).await.unwrap().identity;
    assert_eq!(identify().await, identify().await);
    authenticator.replace(crate::callers::Callers::default(), None).unwrap();
    assert_eq!(identify().await, Identity::Refused);
}

/// It is remembered with what it is: a site's token is no cookie, however good it was found.
#[tokio::test]
async fn what_is_remembered_of_a_token_counts_only_where_the_token_does() {
    let authenticator = authenticator();
    let identify = async |shown| authenticator.identify(shown).await.unwrap();
    let by_bearer = |token| Shown { bearer: Some(token), ..Shown::default() };
    let by_cookie = |token| Shown { cookie: Some(token), ..Shown::default() };

    let of_the_site = hs(&browser("site"));
    assert!(matches!(identify(by_bearer(&of_the_site)).await.identity, Identity::Known(_)));
    assert_eq!(identify(by_cookie(&of_the_site)).await.identity, Identity::Nobody);

    let ours = our_tokens().issue(&pair(), Uuid::from_u128(7), 3, now(), Duration::from_mins(15)).unwrap();
    let first = identify(by_bearer(&ours)).await;
    assert_eq!(first.session_token.as_ref().map(|token| token.generation), Some(3));
    assert_eq!((identify(by_bearer(&ours)).await, identify(by_cookie(&ours)).await), (first.clone(), first));
}
