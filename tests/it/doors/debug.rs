//! What the admin port shows operators, and nobody else.

use http::StatusCode;
use reqwest::{Client, Method};

use super::callers::{KEYS, Known};
use crate::support::Harness;

async fn ask(harness: &Harness, method: Method, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = Client::new().request(method, format!("{}{path}", harness.admin)).body("debug");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_the_configuration_without_its_secrets() {
    let known = Known::start(&[]).await;
    let operator = ("x-api-key", KEYS[2].1);
    let (status, config) = ask(&known.harness, Method::GET, "/debug/config", &[operator]).await;
    assert_eq!(status, StatusCode::OK, "{config}");
    assert!(config.contains("client_secret = \"[redacted]\"") && config.contains("[limits]"), "{config}");
    assert!(!config.contains(&genesys_sim::SimOptions::default().client_secret), "{config}");
    known.harness.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_or_changes_anything() {
    let known = Known::start(&[]).await;
    for (method, path) in [(Method::GET, "/debug/config"), (Method::PUT, "/debug/log-level")] {
        for (headers, expected) in [
            (&[][..], StatusCode::UNAUTHORIZED),
            (&[("x-api-key", "key-of-nobody")], StatusCode::UNAUTHORIZED),
            (&[("x-api-key", KEYS[0].1)], StatusCode::FORBIDDEN),
            (&[("x-api-key", KEYS[1].1)], StatusCode::FORBIDDEN),
        ] {
            let (status, told) = ask(&known.harness, method.clone(), path, headers).await;
            assert_eq!(status, expected, "{path} {headers:?}: {told}");
            assert!(!told.contains("client_secret"), "{told}");
        }
    }
    known.harness.stop().await.unwrap();
}

/// Where nobody is named, whoever runs programs on this host is the operator; a page in a browser there is not.
#[tokio::test(flavor = "multi_thread")]
async fn without_callers_this_host_is_trusted_and_a_page_is_not() {
    let harness = Harness::start().await;
    assert_eq!(ask(&harness, Method::GET, "/debug/config", &[]).await.0, StatusCode::OK);
    for header in ["origin", "x-forwarded-for", "sec-fetch-site"] {
        let (status, _) = ask(&harness, Method::GET, "/debug/config", &[(header, "http://127.0.0.1")]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{header}");
    }
    harness.stop().await.unwrap();
}
