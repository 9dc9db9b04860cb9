//! A table of attacks. None of them may make anybody known.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use proptest::prelude::*;
use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData as _};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

use super::given::{
    API_KEY, GIVEN, NOW, OUR_SECRET, authenticator, browser, hs, now, our_tokens, service, signed, with,
};
use crate::auth::{OUR_ISSUER, SessionTokens, Shown};
use crate::domain::ids::ResumeKey;
use crate::domain::principal::{Bound, Identity};

fn b64(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with this header, signed with the site's secret all the same.
fn headed(header: &Value, claims: &Value) -> String {
    let good = hs(claims);
    let signature = {
        // What the secret makes of these very bytes.
        let message = format!("{}.{}", b64(header), b64(claims));
        hmac(super::given::SECRET.as_bytes(), message.as_bytes())
    };
    assert_ne!(good, "");
    format!("{}.{}.{signature}", b64(header), b64(claims))
}

fn hmac(secret: &[u8], message: &[u8]) -> String {
    jsonwebtoken::crypto::sign(message, &EncodingKey::from_secret(secret), Algorithm::HS256).unwrap()
}

fn swapped(part: usize, token: &str, other: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[part] = other.split('.').nth(part).unwrap();
    parts.join(".")
}

/// Tokens as they would be shown in `Authorization: Bearer`, each with its name.
#[expect(clippy::too_many_lines, reason = "a table")]
fn tokens() -> Vec<(&'static str, String)> {
    let good = hs(&browser("site"));
    let rsa = signed(&GIVEN.rsa, &service("rsa"));
    let (header, claims) = (json!({"alg": "HS256", "typ": "JWT"}), browser("site"));
    let rsa_claims = service("rsa");
    let rsa_public = GIVEN.rsa.pair.public_key_pem();
    let public_as_secret = |alg: &str, secret: &[u8]| {
        let message = format!("{}.{}", b64(&json!({"alg": alg, "typ": "JWT"})), b64(&rsa_claims));
        let signature = hmac(secret, message.as_bytes());
        format!("{message}.{signature}")
    };
    let none = |alg: &str, signature: &str| format!("{}.{}.{signature}", b64(&json!({"alg": alg})), b64(&claims));
    let changed = |name: &str, value: Value| hs(&with(browser("site"), name, value));
    let service_changed = |name: &str, value: Value| signed(&GIVEN.rsa, &with(service("rsa"), name, value));
    let ours = our_tokens();
    let key = Bound::Key(ResumeKey::parse("k").unwrap());
    let issue = |tokens: &SessionTokens, generation, ttl| {
        tokens.issue(&key, Uuid::from_u128(1), generation, now(), ttl).unwrap()
    };
    let fine = issue(&ours, 1, Duration::from_mins(15));
    let others = SessionTokens::new(&[b"a-secret-of-somebody-else-altogether!!"]).unwrap();
    let plainly_typed = |claims: &Value| {
        encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(OUR_SECRET.as_bytes())).unwrap()
    };
    let typed = |claims: &Value| {
        let header = Header { typ: Some("session-resumption+jwt".to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, claims, &EncodingKey::from_secret(OUR_SECRET.as_bytes())).unwrap()
    };
    let our_claims = json!({"iss": OUR_ISSUER, "iat": NOW, "exp": NOW + 60, "line": Uuid::from_u128(1).to_string(), "gen": 1, "rk": "k"});
    vec![
        ("nothing", String::new()),
        ("a blank", " ".to_owned()),
        ("no token", "hunter2".to_owned()),
        ("dots alone", "..".to_owned()),
        ("four parts", format!("{good}.x")),
        ("two parts", good.rsplit_once('.').unwrap().0.to_owned()),
        ("no signature", format!("{}.", good.rsplit_once('.').unwrap().0)),
        ("a shorter signature", good[..good.len() - 4].to_owned()),
        ("a longer signature", format!("{good}AAAA")),
        ("a padded signature", format!("{good}=")),
        ("a line break behind", format!("{good}\n")),
        ("a blank before", format!(" {good}")),
        ("another case", good.to_uppercase()),
        ("a null character", format!("{good}\0")),
        ("a letter that looks alike", good.replace('e', "\u{435}")),
        ("standard base64", good.replace('_', "/").replace('-', "+") + "/"),
        ("another's claims", swapped(1, &good, &hs(&with(browser("site"), "sub", json!("visitor-2"))))),
        ("another's header", swapped(0, &good, &rsa)),
        ("another's signature", swapped(2, &good, &hs(&with(browser("site"), "sub", json!("visitor-2"))))),
        ("signed by a stranger", encode(&Header::default(), &claims, &EncodingKey::from_secret(&[b'x'; 40])).unwrap()),
        ("signed with nothing", encode(&Header::default(), &claims, &EncodingKey::from_secret(b"")).unwrap()),
        (
            "signed with our own secret",
            encode(&Header::default(), &claims, &EncodingKey::from_secret(OUR_SECRET.as_bytes())).unwrap(),
        ),
        (
            "HS384 with the right secret",
            encode(&Header::new(Algorithm::HS384), &claims, &EncodingKey::from_secret(super::given::SECRET.as_bytes()))
                .unwrap(),
        ),
        (
            "HS512 with the right secret",
            encode(&Header::new(Algorithm::HS512), &claims, &EncodingKey::from_secret(super::given::SECRET.as_bytes()))
                .unwrap(),
        ),
        ("alg none", none("none", "")),
        ("alg None", none("None", "")),
        ("alg NONE", none("NONE", "")),
        ("alg nOnE with a signature", none("nOnE", "AAAA")),
        ("alg empty", none("", "")),
        ("alg missing", format!("{}.{}.", b64(&json!({"typ": "JWT"})), b64(&claims))),
        ("alg a number", format!("{}.{}.", b64(&json!({"alg": 0})), b64(&claims))),
        ("alg a list", format!("{}.{}.", b64(&json!({"alg": ["HS256", "none"]})), b64(&claims))),
        ("alg twice", format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","alg":"none"}"#), b64(&claims))),
        ("a critical extension", headed(&with(header.clone(), "crit", json!(["exp"])), &claims)),
        ("a critical extension, empty", headed(&with(header.clone(), "crit", json!([])), &claims)),
        ("compressed", headed(&with(header.clone(), "zip", json!("DEF")), &claims)),
        ("encrypted", headed(&with(header.clone(), "enc", json!("A256GCM")), &claims)),
        ("the public key as a secret", public_as_secret("HS256", rsa_public.as_bytes())),
        ("the public key as a secret, trimmed", public_as_secret("HS256", rsa_public.trim().as_bytes())),
        ("the public key's bytes as a secret", public_as_secret("HS256", &GIVEN.rsa.pair.subject_public_key_info())),
        ("HMAC that says RS256", public_as_secret("RS256", rsa_public.as_bytes())),
        ("another's RSA key", signed(&GIVEN.strangers_rsa, &service("rsa"))),
        (
            "RS384 with the right key",
            encode(&Header::new(Algorithm::RS384), &service("rsa"), &GIVEN.rsa.key()).unwrap(),
        ),
        (
            "PS256 with the right key",
            encode(&Header::new(Algorithm::PS256), &service("rsa"), &GIVEN.rsa.key()).unwrap(),
        ),
        ("a key that the token brings along", {
            let mut header = Header::new(Algorithm::RS256);
            header.jku = Some("http://127.0.0.1:1/keys".to_owned());
            header.x5u = header.jku.clone();
            encode(&header, &service("rsa"), &GIVEN.strangers_rsa.key()).unwrap()
        }),
        ("a key name that is a path", {
            let header = Header { kid: Some("../../../dev/null".to_owned()), ..Header::new(Algorithm::HS256) };
            encode(&header, &claims, &EncodingKey::from_secret(b"")).unwrap()
        }),
        ("ES256 by the RSA issuer", signed(&GIVEN.ec, &service("rsa"))),
        ("EdDSA by the ES256 issuer", signed(&GIVEN.ed, &service("ec"))),
        ("RS256 by the EdDSA issuer", signed(&GIVEN.rsa, &browser("ed"))),
        ("an unknown issuer", hs(&browser("nobody"))),
        ("an issuer's name in another case", hs(&browser("Site"))),
        ("an issuer with a slash behind", hs(&browser("site/"))),
        ("no issuer", changed("iss", json!(null))),
        ("a list of issuers", changed("iss", json!(["site"]))),
        ("another audience", changed("aud", json!("other"))),
        ("no audience", changed("aud", json!(null))),
        ("an empty audience", changed("aud", json!([]))),
        ("an audience of numbers", changed("aud", json!([1]))),
        ("an audience that begins like ours", changed("aud", json!("sr3"))),
        ("an audience in an object", changed("aud", json!({"sr": true}))),
        ("long expired", changed("exp", json!(NOW - 10_000))),
        ("never expiring", changed("exp", json!(null))),
        ("expiring in words", changed("exp", json!("2099-01-01"))),
        ("expiring in a text of digits", changed("exp", json!((NOW + 60).to_string()))),
        ("expiring beyond all time", changed("exp", json!(1e300))),
        ("expiring in milliseconds before 1970", changed("exp", json!(-1))),
        ("expiring true", changed("exp", json!(true))),
        ("not yet good", changed("nbf", json!(NOW + 3_600))),
        ("not before in words", changed("nbf", json!("now"))),
        ("issued in the future", changed("iat", json!(NOW + 3_600))),
        ("issued in words", changed("iat", json!("yesterday"))),
        ("no name", changed("sub", json!(null))),
        ("a name that is a number", changed("sub", json!(7))),
        ("an empty name", changed("sub", json!(""))),
        ("a name with a line break", changed("sub", json!("a\nb"))),
        ("a name without end", changed("sub", json!("a".repeat(129)))),
        ("no session", changed("conversation_id", json!(null))),
        ("half a session", changed("participant_id", json!(null))),
        ("two sessions", changed("resume_key", json!("k-1"))),
        ("a session that is a number", changed("conversation_id", json!(1))),
        ("a session that is a list", changed("conversation_id", json!(["c-1", "c-2"]))),
        ("a session that is a path", changed("conversation_id", json!("../c-2"))),
        ("a session that is everything", changed("conversation_id", json!("*"))),
        ("an empty session", changed("conversation_id", json!(""))),
        ("without what its issuer must say", service_changed("jti", json!(null))),
        ("claims that are a list", {
            let message = format!("{}.{}", b64(&header), b64(&json!([claims])));
            let signature = hmac(super::given::SECRET.as_bytes(), message.as_bytes());
            format!("{message}.{signature}")
        }),
        ("longer than is looked at", changed("padding", json!("x".repeat(9_000)))),
        ("nested without end", format!("{}.{}.AAAA", b64(&header), URL_SAFE_NO_PAD.encode("[".repeat(5_000)))),
        ("ours by another secret", issue(&others, 1, Duration::from_mins(15))),
        (
            "ours, long over",
            ours.issue(
                &key,
                Uuid::from_u128(1),
                1,
                now() - jiff::SignedDuration::from_hours(2),
                Duration::from_mins(1),
            )
            .unwrap(),
        ),
        ("ours, cut", fine[..fine.len() - 1].to_owned()),
        ("ours by another name", typed(&with(our_claims.clone(), "iss", json!("site")))),
        ("ours without its type", plainly_typed(&our_claims)),
        ("ours without a line", typed(&with(our_claims.clone(), "line", json!(null)))),
        ("ours with a line that is none", typed(&with(our_claims.clone(), "line", json!("x")))),
        ("ours without a generation", typed(&with(our_claims.clone(), "gen", json!(null)))),
        ("ours of generation minus one", typed(&with(our_claims.clone(), "gen", json!(-1)))),
        ("ours for two sessions", typed(&with(with(our_claims.clone(), "cid", json!("c")), "pid", json!("p")))),
        ("ours for no session", typed(&with(our_claims.clone(), "rk", json!(null)))),
        ("the site's secret, as ours", {
            let header = Header { typ: Some("session-resumption+jwt".to_owned()), ..Header::default() };
            encode(&header, &our_claims, &EncodingKey::from_secret(super::given::SECRET.as_bytes())).unwrap()
        }),
    ]
}

fn keys() -> Vec<(&'static str, String)> {
    let hash = GIVEN.callers.api_keys[0].hash.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    vec![
        ("no key", String::new()),
        ("another key", "sr_x".to_owned()),
        ("the hash itself", hash),
        ("the key and more", format!("{API_KEY}0")),
        ("less than the key", API_KEY[..API_KEY.len() - 1].to_owned()),
        ("the key in another case", API_KEY.to_uppercase()),
        ("the key with a blank", format!("{API_KEY} ")),
        ("the caller's name", "backend".to_owned()),
        ("a key without end", "x".repeat(100_000)),
    ]
}

fn certificates() -> Vec<(&'static str, Vec<u8>)> {
    let made = |names: &[&str], common: &str| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    };
    vec![
        ("a certificate of another", made(&["other.example"], "x")),
        ("the name as a common name alone", made(&[], "billing.example")),
        ("a name below ours", made(&["a.billing.example"], "x")),
        ("a name that ends like ours", made(&["xbilling.example"], "x")),
        ("a wildcard over ours", made(&["*.example"], "x")),
        ("ours in another case", made(&["Billing.example"], "x")),
        ("no certificate at all", b"certificate".to_vec()),
        ("an empty certificate", Vec::new()),
    ]
}

#[tokio::test]
async fn whatever_is_tried() {
    let authenticator = authenticator();
    let mut tried = 0;
    let mut admitted = Vec::new();
    let mut judge = |name: &'static str, identity: Identity| {
        tried += 1;
        if !matches!(identity, Identity::Nobody | Identity::Refused) {
            admitted.push(name);
        }
    };
    for (name, token) in tokens() {
        let shown = Shown { bearer: Some(&token), ..Shown::default() };
        judge(name, authenticator.identify(shown).await.unwrap().identity);
        let shown = Shown { cookie: Some(&token), ..Shown::default() };
        judge(name, authenticator.identify(shown).await.unwrap().identity);
    }
    for (name, key) in keys() {
        judge(name, authenticator.identify(Shown { api_key: Some(&key), ..Shown::default() }).await.unwrap().identity);
    }
    for (name, certificate) in certificates() {
        let chain = [CertificateDer::from(certificate)];
        judge(name, authenticator.identify(Shown { certificates: &chain, ..Shown::default() }).await.unwrap().identity);
    }
    let good = hs(&browser("site"));
    judge(
        "two credentials at once",
        authenticator
            .identify(Shown { bearer: Some(&good), api_key: Some(API_KEY), ..Shown::default() })
            .await
            .unwrap()
            .identity,
    );
    judge(
        "another issuer's good token as a cookie",
        authenticator.identify(Shown { cookie: Some(&good), ..Shown::default() }).await.unwrap().identity,
    );
    judge("nothing at all", authenticator.identify(Shown::default()).await.unwrap().identity);
    println!("{tried} attacks tried, {} admitted", admitted.len());
    assert!(tried > 200 && admitted.is_empty(), "{admitted:?}");
}

