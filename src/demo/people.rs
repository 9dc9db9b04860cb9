//! Everybody on Genesys' side of a chat: the customer's network, agents, queues, and what Genesys holds of it all.

use std::time::Duration;

use genesys_sim::{NewConversation, NewPlatformConversation, Route};

use super::contract::Contract;
use super::stage::Stage;

/// The queue that chats come through.
const QUEUE: &str = "support";

/// A chat as Genesys has it.
pub(super) struct Room {
    pub(super) conversation: String,
    pub(super) customer: String,
}

/// How long after its end a message reopens a conversation of the platform that is played.
pub(super) const TIMELINE: Duration = Duration::from_mins(10);
/// The guide's window, and the platform's timeline, and a second.
const PAST_THE_WINDOW: [Duration; 2] = [Duration::from_secs(301), Duration::from_secs(601)];
/// Longer than the platform takes to show what was written to a participant.
const WRITTEN: Duration = Duration::from_secs(1);

impl Room {
    /// A chat with this agent, or one nobody has served yet.
    pub(super) fn open(stage: &Stage, agent: Option<&str>) -> anyhow::Result<Self> {
        let agent_user_id = agent.map(str::to_owned);
        let queue_id = Some(QUEUE.to_owned());
        let (conversation, customer) = match stage.contract {
            Contract::Guide => {
                let new = NewConversation { agent_user_id, queue_id, ..NewConversation::default() };
                let created = stage.control.create_conversation(new)?;
                (created.conversation_id, created.customer_id)
            }
            Contract::Platform => {
                let new = NewPlatformConversation { agent_user_id, queue_id, ..NewPlatformConversation::default() };
                let created = stage.control.platform().create(new)?;
                (created.conversation_id, created.customer_id)
            }
        };
        Ok(Self { conversation, customer })
    }

    /// The network drops. The platform does not see it: no leg changes.
    pub(super) fn drop(&self, stage: &Stage) -> anyhow::Result<()> {
        match stage.contract {
            Contract::Guide => stage.control.drop_customer(&self.conversation)?,
            Contract::Platform => stage.control.platform().set_away(&self.conversation, true)?,
        }
        Ok(())
    }

    /// The customer is there again, with this agent if one is named. On the platform the guest's socket is what comes back.
    pub(super) fn attach(&self, stage: &Stage, agent: Option<&str>) -> anyhow::Result<()> {
        match stage.contract {
            Contract::Guide => stage.control.attach(&self.conversation, agent)?,
            Contract::Platform => stage.control.platform().set_away(&self.conversation, false)?,
        }
        Ok(())
    }

    /// The chat waits for its first agent.
    pub(super) fn wait(&self, stage: &Stage) -> anyhow::Result<()> {
        match stage.contract {
            Contract::Guide => stage.control.queue(&self.conversation, QUEUE)?,
            // The flow has sent it there already.
            Contract::Platform => {}
        }
        Ok(())
    }

    /// An agent takes the chat that waits in a queue.
    pub(super) fn answer(&self, stage: &Stage, agent: &str) -> anyhow::Result<()> {
        match stage.contract {
            Contract::Guide => stage.control.complete_transfer(&self.conversation, agent)?,
            Contract::Platform => stage.control.platform().answer(&self.conversation, agent)?,
        }
        Ok(())
    }

    /// The agent hands the chat to another queue.
    pub(super) fn transfer(&self, stage: &Stage, queue: &str, reason: &str) -> anyhow::Result<()> {
        match stage.contract {
            Contract::Guide => stage.control.transfer(&self.conversation, queue, reason)?,
            Contract::Platform => stage.control.platform().transfer(&self.conversation, queue)?,
        }
        Ok(())
    }

    /// An agent of the other queue takes it.
    pub(super) fn complete_transfer(&self, stage: &Stage, agent: &str) -> anyhow::Result<()> {
        match stage.contract {
            Contract::Guide => stage.control.complete_transfer(&self.conversation, agent)?,
            Contract::Platform => stage.control.platform().complete_transfer(&self.conversation, agent)?,
        }
        Ok(())
    }

    /// So much time goes by that nobody comes back to this chat.
    pub(super) fn outlive_the_window(&self, stage: &Stage) -> anyhow::Result<()> {
        if stage.contract == Contract::Platform {
            // Only what has ended grows old there.
            stage.control.platform().agent_ends(&self.conversation)?;
        }
        let [guide, platform] = PAST_THE_WINDOW;
        stage.control.advance(stage.contract.pick(guide, platform));
        Ok(())
    }

    /// The chat is over for good.
    pub(super) fn end(&self, stage: &Stage) -> anyhow::Result<()> {
        match stage.contract {
            Contract::Guide => stage.control.terminate(&self.conversation)?,
            Contract::Platform => stage.control.platform().expire_session(&self.conversation)?,
        }
        Ok(())
    }

    /// How often a text stands in the transcript.
    pub(super) fn said(&self, stage: &Stage, text: &str) -> anyhow::Result<usize> {
        Ok(match stage.contract {
            Contract::Guide => {
                let transcript = stage.control.transcript(&self.conversation)?;
                transcript.iter().filter(|message| message.text == text).count()
            }
            Contract::Platform => {
                let transcript = stage.control.platform().transcript(&self.conversation)?;
                transcript.iter().filter(|message| message.text == text).count()
            }
        })
    }

    /// The resumption count beside the conversation.
    pub(super) fn count(&self, stage: &Stage) -> anyhow::Result<String> {
        let count = match stage.contract {
            Contract::Guide => {
                stage.control.conversation(&self.conversation)?.custom_attributes.get("resumptionCount").cloned()
            }
            Contract::Platform => {
                // What is written to a participant shows a moment later.
                stage.control.advance(WRITTEN);
                let body = stage.control.platform().conversation(&self.conversation)?;
                let legs = body["participants"].as_array().cloned().unwrap_or_default();
                let own = legs.into_iter().find(|leg| leg["id"] == self.customer.as_str());
                own.and_then(|leg| leg["attributes"]["resumptionCount"].as_str().map(str::to_owned))
            }
        };
        Ok(count.unwrap_or_else(|| "0".to_owned()))
    }
}

/// The read of a conversation.
pub(super) fn read(contract: Contract) -> Route {
    contract.pick(Route::Read, Route::PlatformRead)
}

/// The write of a message.
pub(super) fn post(contract: Contract) -> Route {
    contract.pick(Route::PostMessage, Route::PlatformAgentless)
}
