//! Time that passes only when a test says so, while sockets go on as they are.

use std::sync::mpsc;
use std::time::Duration;

use tokio::task::spawn_blocking;

/// While it is kept, the paused clock does not run on by itself when everybody waits for a socket.
pub(crate) struct Still(#[expect(dead_code, reason = "dropping it is what counts")] mpsc::Sender<()>);

pub(crate) fn still() -> Still {
    let (keep, kept) = mpsc::channel::<()>();
    drop(spawn_blocking(move || kept.recv()));
    Still(keep)
}

/// Waits until something is so, by the clock on the wall. A test that waits in vain fails.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        if is_so() {
            return;
        }
        breathe().await;
    }
    panic!("in vain: {what}");
}

/// Lets the others run, and the kernel carry what was sent.
pub(crate) async fn breathe() {
    let nobody = mpsc::channel::<()>();
    drop(spawn_blocking(move || nobody.1.recv_timeout(Duration::from_millis(1))).await);
    drop(nobody.0);
}

/// Lets time pass in steps, so that whoever is to act in between does.
pub(crate) async fn pass(time: Duration) {
    let step = Duration::from_secs(1);
    let mut left = time;
    while !left.is_zero() {
        let now = left.min(step);
        tokio::time::advance(now).await;
        left -= now;
        breathe().await;
    }
}
