//! Every scripted fault, as the caller meets it and as the ledger tells it.

use std::{error::Error, io, time::Duration};

use genesys_sim::{Fault, FaultScript, Route};
use reqwest::StatusCode;
use tokio::time::Instant;

use crate::support::{Harness, expect, json_of, until};

impl Harness {
    fn script(&self, route: Route, fault: Fault) {
        self.control.script_fault(FaultScript::once(route, fault)).unwrap();
    }

    fn attribute(&self, id: &str) -> Option<String> {
        self.control.conversation(id).unwrap().custom_attributes.get("key").cloned()
    }
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

#[tokio::test]
async fn a_status_is_answered_before_or_after_the_effect() {
    let h = Harness::start().await;
    for (after_effect, written) in [(false, None), (true, Some("v".to_owned()))] {
        let id = h.chat().conversation_id;
        h.script(Route::Patch, Fault::Status { code: 503, retry_after_s: Some(7), after_effect });
        let answer = h.patch(&id, "key", "v").send().await.unwrap();
        assert_eq!(answer.headers()["retry-after"], "7");
        assert_eq!(answer.headers()["inin-ratelimit-allowed"], "300");
        assert_eq!(json_of(answer, StatusCode::SERVICE_UNAVAILABLE).await["code"], "service.unavailable");
        assert_eq!(h.attribute(&id), written);
        let call = h.control.calls(Route::Patch).pop().unwrap();
        assert!(call.faulted);
        assert_eq!((call.effect_applied, call.status), (after_effect, Some(503)));
    }
}

#[tokio::test]
async fn statuses_have_the_platforms_codes() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    for (code, name) in [
        (401, "bad.credentials"),
        (403, "missing.permissions"),
        (404, "not.found"),
        (408, "request.timeout"),
        (409, "general.conflict"),
        (429, "too.many.requests.retry.after"),
        (500, "internal.server.error"),
        (502, "internal.server.error"),
    ] {
        h.script(Route::AnyApi, Fault::Status { code, retry_after_s: None, after_effect: false });
        let body = expect(h.read(&id), StatusCode::from_u16(code).unwrap()).await;
        assert_eq!((&body["code"], &body["status"]), (&name.into(), &code.into()));
    }
}

#[tokio::test]
async fn the_login_host_fails_in_its_own_words() {
    let h = Harness::start().await;
    h.script(Route::Token, Fault::Status { code: 401, retry_after_s: None, after_effect: false });
    let body = expect(h.token_request(), StatusCode::UNAUTHORIZED).await;
    assert_eq!(body["error"], "invalid_client");
    expect(h.token_request(), StatusCode::OK).await;
}

#[tokio::test]
async fn a_script_skips_then_hits_then_is_gone() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    let fault = Fault::Status { code: 500, retry_after_s: None, after_effect: false };
    h.control.script_fault(FaultScript { route: Route::Read, times: 2, skip: 1, fault }).unwrap();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(h.read(&id).send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
}

#[tokio::test]
async fn an_outage_ends_when_its_script_is_cleared() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    let fault = Fault::Reset { after_effect: false };
    h.control.script_fault(FaultScript { route: Route::AnyApi, times: u32::MAX, skip: 0, fault }).unwrap();
    assert!(h.read(&id).send().await.is_err());
    assert!(h.read(&id).send().await.is_err());
    h.control.clear_faults();
    expect(h.read(&id), StatusCode::OK).await;
}

#[tokio::test]
async fn a_refused_call_uses_up_no_fault() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.script(Route::Read, Fault::Status { code: 500, retry_after_s: None, after_effect: false });
    expect(h.read(&format!("{id}?a=b")), StatusCode::BAD_REQUEST).await;
    expect(h.read(&id), StatusCode::INTERNAL_SERVER_ERROR).await;
}

#[tokio::test]
async fn a_delay_holds_the_answer_back() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    for after_effect in [false, true] {
        h.script(Route::Patch, Fault::Delay { ms: 40, after_effect });
        let start = Instant::now();
        expect(h.patch(&id, "key", "v"), StatusCode::OK).await;
        assert!(start.elapsed() >= Duration::from_millis(40));
    }
}

#[tokio::test]
async fn the_work_may_be_done_long_before_the_answer() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.script(Route::Patch, Fault::Delay { ms: 60_000, after_effect: true });
    let caller = tokio::spawn(h.patch(&id, "key", "v").send());
    until(|| h.attribute(&id).is_some()).await;
    assert!(!caller.is_finished());
    caller.abort();
}

