//! The limiter is attacked with crowds and floods, on a clock of its own.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use proptest::prelude::*;
use tokio::time::advance;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::*;
use crate::layers::BoxError;
use crate::layers::rescue::Headed;

fn rate(per_minute: u32, burst: u32) -> Rate {
    Rate { per_minute: NonZeroU32::new(per_minute).unwrap(), burst: NonZeroU32::new(burst).unwrap() }
}

#[tokio::test(start_paused = true)]
async fn a_burst_passes_and_the_next_waits_its_time() {
    let keyed = Keyed::keeping(rate(60, 3), 10);
    for remaining in [2, 1, 0] {
        assert_eq!(keyed.check(&"a").unwrap().remaining, remaining);
    }
    let refused = keyed.check(&"a").unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_secs(1));
    assert_eq!(refused.standing, Standing { limit: 3, remaining: 0, reset: Duration::from_secs(3) });
    assert!(keyed.check(&"b").is_ok(), "another key is another bucket");
    advance(Duration::from_millis(999)).await;
    assert!(keyed.check(&"a").is_err());
    advance(Duration::from_millis(1)).await;
    assert_eq!(keyed.check(&"a").unwrap().remaining, 0);
}

/// Whoever is limited stays so, whatever else is invented meanwhile; and whoever is known goes on.
#[tokio::test(start_paused = true)]
async fn a_flood_of_keys_neither_frees_nor_starves_anybody() {
    let keyed = Keyed::keeping(rate(60, 2), 1_000);
    assert!(keyed.check(&"honest").is_ok());
    while keyed.check(&"debtor").is_ok() {}
    let admitted = (0..50_000).filter(|stranger| keyed.check(stranger).is_ok()).count();
    assert!(admitted <= 1_000 + 2, "{admitted} strangers in one instant");
    assert!(keyed.check(&"debtor").is_err());
    assert!(keyed.check(&"honest").is_ok());
    advance(Duration::from_mins(1)).await;
    assert!(keyed.check(&"a newcomer").is_ok(), "those who paid make room");
}

proptest! {
    /// In no window comes more than a burst and what was earned in it.
    #[test]
    fn no_window_has_more_than_its_due(
        per_minute in 1_u32..600,
        burst in 1_u32..20,
        pauses in proptest::collection::vec(0_u64..3_000, 1..120),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let admitted = runtime.block_on(async {
            let keyed = Keyed::keeping(rate(per_minute, burst), 10);
            let mut at = Duration::ZERO;
            let mut admitted = Vec::new();
            for pause in pauses {
                advance(Duration::from_millis(pause)).await;
                at += Duration::from_millis(pause);
                if keyed.check(&1).is_ok() {
                    admitted.push(at);
                }
            }
            admitted
        });
        for (first, from) in admitted.iter().enumerate() {
            for (last, to) in admitted.iter().enumerate().skip(first) {
                let earned = u32::try_from(to.saturating_sub(*from).as_millis()).unwrap() * per_minute / 60_000;
                prop_assert!(u32::try_from(last - first).unwrap() <= burst + earned);
            }
        }
    }

    /// Whoever keeps to the rate is never refused.
    #[test]
    fn whoever_keeps_the_rate_passes(per_minute in 1_u32..600, count in 1_usize..100) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let keyed = Keyed::keeping(rate(per_minute, 1), 10);
            for _ in 0..count {
                assert!(keyed.check(&1).is_ok());
                // tokio's clock has a resolution of 1 ms.
                advance(Duration::from_mins(1) / per_minute + Duration::from_millis(1)).await;
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn answers_tell_where_the_caller_stands() {
    let fine = service_fn(async |_: Request<&'static str>| Ok::<_, BoxError>(Response::new(())));
    let keyed = Arc::new(Keyed::keeping(rate(60, 1), 10));
    let layer = RateLimitLayer::new(move |request: &Request<&'static str>| {
        (!request.body().is_empty()).then(|| keyed.check(request.body()))
    });
    let ask = |who: &'static str| layer.layer(fine).oneshot(Request::new(who));
    let answer = ask("a").await.unwrap();
    let told = NAMES.map(|name| answer.headers()[&name].to_str().unwrap().to_owned());
    assert_eq!(told, ["1", "0", "1"]);
    let refused = ask("a").await.unwrap_err().downcast::<Headed>().unwrap();
    assert_eq!((refused.error.reason, refused.error.retry_after), (Reason::RateLimited, Some(Duration::from_secs(1))));
    assert_eq!(refused.headers["ratelimit-remaining"], "0");
    assert!(ask("").await.unwrap().headers().is_empty(), "whoever is exempt is told nothing");
}
