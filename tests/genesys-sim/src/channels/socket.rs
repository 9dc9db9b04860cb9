//! The life of one channel socket: frames out, pings in.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::time::{MissedTickBehavior, interval};

use super::{frame, line::Order, registry::Plug};
use crate::world::Shared;

pub(crate) async fn serve(shared: Arc<Shared>, mut socket: WebSocket, mut plug: Plug) {
    let period = shared.world().options.heartbeat;
    let mut heartbeat = interval(period);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat.reset();
    loop {
        let step = tokio::select! {
            biased;
            () = shared.stopping.cancelled() => Step::End,
            order = plug.orders.recv() => match order {
                Some(Order::Send(text)) => Step::Send(text),
                Some(Order::Close(code, reason)) => {
                    let farewell = CloseFrame { code, reason: reason.into() };
                    // The peer may have left already.
                    let _ = socket.send(Message::Close(Some(farewell))).await;
                    Step::End
                }
                None => Step::End,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => frame::reply(&text).map_or(Step::Nothing, Step::Send),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => Step::Nothing,
                Some(Ok(Message::Close(_)) | Err(_)) | None => Step::End,
            },
            _ = heartbeat.tick() => beat(&shared),
        };
        match step {
            Step::Nothing => {}
            Step::End => break,
            Step::Send(text) => {
                if socket.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
        }
    }
    shared.world().feed.channels.unplug(&plug.channel_id, plug.serial);
}

enum Step {
    Nothing,
    Send(String),
    End,
}

/// Time passes for the channels too, even if nobody calls.
fn beat(shared: &Shared) -> Step {
    let mut world = shared.world();
    let now = world.clock.now();
    world.feed.channels.sweep(now);
    if world.feed.channels.heartbeat_silenced { Step::Nothing } else { Step::Send(frame::heartbeat()) }
}
