//! A Genesys that is down is left alone, and found again.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{join, join_all};
use genesys_sim::Route;
use session_resumption::ports::{Conversations, UpstreamError};
use tokio::time::{Instant, sleep, timeout};

use crate::faults::{HANG, RESET, status};
use crate::support::{Rig, SECOND};

/// As many failures as open a circuit.
const ENOUGH: usize = 10;

fn is_refused<T>(result: &Result<T, UpstreamError>) -> bool {
    matches!(result, Err(UpstreamError::CircuitOpen { .. }))
}

impl Rig {
    /// Reads until the circuit refuses to.
    async fn read_until_refused(&self) {
        let reads = join_all((0..ENOUGH).map(|_| self.read())).await;
        assert!(reads.iter().all(Result::is_err), "{reads:?}");
        let soon = |retry_after: &Duration| *retry_after <= 2 * SECOND;
        let refused = self.read().await;
        assert!(
            matches!(&refused, Err(UpstreamError::CircuitOpen { retry_after }) if soon(retry_after)),
            "{refused:?}"
        );
    }

    /// Calls until Genesys is asked again.
    async fn found_again<T>(&self, call: impl AsyncFn() -> Result<T, UpstreamError>) {
        let began = Instant::now();
        loop {
            match call().await {
                Ok(_) => return,
                Err(error) => assert!(is_refused::<T>(&Err(error.clone())), "{error:?}"),
            }
            assert!(began.elapsed() < 20 * SECOND, "it is back and nobody notices");
            sleep(SECOND / 50).await;
        }
    }
}

#[tokio::test]
async fn a_genesys_that_fails_is_not_asked_and_costs_nothing_until_it_is_found_again() {
    for fault in [status(503), RESET, HANG, status(408)] {
        let rig = Rig::facing(&fault).await;
        rig.fault(Route::Read, u32::MAX, fault.clone());
        let began = Instant::now();
        rig.read_until_refused().await;
        let (opened, asked, taken) = (Instant::now(), rig.count(Route::Read), rig.taken());
        for _ in 0..100 {
            assert!(rig.read().await.is_err());
        }
        // It may be asked once, and once more, on a machine so slow that the circuit was half open meanwhile.
        let probes = usize::try_from(began.elapsed().as_secs()).unwrap();
        assert!(rig.count(Route::Read) <= asked + probes, "{fault:?}");
        assert!(opened.elapsed() < 5 * SECOND, "{:?}", opened.elapsed());
        assert_eq!(usize::try_from(rig.taken() - taken).unwrap(), rig.count(Route::Read) - asked, "{fault:?}");

        rig.control.clear_faults();
        rig.found_again(async || rig.read().await).await;
        assert!(rig.read().await.is_ok(), "and all are let through again");
    }
}

#[tokio::test]
async fn who_waits_for_a_turn_while_the_circuit_opens_sends_nothing() {
    let rig = Rig::facing(&HANG).await;
    rig.genesys.sign_in().await.unwrap();
    rig.fault(Route::Read, u32::MAX, HANG);
    let late = async {
        while rig.count(Route::Read) < ENOUGH {
            sleep(SECOND / 100).await;
        }
        let turns = rig.hold_turns().await;
        let mut waiting = pin!(rig.read());
        // Meanwhile the others are given up.
        assert!(timeout(2 * SECOND, &mut waiting).await.is_err());
        let asked = rig.count(Route::Read);
        drop(turns);
        assert!(is_refused(&waiting.await));
        asked
    };
    let (reads, asked) = join(join_all((0..ENOUGH).map(|_| rig.read())), late).await;
    assert!(reads.iter().all(Result::is_err));
    assert_eq!(rig.count(Route::Read), asked);
}

#[tokio::test]
async fn one_at_a_time_finds_out_whether_genesys_is_back() {
    let rig = Rig::facing(&HANG).await;
    rig.fault(Route::Read, u32::MAX, HANG);
    rig.read_until_refused().await;
    rig.control.clear_ledger();
    // Three times as long as it is open at first, and nobody is patient.
    let until = Instant::now() + 6 * SECOND;
    while Instant::now() < until {
        join_all((0..20).map(|_| rig.read())).await;
        sleep(SECOND / 50).await;
    }
    let reads = rig.control.calls(Route::Read);
    assert!((1..=6).contains(&reads.len()), "{}", reads.len());
}

