//! What a well-formed call does to the world.

use axum::http::{StatusCode, header::RETRY_AFTER};
use serde_json::json;

use crate::{
    Author, Conversation, Role, Status,
    answer::Answer,
    contract::{Command, Credentials, Patch, Post},
    ledger::Outcome,
    platform::effect as platform,
    refusal::Refusal,
    world::World,
};

/// Carries out `command` and notes in `outcome` whether it did its work.
pub(crate) fn apply(world: &mut World, id: &str, command: Command, outcome: &mut Outcome) -> Answer {
    let result = match command {
        Command::IssueToken(credentials) => issue_token(world, &credentials, outcome),
        Command::Read => read(world, id),
        Command::Patch(patch) => self::patch(world, id, patch),
        Command::Post(post) => self::post(world, id, post),
        Command::ReadTranscript => read_transcript(world, id),
        Command::Platform(command) => platform::apply(world, id, command),
    };
    outcome.effect_applied = result.is_ok();
    result.unwrap_or_else(|refusal| {
        outcome.violation = refusal.violation;
        refusal.answer
    })
}

fn issue_token(world: &mut World, credentials: &Credentials, outcome: &mut Outcome) -> Result<Answer, Refusal> {
    let options = &world.options;
    let expected = format!("{}:{}", options.client_id, options.client_secret);
    if credentials.0 != expected.as_bytes() {
        let answer = Answer::oauth_error(StatusCode::UNAUTHORIZED, "authentication failed");
        return Err(Refusal::regular(answer));
    }
    let ttl = options.token_ttl;
    let mints = world.tokens.count_mint(options.mints_per_minute.unwrap_or(u32::MAX), world.clock.now());
    if mints.is_exceeded() {
        let answer = Answer::oauth_error(StatusCode::TOO_MANY_REQUESTS, "too many token requests");
        return Err(Refusal::regular(answer.with(RETRY_AFTER, mints.reset_s.into())));
    }
    let (secret, token_id) = world.tokens.issue(ttl, world.clock.now());
    outcome.token_id = Some(token_id);
    Ok(Answer::ok(&json!({"access_token": secret, "token_type": "bearer", "expires_in": ttl.as_secs()})))
}

fn read(world: &mut World, id: &str) -> Result<Answer, Refusal> {
    Ok(Answer::ok(&world.record(id)?.conversation))
}

/// Merges the attributes. Participants and `updatedTime` stay as they are: metadata is no event of the conversation.
fn patch(world: &mut World, id: &str, patch: Patch) -> Result<Answer, Refusal> {
    let conversation = &mut world.record(id)?.conversation;
    if conversation.status == Status::Terminated {
        return Err(Refusal::conflict());
    }
    conversation.custom_attributes.extend(patch.custom_attributes);
    Ok(Answer::ok(conversation))
}

fn post(world: &mut World, id: &str, post: Post) -> Result<Answer, Refusal> {
    let now = world.clock.now();
    let record = world.record(id)?;
    check_parties(&record.conversation, &post)?;
    if !record.conversation.status.takes_messages() {
        return Err(Refusal::conflict());
    }
    let message = record.append(post.author_id, post.author, post.text, now);
    Ok(Answer::ok(&message))
}

/// Author and recipients must be of this conversation.
fn check_parties(conversation: &Conversation, post: &Post) -> Result<(), Refusal> {
    if post.author == Author::Customer && conversation.customer_id() != Some(&post.author_id) {
        return Err(Refusal::bad_request("authorId is not the customer of this conversation"));
    }
    if let Some(stranger) = post.to.iter().find(|id| !conversation.participants.iter().any(|leg| leg.id == **id)) {
        return Err(Refusal::bad_request(format!("to names no participant of this conversation: {stranger}")));
    }
    if post.to.is_empty() && conversation.has_active(Role::Agent) {
        return Err(Refusal::bad_request("to is empty although there is an agent"));
    }
    Ok(())
}

fn read_transcript(world: &mut World, id: &str) -> Result<Answer, Refusal> {
    if !world.options.transcript_supported {
        return Err(Refusal::regular(Answer::method_not_allowed("POST")));
    }
    Ok(Answer::ok(&json!({"entities": world.record(id)?.transcript})))
}
