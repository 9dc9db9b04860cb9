//! What an operator has to mend is told in the log, and nothing that must not be there.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use genesys_sim::Route;
use session_resumption::ports::{Post, UpstreamError};
use tracing::subscriber::set_default;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{MARKER, Rig, body};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

#[tokio::test]
async fn a_missing_permission_and_a_call_for_people_are_told_apart() {
    let rig = Rig::new().await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
    let _guard = set_default(subscriber.finish());
    rig.genesys.sign_in().await.unwrap();
    log.take();

    rig.control.set_missing_permissions(vec!["conversation:message:create".to_owned()]);
    assert_eq!(rig.post(&rig.marker()).await, Err(UpstreamError::Forbidden));
    let lacks = log.take();
    assert!(lacks.contains("WARN") && lacks.contains("a permission is missing"), "{lacks}");
    assert!(lacks.contains("conversation:message:create"), "{lacks}");

    rig.control.set_missing_permissions(Vec::new());
    let unfit = r#"{"message": "This request requires a user context. Client credentials cannot be used for requests to this resource.", "code": "bad.request", "status": 400}"#;
    rig.fault(Route::PlatformAgentless, 1, body(400, unfit));
    assert_eq!(rig.post(&rig.marker()).await, Err(UpstreamError::Forbidden), "the text is not at fault");
    let needs_user = log.take();
    assert!(needs_user.contains("WARN") && needs_user.contains("it requires a user context"), "{needs_user}");
    assert!(!needs_user.contains("a permission is missing"), "{needs_user}");

    let quoting = format!(r#"{{"message": "no {MARKER} for sim-secret", "status": 403}}"#);
    rig.fault(Route::PlatformAgentless, 1, body(403, &quoting));
    let _ = rig.post(&Post { text: MARKER.to_owned(), ..rig.marker() }).await;
    let all = [lacks, needs_user, log.take()].concat();
    for secret in [MARKER, "sim-secret", rig.id.as_str(), &rig.created.external_contact_id, "Bearer"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    rig.assert_described();
}