/// What a browser shows in vain leads it to sign in; what nobody knows, or no browser has, is refused.
#[tokio::test]
async fn a_browser_is_told_to_sign_in_and_others_are_refused() {
    let authenticator = authenticator();
    for (token, expected) in [
        (hs(&with(browser("site"), "exp", json!(NOW - 10_000))), Identity::Nobody),
        (hs(&with(browser("site"), "aud", json!("x"))), Identity::Nobody),
        (signed(&GIVEN.rsa, &with(service("rsa"), "exp", json!(NOW - 10_000))), Identity::Refused),
        (hs(&browser("nobody")), Identity::Refused),
        ("hunter2".to_owned(), Identity::Refused),
    ] {
        assert_eq!(
            authenticator.identify(Shown { bearer: Some(&token), ..Shown::default() }).await.unwrap().identity,
            expected
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A token with a letter changed somewhere is no token.
    #[test]
    fn whatever_is_changed(which in 0_usize..4, at: prop::sample::Index, letter in "[A-Za-z0-9_.-]") {
        let token = [
            hs(&browser("site")),
            signed(&GIVEN.ed, &browser("ed")),
            signed(&GIVEN.ec, &service("ec")),
            our_tokens().issue(&Bound::Key(ResumeKey::parse("k").unwrap()), Uuid::from_u128(1), 1, now(), Duration::from_mins(15)).unwrap(),
        ][which].clone();
        let at = at.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(at..=at, &letter);
        // The last letter of base64 may carry bits that nobody reads: refused as well, or it is the same token.
        prop_assume!(changed != token);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let identity = runtime.block_on(authenticator().identify(Shown { bearer: Some(&changed), ..Shown::default() })).unwrap().identity;
        prop_assert!(matches!(identity, Identity::Nobody | Identity::Refused), "{identity:?}");
    }

    #[test]
    fn whatever_is_invented(text in ".{0,400}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for shown in [
            Shown { bearer: Some(&text), ..Shown::default() },
            Shown { cookie: Some(&text), ..Shown::default() },
            Shown { api_key: Some(&text), ..Shown::default() },
        ] {
            let identity = runtime.block_on(authenticator().identify(shown)).unwrap().identity;
            prop_assert!(matches!(identity, Identity::Nobody | Identity::Refused));
        }
    }
}
