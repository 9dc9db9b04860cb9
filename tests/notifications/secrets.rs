//! Nothing of what frames say, and no way to hear them, reaches the log.

use std::io;
use std::sync::{Arc, Mutex};

use session_resumption::domain::mirror::News;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::clock::{pass, until};
use crate::rig::{Rig, SECOND, listening, queue_topic};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_holds_no_secrets_and_names_a_missing_permission_once() {
    let log = Log::default();
    let filter = EnvFilter::new("trace,hyper=info,h2=info,mio=info,genesys_sim=off,axum=off");
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let rig = Rig::new().await;
    rig.control.forbid_topic(queue_topic("b"), "conversation:webmessaging:view");
    let _replica = rig.replica(listening(&["a", "b"], &[]));
    let first = rig.feed().await;
    rig.happens("a", "c-1");
    assert!(matches!(rig.news_of("c-1").await, News::Whole { .. }));
    rig.control.push_text("<html>the-text");
    until("a gap", || rig.gaps("malformed") == 1).await;
    rig.control.cut_channel_sockets();
    until("a gap", || rig.gaps("closed") == 1).await;
    pass(SECOND).await;
    rig.feed_after(first).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for secret in ["streaming-0-", "/channels/", "connectUri", "the-text", "sim-secret", "c-1", "p-1"] {
        assert!(!log.contains(secret), "{secret} in:\n{log}");
    }
    assert_eq!(log.matches("conversation:webmessaging:view").count(), 1, "{log}");
    for said in ["listening to genesys", "cause=\"closed\""] {
        assert!(log.contains(said), "{said} not in:\n{log}");
    }
}