#[tokio::test]
async fn the_work_is_done_even_if_the_caller_has_left() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.script(Route::Patch, Fault::Delay { ms: 100, after_effect: false });
    let caller = tokio::spawn(h.patch(&id, "key", "v").send());
    until(|| h.control.ledger().len() == 1).await;
    caller.abort();
    until(|| h.attribute(&id).is_some()).await;
}

#[tokio::test]
async fn a_reset_is_a_connection_error_before_or_after_the_effect() {
    let h = Harness::start().await;
    for after_effect in [false, true] {
        let id = h.chat().conversation_id;
        h.script(Route::Patch, Fault::Reset { after_effect });
        let error = h.patch(&id, "key", "v").send().await.unwrap_err();
        assert_eq!(io_kind(&error), Some(io::ErrorKind::ConnectionReset), "{error:?}");
        assert_eq!(h.attribute(&id).is_some(), after_effect);
        let call = h.control.calls(Route::Patch).pop().unwrap();
        assert_eq!((call.status, call.effect_applied, call.faulted), (None, after_effect, true));
    }
    let id = h.chat().conversation_id;
    expect(h.patch(&id, "key", "v"), StatusCode::OK).await;
}

#[tokio::test]
async fn a_truncated_answer_arrives_in_part() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.script(Route::Patch, Fault::Truncate);
    let mut answer = h.patch(&id, "key", "v").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let announced = answer.content_length().unwrap();
    let arrived = answer.chunk().await.unwrap().unwrap();
    assert!(!arrived.is_empty() && u64::try_from(arrived.len()).unwrap() < announced);
    assert!(answer.chunk().await.is_err());
    assert_eq!(h.attribute(&id).as_deref(), Some("v"));
    assert_eq!(h.control.calls(Route::Patch)[0].status, Some(200));
}

#[tokio::test]
async fn a_malformed_answer_is_not_json() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.script(Route::Patch, Fault::Malformed);
    let answer = h.patch(&id, "key", "v").send().await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["content-type"]),
        (StatusCode::OK, &"application/json".parse().unwrap())
    );
    assert!(answer.json::<serde_json::Value>().await.unwrap_err().is_decode());
    assert_eq!(h.attribute(&id).as_deref(), Some("v"));
}

#[tokio::test]
async fn an_arbitrary_body_comes_instead_of_the_work() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    let page = "<h1>maintenance</h1>".to_owned();
    h.script(Route::Patch, Fault::Body { status: 502, content_type: "text/html".to_owned(), body: page.clone() });
    let answer = h.patch(&id, "key", "v").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(answer.headers()["content-type"], "text/html");
    assert_eq!(answer.text().await.unwrap(), page);
    assert_eq!(h.attribute(&id), None);
}

#[tokio::test]
async fn a_hanging_call_does_nothing_and_then_fails() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.script(Route::Patch, Fault::Hang { ms: 30 });
    expect(h.patch(&id, "key", "v"), StatusCode::GATEWAY_TIMEOUT).await;
    assert_eq!(h.attribute(&id), None);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_hanging_call() {
    let h = Harness::start().await;
    let id = h.chat().conversation_id;
    h.script(Route::Read, Fault::Hang { ms: 60_000 });
    let hanging = tokio::spawn(h.read(&id).send());
    until(|| h.control.ledger().len() == 1).await;
    let start = Instant::now();
    h.sim.stop().await;
    assert!(hanging.await.unwrap().is_err());
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_ledger_counts_calls_in_flight_together() {
    let h = Harness::start().await;
    let (id, other) = (h.chat().conversation_id, h.chat().conversation_id);
    h.script(Route::Patch, Fault::Delay { ms: 60_000, after_effect: false });
    let first = tokio::spawn(h.patch(&id, "key", "v").send());
    until(|| h.control.ledger().len() == 1).await;
    expect(h.patch(&id, "key", "v"), StatusCode::OK).await;
    expect(h.patch(&other, "key", "v"), StatusCode::OK).await;
    expect(h.read(&id), StatusCode::OK).await;
    let in_flight: Vec<_> = h.control.ledger().iter().map(|call| call.in_flight).collect();
    assert_eq!(in_flight, [0, 1, 0, 0]);
    assert_eq!(h.control.ledger()[0].status, None, "not yet answered");
    h.sim.stop().await;
    assert!(first.await.unwrap().is_err());
}
