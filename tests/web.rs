//! The service as foreign clients meet it. What they ask is in `tests/web/`, for Node.js; what they ask it of is started here.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "web/envoy.rs"]
mod envoy;
#[path = "web/pages.rs"]
mod pages;
#[allow(dead_code, reason = "shared with the tests of the command line")]
#[path = "cli/process.rs"]
mod process;
#[path = "support/redis/mod.rs"]
mod servers;
#[path = "web/stage.rs"]
mod stage;
#[allow(dead_code, unused_imports, reason = "shared with the tests of the API")]
#[path = "it/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "shared with the tests of the API")]
#[path = "it/topology/alone.rs"]
mod topology;

use stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_connect() {
    Stage::set().await.ask("connect.test.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_openapi_document_says_of_it() {
    Stage::set().await.ask("openapi.test.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curl() {
    Stage::set().await.ask("curl.test.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buf_curl() {
    Stage::set().await.ask("buf.test.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_web_as_envoy_has_it() {
    Stage::set().await.and_envoy().await.ask("envoy.test.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_in_a_browser() {
    Stage::set().await.ask("browser.test.js").await;
}
