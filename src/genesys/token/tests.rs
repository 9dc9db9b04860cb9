//! When tokens are minted: by age, by force, by failure.

use genesys_sim::{Control, Fault, FaultScript, Route, Sim, SimOptions};

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::genesys::ReadMethod;
use crate::ports::Clock;

const SECOND: Duration = Duration::from_secs(1);

/// Neither time nor chance plays a part here.
struct Steady;

impl Clock for Steady {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Entropy for Steady {
    fn uuid(&self) -> Uuid {
        Uuid::nil()
    }

    fn unit(&self) -> f64 {
        0.5
    }
}

async fn rig() -> (Sim, Control, Arc<Tokens>) {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let control = sim.control();
    let url: url::Url = sim.url().parse().unwrap();
    let settings = Settings {
        api_url: url.clone(),
        login_url: url,
        client_id: "sim-client".to_owned(),
        client_secret: "sim-secret".into(),
        timeout: 30 * SECOND,
        read_method: ReadMethod::Post,
        token_refresh: TokenRefresh::Cached,
    };
    let http = Http::new(settings.timeout, Arc::new(Steady)).unwrap();
    (sim, control, Arc::new(Tokens::new(settings, http, Arc::new(Steady))))
}

/// A token of so many seconds' age and a life of a hundred.
fn aged(seconds: u32) -> Arc<Token> {
    let header = HeaderValue::from_static("Bearer old");
    Arc::new(Token::new(header, Instant::now().checked_sub(SECOND * seconds).unwrap(), 100 * SECOND))
}

fn hold(tokens: &Tokens, token: &Arc<Token>) {
    tokens.lock().token = Some(Arc::clone(token));
}

fn fault(control: &Control, fault: Fault) {
    control.script_fault(FaultScript { route: Route::Token, times: 99, skip: 0, fault }).unwrap();
}

fn soon() -> Instant {
    Instant::now() + 20 * SECOND
}

fn mints(control: &Control) -> usize {
    control.calls(Route::Token).len()
}

#[tokio::test]
async fn a_young_token_is_used_as_it_is() {
    let (_sim, control, tokens) = rig().await;
    let token = aged(89);
    hold(&tokens, &token);
    assert!(Arc::ptr_eq(&tokens.get(soon()).await.unwrap(), &token));
    assert!(tokens.lock().flight.is_none());
    assert_eq!(mints(&control), 0);
}

#[tokio::test]
async fn an_old_token_is_used_while_one_flight_fetches_its_successor() {
    let (_sim, control, tokens) = rig().await;
    let token = aged(91);
    hold(&tokens, &token);
    for _ in 0..10 {
        // Nothing else runs on this thread before the first await that waits: these callers do not wait.
        assert!(Arc::ptr_eq(&tokens.get(soon()).await.unwrap(), &token));
    }
    let flight = tokens.lock().flight.clone().unwrap();
    let successor = flight.await.unwrap();
    assert!(Arc::ptr_eq(&tokens.get(soon()).await.unwrap(), &successor));
    assert_eq!(mints(&control), 1);
}

#[tokio::test]
async fn a_failed_refresh_is_noticed_by_nobody_while_the_token_lives() {
    let (_sim, control, tokens) = rig().await;
    let token = aged(91);
    hold(&tokens, &token);
    fault(&control, Fault::Status { code: 400, retry_after_s: None, after_effect: false });
    tokens.get(soon()).await.unwrap();
    let flight = tokens.lock().flight.clone().unwrap();
    assert_eq!(flight.await.unwrap_err(), UpstreamError::Rejected { status: 400 });
    for _ in 0..10 {
        assert!(Arc::ptr_eq(&tokens.get(soon()).await.unwrap(), &token));
    }
    assert!(tokens.lock().flight.is_none(), "minting rests");
    assert_eq!(mints(&control), 1);
}

#[tokio::test]
async fn a_dead_token_is_not_used() {
    let (_sim, control, tokens) = rig().await;
    let token = aged(100);
    hold(&tokens, &token);
    assert!(!Arc::ptr_eq(&tokens.get(soon()).await.unwrap(), &token));
    assert_eq!(mints(&control), 1);
}

#[tokio::test]
async fn after_a_rest_minting_is_tried_again() {
    let (_sim, control, tokens) = rig().await;
    fault(&control, Fault::Status { code: 401, retry_after_s: None, after_effect: false });
    assert_eq!(tokens.get(soon()).await.unwrap_err(), UpstreamError::Unauthorized);
    control.clear_faults();
    assert_eq!(tokens.get(soon()).await.unwrap_err(), UpstreamError::Unauthorized);
    let until = tokens.lock().rest.as_ref().unwrap().until;
    assert!(until <= Instant::now() + REST);
    tokens.lock().rest.as_mut().unwrap().until = Instant::now();
    assert!(tokens.get(soon()).await.is_ok());
    assert!(tokens.lock().rest.is_none());
    assert_eq!(mints(&control), 2);
}

#[tokio::test]
async fn login_may_ask_for_a_longer_rest_within_reason() {
    let (_sim, control, tokens) = rig().await;
    fault(&control, Fault::Status { code: 429, retry_after_s: Some(600), after_effect: false });
    let limited = UpstreamError::RateLimited { retry_after: Some(600 * SECOND) };
    assert_eq!(tokens.get(soon()).await.unwrap_err(), limited);
    let until = tokens.lock().rest.as_ref().unwrap().until;
    assert!(Instant::now() + LONGEST_REST / 2 < until && until <= Instant::now() + LONGEST_REST);
}

#[tokio::test]
async fn only_the_current_token_is_replaced() {
    let (_sim, control, tokens) = rig().await;
    let refused = aged(1);
    hold(&tokens, &refused);
    let fresh = tokens.replace(&refused, soon()).await.unwrap();
    assert!(Arc::ptr_eq(&tokens.replace(&refused, soon()).await.unwrap(), &fresh), "somebody was faster");
    assert_eq!(mints(&control), 1);
    assert_eq!(tokens.replace(&fresh, soon()).await.unwrap_err(), UpstreamError::Unauthorized);
    tokens.lock().forced = Instant::now().checked_sub(REST);
    assert!(tokens.replace(&fresh, soon()).await.is_ok());
    assert_eq!(mints(&control), 2);
}

#[tokio::test]
async fn a_crashed_mint_does_not_block_the_next() {
    let (_sim, _control, tokens) = rig().await;
    let crashed: Flight = async { Err(UpstreamError::Unreachable) }.boxed().shared();
    tokens.lock().flight = Some(crashed.clone());
    assert!(crashed.await.is_err());
    assert!(tokens.get(soon()).await.is_ok());
}
