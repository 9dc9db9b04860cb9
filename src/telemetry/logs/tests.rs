//! Levels that change, and lines that say what they belong to.

use std::io::{self, Write};
use std::sync::Mutex;

use super::*;
use crate::telemetry::traces;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn lines(&self) -> Vec<serde_json::Value> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn written(audit: Audit) -> (Written, Dispatch, Levels) {
    let written = Written::default();
    let writer = written.clone();
    let (subscriber, levels) = subscriber(LevelFilter::INFO, audit, Form::Json, move || writer.clone(), None);
    (written, subscriber, levels)
}

fn logged(written: &Written) -> Vec<String> {
    tracing::error!("error");
    tracing::info!("info");
    tracing::debug!("debug");
    tracing::info!(target: "audit", "audit");
    written.lines().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}

/// All in one test: what one thread wants of a line of code may be remembered for all.
#[test]
fn levels_change_while_the_process_runs_and_the_audit_record_stays() {
    let (kept, subscriber, levels) = written(Audit::Kept);
    let _other = Dispatch::new(tracing_subscriber::registry());
    tracing::dispatcher::with_default(&subscriber, || {
        assert_eq!(logged(&kept), ["error", "info", "audit"]);
        for (directives, expected) in [
            ("debug", &["error", "info", "debug", "audit"][..]),
            ("session_resumption=debug", &["error", "info", "debug", "audit"]),
            ("error", &["error", "audit"]),
            ("error,audit=off", &["error", "audit"]),
            ("off", &["audit"]),
            ("audit=off", &["audit"]),
            ("audit=trace,info", &["error", "info", "audit"]),
            ("", &["error", "info", "audit"]),
        ] {
            levels.set(directives).unwrap();
            assert_eq!(logged(&kept), expected, "{directives:?}");
        }
        for nonsense in ["session_resumption=loud", "a=b=c", "[", "info,,=x"] {
            assert!(levels.set(nonsense).is_err(), "{nonsense:?}");
        }
        assert_eq!(logged(&kept), ["error", "info", "audit"], "a mistake changes nothing");
    });
    drop(subscriber);
    assert!(levels.set("info").is_err(), "nobody writes any more");

    let (free, subscriber, levels) = written(Audit::Logged);
    tracing::dispatcher::with_default(&subscriber, || {
        levels.set("warn").unwrap();
        assert_eq!(logged(&free), ["error"]);
    });
}

#[test]
fn lines_carry_the_name_of_their_request() {
    let (written, subscriber, _levels) = written(Audit::Kept);
    let _other = Dispatch::new(tracing_subscriber::registry());
    tracing::dispatcher::with_default(&subscriber, || {
        let call = tracing::error_span!("call", request_id = tracing::field::Empty, other = "not shown");
        call.in_scope(|| tracing::info!("unnamed"));
        call.record("request_id", "r-\"1\"");
        call.in_scope(|| tracing::error_span!("inner").in_scope(|| tracing::info!(answer = 42, "named")));
        tracing::info!("outside");
    });
    let lines = written.lines();
    let of = |n: usize| (lines[n]["message"].as_str().unwrap(), lines[n].get("request_id").cloned());
    assert_eq!(of(0), ("unnamed", None));
    assert_eq!(of(1), ("named", Some("r-\"1\"".into())));
    assert_eq!(of(2), ("outside", None));
    assert_eq!(lines[1]["answer"], 42);
    assert!(
        lines
            .iter()
            .all(|line| line.get("span").is_none() && line.get("spans").is_none() && !line["timestamp"].is_null())
    );
}

#[tokio::test]
async fn nobody_listens_to_what_is_not_logged() {
    let settings =
        traces::Settings { endpoint: "http://127.0.0.1:9".parse().unwrap(), protocol: traces::Protocol::Http };
    let traces = traces::install(&settings).unwrap();
    for traces in [None, Some(&traces)] {
        let (subscriber, _) = joined(EnvFilter::new("info"), Form::Json, io::sink, traces);
        assert_eq!(subscriber.max_level_hint(), Some(LevelFilter::INFO));
    }
}
