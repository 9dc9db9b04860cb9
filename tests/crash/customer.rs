//! A customer with two tabs, and the flow that brings them back: every call is repeated as a client should, and every answer
//! kept for the verdict.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use genesys_sim::{Control, NewConversation};
use session_resumption::pb;
use session_resumption::pb::confirm_reattach_response::Outcome as Confirm;
use session_resumption::pb::inject_context_response::Outcome as Inject;
use session_resumption::pb::validate_session_request::Intent;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::replica::Client;

pub(crate) const TABS: [&str; 2] = ["tab-1", "tab-2"];
/// What the customer wrote while the connection was gone: names and texts.
pub(crate) const MESSAGES: [(&str, &str); 2] = [("m-1", "are you still there?"), ("m-2", "hello?")];

/// Longer than any of it takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long one call may take.
const CALL: Duration = Duration::from_secs(10);

/// One loss of the connection.
#[derive(Debug, Clone)]
pub(crate) struct Loss {
    /// From 1.
    pub(crate) number: usize,
    attempts: [String; 2],
}

impl Loss {
    pub(crate) fn new(number: usize) -> Self {
        Self { number, attempts: [Uuid::new_v4().to_string(), Uuid::new_v4().to_string()] }
    }

    /// Its marker: another text each time, so that the transcript tells them apart.
    pub(crate) fn marker(&self) -> String {
        format!("[System: Session resumed after network interruption {}]", self.number)
    }
}

/// An answer to one of the tabs.
#[derive(Debug, Clone)]
pub(crate) struct Validated {
    pub(crate) loss: usize,
    pub(crate) tab: usize,
    pub(crate) answer: pb::ValidateSessionResponse,
}

/// All that was answered, in order of arrival; answers to the flow come with the handshake that it named.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) validated: Vec<Validated>,
    pub(crate) confirmed: Vec<(String, pb::ConfirmReattachResponse)>,
    pub(crate) injected: Vec<(String, pb::InjectContextResponse)>,
    /// Answers without the store.
    pub(crate) degraded: Vec<pb::ValidateSessionResponse>,
    /// The reasons of errors.
    pub(crate) refused: Vec<String>,
}

pub(crate) struct Customer {
    pub(crate) conversation: String,
    pub(crate) participant: String,
    pub(crate) control: Control,
    replicas: [Client; 2],
    /// Whether the first replica is gone: whoever would ask it asks the other.
    gone: AtomicBool,
    pub(crate) told: Mutex<Told>,
}

impl Customer {
    /// A customer who talks to an agent, whose network has just dropped.
    pub(crate) fn new(control: Control, replicas: [Client; 2]) -> Self {
        let new = NewConversation {
            agent_user_id: Some("agent-ada".into()),
            queue_id: Some("support".into()),
            ..NewConversation::default()
        };
        let created = control.create_conversation(new).unwrap();
        let customer = Self {
            conversation: created.conversation_id,
            participant: created.customer_id,
            control,
            replicas,
            gone: AtomicBool::new(false),
            told: Mutex::default(),
        };
        customer.drops();
        customer
    }

    pub(crate) fn first_is_gone(&self) {
        self.gone.store(true, Ordering::SeqCst);
    }

    pub(crate) fn drops(&self) {
        self.control.drop_customer(&self.conversation).unwrap();
    }

    pub(crate) fn attach(&self) {
        self.control.attach(&self.conversation, None).unwrap();
    }

    /// The client of a replica, or of the one that is left.
    pub(crate) fn client(&self, replica: usize) -> Client {
        self.replicas[if self.gone.load(Ordering::SeqCst) { 1 } else { replica }].clone()
    }

