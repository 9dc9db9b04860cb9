//! Findings, by what was seen.

use serde_json::{Value, json};

use super::*;
use crate::genesys::check::Verdict;

fn seen(status: u16, body: Value) -> Seen {
    Seen { status, date: None, rate: None, lacking: None, knows_of_none: status == 404, body }
}

#[test]
fn a_clock_is_judged_by_how_far_it_is_from_genesys() {
    let here: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    for (there, verdict) in [
        ("2026-03-01T09:00:00Z", Verdict::Good),
        ("2026-03-01T08:59:55Z", Verdict::Good),
        ("2026-03-01T09:00:05.999Z", Verdict::Good),
        ("2026-03-01T09:00:06Z", Verdict::Doubtful),
        ("2026-03-01T08:59:00Z", Verdict::Doubtful),
        ("2026-03-01T08:58:59Z", Verdict::Bad),
        ("2026-03-01T09:01:01Z", Verdict::Bad),
    ] {
        assert_eq!(clocks(Some(there.parse().unwrap()), here).verdict, verdict, "{there}");
    }
    assert_eq!(clocks(None, here).verdict, Verdict::Doubtful);
    assert_eq!(clocks(Some(Timestamp::MIN), Timestamp::MAX).verdict, Verdict::Bad);
}

#[test]
fn a_budget_is_held_to_what_is_allowed() {
    let limited = |rate| Seen { status: 200, date: None, rate, lacking: None, knows_of_none: false, body: Value::Null };
    assert_eq!(rate(&limited(Some((300, 12))), 300).verdict, Verdict::Good);
    let over = rate(&limited(Some((100, 12))), 300);
    assert_eq!(over.verdict, Verdict::Bad);
    assert!(over.todo.unwrap().contains("genesys.budget_per_minute to 100"));
    assert_eq!(rate(&limited(None), 300).verdict, Verdict::Doubtful);
}

#[test]
fn a_timeline_is_that_of_web_messaging_or_else_the_default() {
    let day = Duration::from_hours(24);
    let of = |body| timeline(&Ok(seen(200, body)), day);
    let both = json!({"settings": [
        {"messengerType": "sms", "timeoutInMinutes": 5},
        {"messengerType": "WebMessaging", "timeoutInMinutes": 1440},
    ], "defaultTimeoutMinutes": 4320});
    assert_eq!(of(both).verdict, Verdict::Good);
    assert_eq!(of(json!({"settings": [], "defaultTimeoutMinutes": 1440})).verdict, Verdict::Good);
    let other = of(json!({"settings": [{"messengerType": "webmessaging", "timeoutInMinutes": 90}]}));
    assert_eq!(other.verdict, Verdict::Bad);
    assert!(other.todo.unwrap().contains("\"90m\""));
    for odd in [json!({}), json!([]), json!({"settings": [{"messengerType": "webmessaging", "timeoutInMinutes": "1"}]})]
    {
        assert_eq!(of(odd.clone()).verdict, Verdict::Doubtful, "{odd}");
    }
    let lacking = Seen { lacking: Some("conversation:threadingTimeline:view".to_owned()), ..seen(403, Value::Null) };
    assert!(timeline(&Ok(lacking), day).seen.contains("conversation:threadingTimeline:view"));
    assert_eq!(timeline(&Err(UpstreamError::Timeout), day).verdict, Verdict::Doubtful);
}

#[test]
fn topics_that_are_not_there_are_named() {
    let there = Ok(seen(200, json!({"entities": [{"id": "a"}, {"id": "b"}, {"name": "c"}]})));
    assert_eq!(topics(&there, &["a", "b"]).verdict, Verdict::Good);
    let missing = topics(&there, &["a", "c"]);
    assert_eq!((missing.verdict, missing.seen.as_str()), (Verdict::Bad, "not there: c"));
    assert_eq!(topics(&Ok(seen(500, Value::Null)), &["a"]).verdict, Verdict::Doubtful);
}

#[test]
fn an_api_is_genesys_only_if_it_says_so() {
    let named = Ok(seen(200, json!({"organization": {"name": "Acme"}})));
    assert!(reached(&named, true).seen.ends_with("Acme"));
    assert_eq!(reached(&Ok(seen(404, Value::Null)), true).verdict, Verdict::Bad);
    assert_eq!(reached(&Ok(seen(404, Value::Null)), false).verdict, Verdict::Good);
    let page = Seen { knows_of_none: false, ..seen(404, Value::Null) };
    assert_eq!(reached(&Ok(page), false).verdict, Verdict::Bad);
    assert_eq!(reached(&Err(UpstreamError::Unreachable), false).verdict, Verdict::Bad);
}
