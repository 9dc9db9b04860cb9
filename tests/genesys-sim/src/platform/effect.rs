//! What a well-formed platform call does to the world.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{
    ControlError, Route,
    answer::Answer,
    clock::later,
    platform::{
        contract::{Agentless, CustomWrite, PlatformCommand},
        custom::{CustomRecord, CustomUpdate},
        model::{Disconnect, PendingAttributes, PlatformConversation},
        view,
    },
    refusal::Refusal,
    world::World,
};

type Effect = Result<Answer, Refusal>;

pub(crate) fn apply(world: &mut World, id: &str, command: PlatformCommand) -> Effect {
    match command {
        PlatformCommand::Read => read(world, id, view::message_conversation),
        PlatformCommand::ReadConversation => read(world, id, view::conversation),
        PlatformCommand::ReadMessage { message_id, in_conversation, normalized } => {
            read_message(world, in_conversation.then_some(id), &message_id, normalized)
        }
        PlatformCommand::ReadMessages { message_ids, normalized } => read_messages(world, id, &message_ids, normalized),
        PlatformCommand::Agentless(message) => send(world, message),
        PlatformCommand::WriteAsUser => Err(Refusal::bad_request(
            "This request requires a user context. Client credentials cannot be used for requests to this resource.",
        )),
        PlatformCommand::SetAttributes { participant_id, attributes, echo } => {
            set_attributes(world, id, participant_id, attributes, echo)
        }
        PlatformCommand::ListCustomAttributes => list_custom_attributes(world, id),
        PlatformCommand::ReadCustomAttributes { record_id } => read_custom_attributes(world, id, &record_id),
        PlatformCommand::WriteCustomAttributes { body, replace } => write_custom_attributes(world, id, body, replace),
        PlatformCommand::Disconnect { route, participant_id, ends } => {
            disconnect(world, id, route, participant_id.as_deref(), ends)
        }
        PlatformCommand::ThreadingTimeline => Ok(threading_timeline(world)),
        PlatformCommand::TokensMe => Ok(tokens_me(world)),
        PlatformCommand::AvailableTopics => Ok(available_topics()),
    }
}

fn read(world: &mut World, id: &str, view: fn(&PlatformConversation) -> Value) -> Effect {
    if let Some(raw) = world.platform.raw(id) {
        return Ok(Answer::ok(raw));
    }
    Ok(Answer::ok(&view(world.platform_conversation(id)?)))
}

fn read_message(world: &mut World, id: Option<&str>, message_id: &str, normalized: bool) -> Effect {
    let home = world.platform.conversation_of_message(message_id).ok_or(ControlError::NotFound)?.clone();
    if id.is_some_and(|id| id != home) {
        return Err(ControlError::NotFound.into());
    }
    let conversation = world.platform_conversation(&home)?;
    let message = conversation.message(message_id).ok_or(ControlError::NotFound)?;
    Ok(Answer::ok(&view::message_data(conversation, message, normalized)))
}

/// Messages of other conversations are left out, as are unknown ones.
fn read_messages(world: &mut World, id: &str, message_ids: &[String], normalized: bool) -> Effect {
    let conversation = world.platform_conversation(id)?;
    let messages = message_ids.iter().filter_map(|id| conversation.message(id));
    let entities: Vec<_> = messages.map(|message| view::message_data(conversation, message, normalized)).collect();
    Ok(Answer::ok(&json!({"entities": entities})))
}

/// Takes the update; it is to be seen later.
fn set_attributes(
    world: &mut World,
    id: &str,
    participant_id: String,
    attributes: BTreeMap<String, String>,
    echo: bool,
) -> Effect {
    let answer = Answer::accepted(echo.then(|| json!({"attributes": attributes})));
    if world.platform.raw(id).is_some() {
        return Ok(answer);
    }
    let delay = world.options.attribute_delay;
    world.change_platform(id, |conversation, now| {
        conversation.leg(&participant_id).ok_or(ControlError::NotFound)?;
        conversation.pending.push_back(PendingAttributes { due: later(now, delay), participant_id, attributes });
        Ok::<_, ControlError>(())
    })?;
    Ok(answer)
}

fn list_custom_attributes(world: &mut World, id: &str) -> Effect {
    let conversation = world.platform_conversation(id)?;
    let records = conversation.custom_records.iter();
    let results: Vec<_> = records.map(|(record_id, record)| custom_attributes(id, record_id, record)).collect();
    Ok(Answer::ok(&json!({"results": results})))
}

fn read_custom_attributes(world: &mut World, id: &str, record_id: &str) -> Effect {
    let conversation = world.platform_conversation(id)?;
    let record = conversation.custom_records.get(record_id).ok_or(ControlError::NotFound)?;
    Ok(Answer::ok(&custom_attributes(id, record_id, record)))
}

/// A PUT creates what is not there; a version that is given must be the current one.
fn write_custom_attributes(world: &mut World, id: &str, body: CustomWrite, replace: bool) -> Effect {
    let mismatch = world.options.version_mismatch;
    let record_id = body.id;
    let update = CustomUpdate { attributes: body.custom_attributes, replace, divisions: body.divisions };
    world.change_platform(id, |conversation, now| {
        match (conversation.custom_records.get_mut(&record_id), body.schema_id) {
            (Some(record), _) if body.version.is_some_and(|version| version != record.version) => {
                return Err(Refusal::regular(mismatch.answer()));
            }
            (Some(record), schema_id) => {
                if schema_id.is_some_and(|schema_id| schema_id != record.schema_id) {
                    return Err(Refusal::bad_request("schemaId cannot be updated"));
                }
                record.update(update, now);
            }
            (None, Some(schema_id)) if replace => {
                conversation.custom_records.insert(record_id.clone(), CustomRecord::new(schema_id, update, now));
            }
            (None, _) if replace => return Err(Refusal::bad_request("schemaId is required to create a record")),
            (None, _) => return Err(ControlError::NotFound.into()),
        }
        Ok(())
    })?;
    Ok(if replace { Answer::ok(&json!({"id": record_id})) } else { Answer::empty(StatusCode::OK) })
}

