//! The port, step by step. Arguments stand in the order in which `lua/steps.lua` reads them.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use uuid::Uuid;

use super::arguments::Arguments;
use super::{RedisStore, told, wire};
use crate::domain::answer::Answer;
use crate::domain::conversation::{Confirming, Glimpse, Injection, Resumed};
use crate::domain::counter::{Claim, Claimed, Written};
use crate::domain::decision::{Decision, Reason};
use crate::domain::error::Error;
use crate::domain::handshake::Confirmation;
use crate::domain::ids::{ConversationId, HandshakeId, Pair, TabId};
use crate::domain::lease::Lease;
use crate::domain::ledger::{Begun, EntryKey, Item};
use crate::domain::pair::{Join, Joined, View};
use crate::domain::snapshot::Reading;
use crate::domain::tabs::Seat;
use crate::ports::{Handshakes, Outage, StoreError};

#[async_trait]
impl Handshakes for RedisStore {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.server_time().await
    }

    async fn join(&self, pair: &Pair, join: &Join) -> Result<(Joined, Option<Reading>), StoreError> {
        let arguments = Arguments::of("join").who(&pair.participant).tab(join.tab.as_ref()).attempt(join.attempt);
        let arguments =
            arguments.maybe(join.waited_on.as_ref()).handshake(join.new_id).text(&join.owner).span(join.lease_for);
        Ok(told::joined(self.step(&pair.conversation, arguments).await?, join)?)
    }

    async fn conclude(
        &self,
        pair: &Pair,
        lease: Lease,
        tab: Option<&TabId>,
        answer: Answer,
        replay_ttl: Duration,
    ) -> Result<View, StoreError> {
        let resumable = matches!(answer.decision, Decision::Resumable(_));
        let not_found = answer.decision.reason() == Reason::SessionNotFound;
        let arguments = Arguments::of("conclude").who(&pair.participant).lease(lease).tab(tab);
        let arguments = arguments.text(&wire::of_answer(answer)?).flag(resumable).flag(not_found).span(replay_ttl);
        Ok(told::view(self.finish(&pair.conversation, arguments).await?)?)
    }

    async fn fail(&self, pair: &Pair, lease: Lease, error: Error, back_in: Duration) -> Result<(), StoreError> {
        let arguments = Arguments::of("fail").who(&pair.participant).lease(lease);
        let arguments = arguments.text(&wire::of_error(error)?).span(back_in);
        self.finish(&pair.conversation, arguments).await.map(drop)
    }

    async fn take_over(&self, pair: &Pair, tab: &TabId) -> Result<View, StoreError> {
        let arguments = Arguments::of("take_over").who(&pair.participant).text(tab);
        Ok(told::view(self.step(&pair.conversation, arguments).await?)?)
    }

    async fn view(&self, pair: &Pair, id: HandshakeId, tab: Option<&TabId>) -> Result<View, StoreError> {
        let arguments = Arguments::of("view").who(&pair.participant).handshake(id).tab(tab);
        Ok(told::view(self.step(&pair.conversation, arguments).await?)?)
    }

    async fn remember(&self, pair: &Pair, glimpse: &Glimpse) -> Result<Seat, StoreError> {
        let reading = wire::of_reading(glimpse.reading.clone())?;
        let arguments = Arguments::of("remember").who(&pair.participant).text(&reading).span(glimpse.fresh_for);
        let arguments = arguments.tab(glimpse.tab.as_ref());
        Ok(told::seat(self.step(&pair.conversation, arguments).await?)?)
    }

    async fn confirmation(&self, pair: &Pair, id: HandshakeId) -> Result<Option<Confirmation>, StoreError> {
        let arguments = Arguments::of("confirmation").who(&pair.participant).handshake(id);
        let mut reply = self.step(&pair.conversation, arguments).await?;
        Ok(reply.maybe_list()?.map(told::confirmation).transpose()?)
    }

    async fn claim(&self, conversation: &ConversationId, claim: Claim) -> Result<Confirming, StoreError> {
        let arguments = Arguments::of("claim").who(&claim.claimant.participant).handshake(claim.claimant.handshake);
        let arguments = arguments.text(&claim.metadata).instant(claim.read_at);
        let arguments = arguments.maybe(claim.counted_at.map(Timestamp::as_microsecond).as_ref());
        let arguments = arguments.maybe(claim.agent_id.as_ref());
        let arguments = arguments.maybe(claim.as_of.map(Timestamp::as_microsecond).as_ref());
        let arguments = arguments.text(&claim.owner).span(claim.write_for);
        let (reply, copied) = self.step_before(conversation, arguments).await?;
        match told::confirming(reply, claim.owner)? {
            // Its lease passes on like that of a writer who died.
            Confirming::Claimed(Claimed::Write { .. }) if !copied => Err(Outage::NotReplicated.into()),
            told => Ok(told),
        }
    }

    async fn settle(&self, conversation: &ConversationId, lease: Lease, written: Written) -> Result<(), StoreError> {
        let written = match written {
            Written::Yes => "yes",
            Written::YesInDoubt => "yes_in_doubt",
            Written::No => "no",
            Written::Unknown => "unknown",
        };
        let told = self.step_after(conversation, Arguments::of("settle").lease(lease).text(written)).await;
        self.wakeups.wake(conversation);
        told.map(drop)
    }

    async fn record(&self, conversation: &ConversationId, recorder: Uuid) -> Result<Vec<Resumed>, StoreError> {
        let reply = self.step_after(conversation, Arguments::of("record").text(&recorder)).await?;
        Ok(told::resumed(reply)?)
    }

    async fn begin_injection(&self, conversation: &ConversationId, injection: &Injection) -> Result<Begun, StoreError> {
        let (tab, epoch) = injection.tab.as_ref().map_or((None, 0), |(tab, epoch)| (Some(tab), *epoch));
        let arguments = Arguments::of("begin_injection").handshake(injection.handshake).who(&injection.participant);
        let arguments = arguments.tab(tab).text(&epoch).text(&injection.owner).span(injection.hold_for);
        let arguments = injection.items.iter().fold(arguments.text(&injection.items.len()), Arguments::item);
        Ok(told::begun(self.step(conversation, arguments).await?, injection.owner)?)
    }

    async fn announce(
        &self,
        conversation: &ConversationId,
        lease: Lease,
        item: Item,
        last_id: Option<String>,
        hold_for: Duration,
    ) -> Result<(), StoreError> {
        let arguments = Arguments::of("announce").lease(lease).item(&item).maybe(last_id.as_ref()).span(hold_for);
        // Announced and not sent, it is looked for in the transcript by the next injection, not found, and sent.
        let (_, copied) = self.step_before(conversation, arguments).await?;
        if copied { Ok(()) } else { Err(Outage::NotReplicated.into()) }
    }

    async fn written(
        &self,
        conversation: &ConversationId,
        lease: Lease,
        key: &EntryKey,
        message_id: String,
    ) -> Result<(), StoreError> {
        let arguments = Arguments::of("written").lease(lease).entry(key).text(&message_id);
        self.step_after(conversation, arguments).await.map(drop)
    }

    async fn not_sent(&self, conversation: &ConversationId, lease: Lease, key: &EntryKey) -> Result<(), StoreError> {
        self.step(conversation, Arguments::of("not_sent").lease(lease).entry(key)).await.map(drop)
    }

    async fn end_injection(&self, conversation: &ConversationId, lease: Lease) -> Result<(), StoreError> {
        self.finish(conversation, Arguments::of("end_injection").lease(lease)).await.map(drop)
    }

    fn changed(&self, conversation: &ConversationId) -> BoxFuture<'static, ()> {
        self.wakeups.changed(conversation)
    }
}
