//! The life of one guest socket.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::time::{MissedTickBehavior, interval};

use super::{configure::release, receive::receive};
use crate::{
    channels::{Order, Orders},
    world::Shared,
};

/// How often somebody looks whether sessions have expired.
const SWEEP: Duration = Duration::from_secs(1);

pub(crate) async fn serve(shared: Arc<Shared>, mut socket: WebSocket, serial: u64, mut orders: Orders) {
    let mut sweep = interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = shared.stopping.cancelled() => break,
            order = orders.recv() => match order {
                Some(Order::Send(text)) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        break;
                    }
                }
                Some(Order::Close(code, reason)) => {
                    // The peer may have left already.
                    let _ = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
                    break;
                }
                None => break,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => receive(&mut shared.world(), serial, &text),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
            },
            _ = sweep.tick() => shared.world().sweep_guests(),
        }
    }
    let mut world = shared.world();
    release(&mut world, serial);
    world.guests.remove(serial);
}