fn custom_attributes(id: &str, record_id: &str, record: &CustomRecord) -> Value {
    let modified: BTreeMap<_, _> = record.attributes.keys().map(|key| (key, view::time(record.modified))).collect();
    json!({
        "id": record_id,
        "conversationId": id,
        "divisions": record.divisions,
        "schema": {"id": record.schema_id},
        "customAttributes": record.attributes,
        "customAttributesTimestamps": modified,
        "version": record.version,
        "dateCreated": view::time(record.created),
        "dateModified": view::time(record.modified),
        "selfUri": format!("/api/v2/conversations/{id}/customattributes/{record_id}"),
    })
}

/// Writes into the contact's running conversation if asked to, else into one that the threading timeline still
/// continues.
fn send(world: &mut World, message: Agentless) -> Effect {
    let Agentless { from_address, external_contact_id, text_body, use_existing_active_conversation, .. } = message;
    let now = world.clock.now();
    let timeline = world.options.threading_timeline;
    let is_deployment = |conversation: &PlatformConversation| conversation.deployment_id == from_address;
    if from_address != world.options.deployment_id && !world.platform.conversations().any(is_deployment) {
        return Err(Refusal::bad_request("fromAddress is no deployment"));
    }
    let continues = |conversation: &&PlatformConversation| {
        is_deployment(conversation)
            && Some(&conversation.external_contact_id) == external_contact_id.as_ref()
            && conversation.takes_messages(timeline, now)
            && (use_existing_active_conversation || !conversation.is_live())
    };
    let latest =
        world.platform.conversations().filter(continues).max_by_key(|found| (found.is_live(), found.started()));
    let id = latest.ok_or(ControlError::NotFound)?.id.clone();
    let text = text_body.unwrap_or_default();
    let message_id =
        world.change_platform(&id, |conversation, now| Ok::<_, Refusal>(conversation.say_as_api(text, now)))?;
    Ok(Answer::accepted(Some(json!({
        "id": message_id,
        "conversationId": id,
        "fromAddress": from_address,
        "messengerType": "webmessaging",
        "useExistingActiveConversation": use_existing_active_conversation,
        "timestamp": view::time(now),
        "selfUri": format!("/api/v2/conversations/messages/{id}/messages/{message_id}"),
    }))))
}

/// Ends one leg or all of them, which no resumption may ever do, or leaves them be: nothing else is played here.
fn disconnect(world: &mut World, id: &str, route: Route, participant_id: Option<&str>, ends: bool) -> Effect {
    let view = world.change_platform(id, |conversation, now| {
        match participant_id {
            Some(participant_id) => {
                let leg = conversation.leg_mut(participant_id).ok_or(ControlError::NotFound)?;
                if ends {
                    leg.end(Disconnect::System, now);
                }
            }
            None if ends => conversation.tear_down(now),
            None => {}
        }
        Ok::<_, ControlError>(view::conversation(conversation))
    })?;
    Ok(match route {
        Route::PlatformMessageConversationPatch => Answer::ok(&view),
        Route::PlatformCommunicationPatch => Answer::ok(&json!({})),
        Route::PlatformConversationDelete => Answer::empty(StatusCode::NO_CONTENT),
        _ => Answer::accepted(None),
    })
}

fn threading_timeline(world: &World) -> Answer {
    let minutes = world.options.threading_timeline.as_secs() / 60;
    let setting = |messenger| json!({"messengerType": messenger, "timeoutInMinutes": minutes});
    let settings: Vec<_> = ["webmessaging", "open", "sms", "whatsapp"].map(setting).into();
    Answer::ok(&json!({"settings": settings, "defaultTimeoutMinutes": 72 * 60}))
}

fn tokens_me(world: &World) -> Answer {
    const ORGANIZATION: &str = "5f8a1c3e-0000-4000-8000-000000000002";
    let organization = json!({"id": ORGANIZATION, "name": "Simulated"});
    Answer::ok(&json!({
        "organization": organization,
        "homeOrganization": organization,
        "authorizedScope": [],
        "OAuthClient": {"id": world.options.client_id, "organization": organization},
    }))
}

fn available_topics() -> Answer {
    let details = ["customer", "acd", "user", "flow"].into_iter().flat_map(|kind| [(kind, "start"), (kind, "end")]);
    let mut topics: Vec<_> =
        details.map(|(kind, edge)| format!("v2.detail.events.conversation.{{id}}.{kind}.{edge}")).collect();
    topics.push("v2.detail.events.conversation.{id}.attributes".to_owned());
    topics.push("v2.routing.queues.{id}.conversations.messages".to_owned());
    topics.push("v2.webmessaging.deployments.{id}.undelivered.messages".to_owned());
    let entities: Vec<_> = topics.iter().map(|id| json!({"id": id, "topicParameters": ["id"]})).collect();
    Answer::ok(&json!({"entities": entities}))
}