    /// What a tab asks.
    pub(crate) fn validate_request(&self, loss: &Loss, tab: usize, intent: Intent) -> pb::ValidateSessionRequest {
        pb::ValidateSessionRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.participant.clone(),
            client_instance_id: TABS[tab].to_owned(),
            attempt_id: loss.attempts[tab].clone(),
            intent: intent.into(),
            ..pb::ValidateSessionRequest::default()
        }
    }

    pub(crate) fn confirm_request(&self, handshake: &str) -> pb::ConfirmReattachRequest {
        pb::ConfirmReattachRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.participant.clone(),
            handshake_id: handshake.to_owned(),
        }
    }

    pub(crate) fn inject_request(&self, loss: &Loss, handshake: &str) -> pb::InjectContextRequest {
        let message = |(id, text): (&str, &str)| pb::inject_context_request::Message {
            client_message_id: id.to_owned(),
            text: text.to_owned(),
            sent_time: None,
        };
        pb::InjectContextRequest {
            conversation_id: self.conversation.clone(),
            participant_id: self.participant.clone(),
            handshake_id: handshake.to_owned(),
            marker: loss.marker(),
            messages: MESSAGES.map(message).to_vec(),
            ..pb::InjectContextRequest::default()
        }
    }

    /// A tab validates, as often as it takes. Returns the handshake.
    pub(crate) async fn validate(&self, replica: usize, loss: &Loss, tab: usize, intent: Intent) -> String {
        let request = self.validate_request(loss, tab, intent);
        let call = |mut client: Client| {
            let request = bounded(&request);
            async move { client.validate_session(request).await }
        };
        let until = Instant::now() + PATIENCE;
        let answer = loop {
            let answer = self.persist(replica, "validate", &call).await.unwrap();
            if !answer.degraded {
                break answer;
            }
            // It holds, and is of no use for what follows.
            self.told.lock().unwrap().degraded.push(answer);
            assert!(Instant::now() < until, "validate: still degraded");
            sleep(Duration::from_millis(200)).await;
        };
        let handshake = answer.handshake_id.clone();
        self.told.lock().unwrap().validated.push(Validated { loss: loss.number, tab, answer });
        handshake
    }

    /// The flow confirms, as often as it takes.
    pub(crate) async fn confirm(&self, replica: usize, handshake: &str) {
        self.try_to_confirm(replica, handshake).await.unwrap();
    }

    /// The same, unless there is no hope.
    pub(crate) async fn try_to_confirm(&self, replica: usize, handshake: &str) -> Result<(), Status> {
        let request = self.confirm_request(handshake);
        let until = Instant::now() + PATIENCE;
        loop {
            let call = |mut client: Client| {
                let request = bounded(&request);
                async move { client.confirm_reattach(request).await }
            };
            let answer = self.persist(replica, "confirm", call).await?;
            let outcome = answer.outcome();
            self.told.lock().unwrap().confirmed.push((handshake.to_owned(), answer));
            match outcome {
                Confirm::Confirmed => return Ok(()),
                Confirm::NotReattached if Instant::now() < until => sleep(Duration::from_millis(100)).await,
                other => panic!("the confirmation ended as {other:?}"),
            }
        }
    }

    /// The flow injects, as often as it takes.
    pub(crate) async fn inject(&self, replica: usize, loss: &Loss, handshake: &str) {
        let until = Instant::now() + PATIENCE;
        while self.try_to_inject(replica, loss, handshake).await.unwrap() != Inject::Complete {
            assert!(Instant::now() < until, "the injection does not come to an end");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The flow injects, until there is an answer.
    pub(crate) async fn try_to_inject(&self, replica: usize, loss: &Loss, handshake: &str) -> Result<Inject, Status> {
        let request = self.inject_request(loss, handshake);
        let call = |mut client: Client| {
            let request = bounded(&request);
            async move { client.inject_context(request).await }
        };
        let answer = self.persist(replica, "inject", call).await?;
        let outcome = answer.outcome();
        self.told.lock().unwrap().injected.push((handshake.to_owned(), answer));
        Ok(outcome)
    }

    /// Calls until there is an answer, or an error that time does not mend: obeys delays, and takes a broken connection for a
    /// reason to ask again at once.
    pub(crate) async fn persist<T, F>(
        &self,
        replica: usize,
        what: &str,
        call: impl Fn(Client) -> F,
    ) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let until = Instant::now() + PATIENCE;
        loop {
            let told = timeout(2 * CALL, call(self.client(replica))).await;
            let status = match told.expect("an answer within twice its deadline") {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => status,
            };
            let details = status.get_error_details();
            let delay = details.retry_info().and_then(|info| info.retry_delay);
            let wait = match (details.error_info(), delay) {
                (Some(info), delay) => {
                    self.told.lock().unwrap().refused.push(info.reason.clone());
                    match delay {
                        Some(delay) => delay,
                        None if status.code() == Code::DeadlineExceeded => Duration::ZERO,
                        None => return Err(status),
                    }
                }
                // Nothing that the service said: the connection broke.
                (None, _) => Duration::from_millis(20),
            };
            assert!(Instant::now() + wait < until, "{what}: still {status:?}");
            sleep(wait).await;
        }
    }
}

/// A request with a deadline.
pub(crate) fn bounded<T: Clone>(request: &T) -> Request<T> {
    let mut request = Request::new(request.clone());
    request.set_timeout(CALL);
    request
}
