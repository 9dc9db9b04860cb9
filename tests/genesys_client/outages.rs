//! A Genesys that is half down is not made worse.

use genesys_sim::Route;
use tokio::time::Instant;

use crate::faults::status;
use crate::support::Rig;

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
        let _ = rig.read().await;
    }
    let windows = 1 + usize::try_from(began.elapsed().as_secs()).unwrap() / 10;
    let reads = rig.count(Route::Read);
    assert!(reads > calls && reads <= calls * 6 / 5 + 10 * windows, "{reads}");
}

fn fault_after(skip: u32) -> genesys_sim::FaultScript {
    genesys_sim::FaultScript { route: Route::Read, times: 1, skip, fault: status(503) }
}
