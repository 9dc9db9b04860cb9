//! `/api/v2/notifications/channels`, and the sockets that it hands out.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State, WebSocketUpgrade},
    http::{Response, StatusCode, header::HOST},
    response::IntoResponse,
    routing::get,
};
use serde_json::{Value, json};

use super::{
    call::{Call, answer},
    registry::Channel,
    socket::serve,
    topics::{MAX_TOPICS, TopicRequest},
};
use crate::{
    Route,
    answer::Answer,
    refusal::Refusal,
    world::{Shared, World},
};

type Reply = Result<Answer, Refusal>;

pub(crate) fn router() -> Router<Arc<Shared>> {
    let subscriptions = get(read_topics).post(add_topics).put(replace_topics).delete(remove_topics);
    Router::new()
        .route("/api/v2/notifications/channels", get(list).post(create))
        .route("/api/v2/notifications/channels/{id}/subscriptions", subscriptions)
        .route("/channels/{id}", get(connect))
}

async fn create(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    answer(shared, request, Route::PlatformChannels, |world, call| {
        if let Some(status) = world.feed.channels.refusal {
            let reason = status.canonical_reason().unwrap_or("refused");
            return Err(Refusal::regular(Answer::error(status, reason)));
        }
        let now = world.clock.now();
        Ok(Answer::ok(&channel_body(world.feed.channels.create(call.token_id.clone(), now), call)))
    })
    .await
}

/// Only the caller's own channels show their ids; `includechannels=oauthclient` counts the others too.
async fn list(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    answer(shared, request, Route::PlatformChannels, |world, call| {
        let all = match call.query("includechannels").as_deref() {
            None | Some("token") => false,
            Some("oauthclient") => true,
            Some(_) => return Err(Refusal::bad_request("includechannels must be token or oauthclient")),
        };
        let now = world.clock.now();
        world.feed.channels.sweep(now);
        let entities: Vec<_> = world
            .feed
            .channels
            .iter()
            .filter_map(|channel| {
                let own = (channel.token_id == call.token_id).then(|| channel_body(channel, call));
                own.or_else(|| all.then(|| json!({"expires": format!("{:.3}", channel.expires)})))
            })
            .collect();
        Ok(Answer::ok(&json!({"entities": entities})))
    })
    .await
}

async fn read_topics(State(shared): State<Arc<Shared>>, Path(id): Path<String>, request: Request) -> Response<Body> {
    answer(shared, request, Route::PlatformSubscriptions, move |world, _| {
        let topics = with_channel(world, &id, |channel| Ok(channel.topics.clone()))?;
        Ok(Answer::ok(&world.feed.channels.forbidden.listing(&id, topics.iter().map(String::as_str))))
    })
    .await
}

async fn add_topics(State(shared): State<Arc<Shared>>, Path(id): Path<String>, request: Request) -> Response<Body> {
    answer(shared, request, Route::PlatformSubscriptions, move |world, call| {
        subscribe(world, &id, call, |topics, asked| topics.union(asked).cloned().collect())
    })
    .await
}

async fn replace_topics(State(shared): State<Arc<Shared>>, Path(id): Path<String>, request: Request) -> Response<Body> {
    answer(shared, request, Route::PlatformSubscriptions, move |world, call| {
        subscribe(world, &id, call, |_, asked| asked.clone())
    })
    .await
}

async fn remove_topics(State(shared): State<Arc<Shared>>, Path(id): Path<String>, request: Request) -> Response<Body> {
    answer(shared, request, Route::PlatformSubscriptions, move |world, _| {
        with_channel(world, &id, |channel| {
            channel.topics.clear();
            Ok(())
        })?;
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    })
    .await
}

/// The socket of a channel: its id is all the credential there is, and of several connections the latest has it.
async fn connect(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response<Body> {
    let plug = {
        let mut world = shared.world();
        let now = world.clock.now();
        world.feed.channels.plug(&id, now)
    };
    match plug {
        Some(plug) => upgrade.on_upgrade(|socket| serve(shared, socket, plug)),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn subscribe(
    world: &mut World,
    id: &str,
    call: &Call,
    merge: impl FnOnce(&BTreeSet<String>, &BTreeSet<String>) -> BTreeSet<String>,
) -> Reply {
    let asked: Vec<TopicRequest> = call.json()?;
    let ignore_errors = call.query("ignoreErrors").as_deref() == Some("true");
    let permitted = world.feed.channels.forbidden.permitted(&asked, ignore_errors);
    with_channel(world, id, |channel| {
        let topics = merge(&channel.topics, &permitted?);
        if topics.len() > MAX_TOPICS {
            return Err(Refusal::bad_request(format!("a channel takes at most {MAX_TOPICS} topics")));
        }
        channel.topics = topics;
        Ok(())
    })?;
    Ok(Answer::ok(&world.feed.channels.forbidden.listing(id, asked.iter().map(|topic| topic.id.as_str()))))
}

fn with_channel<T>(
    world: &mut World,
    id: &str,
    act: impl FnOnce(&mut Channel) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let now = world.clock.now();
    let not_found = || Refusal::regular(Answer::error(StatusCode::NOT_FOUND, "no such channel"));
    act(world.feed.channels.get_mut(id, now).ok_or_else(not_found)?)
}

/// The socket is where the caller found the API.
fn channel_body(channel: &Channel, call: &Call) -> Value {
    let host = call.header(HOST.as_str()).unwrap_or_default();
    let connect_uri = format!("ws://{host}/channels/{}", channel.id);
    json!({"id": channel.id, "connectUri": connect_uri, "expires": format!("{:.3}", channel.expires)})
}
