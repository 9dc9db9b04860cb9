//! A session named by a message of its transcript: for those who know no other name of it, and may see every session.

use tokio::time::{Instant, timeout_at};

use super::{Caller, Inner, out_of_time, upstream};
use crate::domain::error::{Error, Reason};
use crate::domain::ids::{MessageId, Pair, ParticipantId};
use crate::domain::principal;
use crate::domain::snapshot::Role;

impl Inner {
    /// The session that a message belongs to; none if nobody knows the message.
    pub(super) async fn session_of(&self, caller: &Caller, message: &MessageId) -> Result<Option<Pair>, Error> {
        if !matches!(caller.principal.role, principal::Role::Service | principal::Role::Architect) {
            return Err(Error::new(
                Reason::PermissionDenied,
                "message_id is for flows and services; use your own session's name",
            ));
        }
        let asked = async {
            let until = Instant::now() + self.work_time(2);
            let Some(conversation) = self.ports.conversations.conversation_of(message, until).await? else {
                return Ok(None);
            };
            let reading = self.validations.read(&conversation, until).await?;
            let participants = reading.found.map(|found| found.participants).unwrap_or_default();
            // Whoever comes back does so to the latest of them.
            let customer = participants.iter().rev().find(|leg| leg.role == Role::Customer);
            let participant = customer.and_then(|customer| ParticipantId::parse(&customer.id).ok());
            Ok(participant.map(|participant| Pair { conversation, participant }))
        };
        let asked = timeout_at(caller.deadline, asked).await.map_err(|_| out_of_time())?;
        asked.map_err(|error| upstream::read_error(&error))
    }
}