#[tokio::test]
async fn a_genesys_that_takes_no_writes_is_read_all_the_same() {
    let rig = Rig::new().await;
    rig.fault(Route::Patch, u32::MAX, status(503));
    join_all((0..ENOUGH).map(|_| rig.patch())).await;
    assert!(is_refused(&rig.patch().await));
    let post = rig.post().await;
    assert!(is_refused(&post) && !post.unwrap_err().outcome_unknown(), "nothing was sent");
    assert_eq!(rig.count(Route::PostMessage), 0);
    assert!(rig.read().await.is_ok());
    rig.control.clear_faults();
    rig.found_again(async || rig.post().await).await;
    assert_eq!(rig.count(Route::PostMessage), 1);
    assert_eq!(rig.patch().await, Ok(()));
}

#[tokio::test]
async fn answers_open_nothing_whatever_they_say() {
    for fault in [status(429), status(400), status(403), status(409), status(401), status(501)] {
        let rig = Rig::new().await;
        rig.fault(Route::Read, u32::MAX, fault.clone());
        for _ in 0..3 {
            let reads = join_all((0..ENOUGH).map(|_| rig.read())).await;
            assert!(!reads.iter().any(is_refused), "{fault:?}");
        }
        rig.control.clear_faults();
        assert!(rig.read().await.is_ok(), "{fault:?}");
    }
}

#[tokio::test]
async fn what_a_caller_cuts_short_opens_nothing() {
    let rig = Rig::new().await;
    rig.genesys.sign_in().await.unwrap();
    rig.fault(Route::Read, u32::MAX, HANG);
    let hurried = || rig.genesys.read(&rig.id, Instant::now() + SECOND / 5);
    for _ in 0..3 {
        let reads = join_all((0..ENOUGH).map(|_| hurried())).await;
        assert!(!reads.iter().any(is_refused), "{reads:?}");
    }
    rig.control.clear_faults();
    assert!(rig.read().await.is_ok());
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_opens_nothing() {
    let rig = Rig::new().await;
    rig.genesys.sign_in().await.unwrap();
    rig.fault(Route::Read, u32::MAX, HANG);
    for _ in 0..3 {
        let left = timeout(SECOND / 5, join_all((0..ENOUGH).map(|_| rig.read()))).await;
        assert!(left.is_err());
    }
    rig.control.clear_faults();
    assert!(rig.read().await.is_ok());
}

#[tokio::test]
async fn a_probe_that_nobody_waits_for_makes_room_for_the_next() {
    let rig = Rig::facing(&HANG).await;
    rig.fault(Route::Read, u32::MAX, HANG);
    rig.read_until_refused().await;
    rig.control.clear_ledger();
    let began = Instant::now();
    while rig.count(Route::Read) == 0 {
        let _ = timeout(SECOND / 20, rig.read()).await;
        sleep(SECOND / 50).await;
        assert!(began.elapsed() < 20 * SECOND, "no probe");
    }
    rig.control.clear_faults();
    rig.found_again(async || rig.read().await).await;
}

#[tokio::test]
async fn a_brown_out_is_not_multiplied() {
    let rig = Rig::new().await;
    let calls = 150;
    let began = Instant::now();
    for _ in 0..calls {
        // Three of ten reads fail.
        for skip in [2, 2, 3] {
            rig.control.script_fault(fault_after(skip)).unwrap();
        }
    }
    for _ in 0..calls {
        let read = rig.read().await;
        assert!(!is_refused(&read), "so few failures open nothing");
    }
    let windows = 2 + usize::try_from(began.elapsed().as_secs()).unwrap() / 10;
    let reads = rig.count(Route::Read);
    assert!(reads > calls && reads <= calls * 6 / 5 + 10 * windows, "{reads}");
}

fn fault_after(skip: u32) -> genesys_sim::FaultScript {
    genesys_sim::FaultScript { route: Route::Read, times: 1, skip, fault: status(503) }
}
