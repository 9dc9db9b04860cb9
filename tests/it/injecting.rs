//! A message that Genesys will never take stands in nobody's way.

use genesys_sim::{Fault, FaultScript, Route};
use session_resumption::pb::inject_context_response::result::Outcome as Fate;
use session_resumption::pb::inject_context_response::{Outcome, Result as Written};
use tonic::Code;

use crate::support::{Chat, Harness, MARKER, Refusal};

fn fates(results: &[Written]) -> Vec<Fate> {
    results.iter().map(Written::outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_refused_for_good_is_named_and_can_be_left_out() {
    for code in [400, 413, 422] {
        let harness = Harness::start().await;
        let chat = Chat::live(&harness);
        let handshake = chat.confirmed().await;
        let refused = Fault::Status { code, retry_after_s: None, after_effect: false };
        // After the marker and the first message.
        harness
            .control
            .script_fault(FaultScript { route: Route::PostMessage, times: 1, skip: 2, fault: refused })
            .unwrap();
        let all = [("a", "one"), ("b", "two"), ("c", "three")];
        let refusal = Refusal::of(&chat.inject(&handshake, &all).await.unwrap_err());
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "MESSAGE_REJECTED"), "{code}");
        assert_eq!(refusal.fields[0].0, "messages[1].text");
        assert_eq!(refusal.retry, None);

        let answer = chat.inject(&handshake, &[all[0], all[2]]).await.unwrap();
        assert_eq!(answer.outcome(), Outcome::Complete);
        assert_eq!(fates(&answer.results), [Fate::AlreadyPresent, Fate::Injected]);
        assert_eq!(chat.transcript(), [MARKER, "one", "three"]);
        harness.stop().await.unwrap();
    }
}
