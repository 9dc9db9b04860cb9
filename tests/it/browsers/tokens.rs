//! A browser's tokens: issued, shown, replaced and ended.

use std::time::Duration;

use session_resumption::domain::error::Reason;
use session_resumption::domain::principal::{Bound, Principal};
use session_resumption::domain::token_line::LINE_LIFE;
use session_resumption::ports::Clock as _;
use session_resumption::service::sessions::{Issued, Renewal};

use super::stage::{SHOWN_LATE, Stage, TTL, Token, caller, key, pair};

const MINUTE: Duration = Duration::from_mins(1);

/// A line of tokens, and the browser that has it.
struct Browser {
    principal: Principal,
    token: Token,
}

impl Stage {
    async fn issue(&self, bound: Bound) -> Browser {
        let issued = self.sessions.issue(&caller(&Principal::service("site")), &bound).await.unwrap();
        Browser { principal: Principal::browser("browser", bound), token: read(&issued) }
    }

    async fn admits(&self, browser: &Browser) -> bool {
        self.sessions.admit(&browser.principal, browser.token.line, browser.token.generation).await
    }

    async fn refresh(&self, browser: &Browser) -> Renewal {
        self.sessions.refresh(&browser.principal, browser.token.line, browser.token.generation).await.unwrap()
    }
}

/// The token, which is as old as it is said to be.
fn read(issued: &Issued) -> Token {
    let token = Token::read(&issued.token);
    assert_eq!(token.expires, issued.expires);
    token
}

fn fresh(renewal: Renewal) -> Token {
    let Renewal::Fresh(issued) = renewal else { panic!("expected a token, got {renewal:?}") };
    read(&issued)
}

fn ana() -> Bound {
    Bound::Pair(pair("chat", "ana"))
}

#[tokio::test]
async fn a_token_is_issued_for_either_name_of_a_session() {
    let stage = Stage::new();
    let by_pair = stage.issue(ana()).await;
    let by_key = stage.issue(Bound::Key(key("own"))).await;
    assert_eq!((by_pair.token.bound.as_str(), by_key.token.bound.as_str()), ("chat/ana", "own"));
    assert_ne!(by_pair.token.line, by_key.token.line);
    // Whole seconds, as tokens tell the time.
    assert_eq!(by_pair.token.expires.to_string(), "2026-03-01T09:15:00Z");
    assert!(stage.admits(&by_pair).await && stage.admits(&by_key).await);
    assert_eq!(stage.record.take(), ["issued", "issued"]);
}

#[tokio::test]
async fn a_browser_goes_on_from_token_to_token_until_its_line_is_over() {
    let stage = Stage::new();
    let began = stage.time.now();
    let mut browser = stage.issue(ana()).await;
    assert_eq!(stage.refresh(&browser).await, Renewal::Keep);
    loop {
        stage.time.advance(10 * MINUTE);
        match stage.refresh(&browser).await {
            Renewal::Fresh(issued) => browser.token = read(&issued),
            Renewal::Refused => break,
            Renewal::Keep => panic!("it is ten minutes old"),
        }
        assert!(stage.admits(&browser).await);
        assert!(browser.token.expires > stage.time.now());
        assert!(browser.token.expires.duration_since(began).unsigned_abs() <= LINE_LIFE, "{:?}", browser.token);
    }
    assert_eq!(stage.time.now().duration_since(began).unsigned_abs(), LINE_LIFE);
    assert!(!stage.admits(&browser).await);
    let record = stage.record.take();
    assert_eq!(record.iter().filter(|word| *word == "refreshed").count(), record.len() - 1, "{record:?}");
}

#[tokio::test]
async fn a_token_that_was_replaced_ends_the_line_and_that_is_told_once() {
    let stage = Stage::new();
    let stolen = stage.issue(ana()).await;
    stage.time.advance(MINUTE);
    let owner = Browser { token: fresh(stage.refresh(&stolen).await), principal: stolen.principal.clone() };
    assert!(stage.admits(&owner).await);
    assert!(stage.admits(&stolen).await, "a call may have been on its way");
    stage.time.advance(MINUTE);
    assert!(!stage.admits(&stolen).await);
    assert!(!stage.admits(&stolen).await);
    assert!(!stage.admits(&owner).await, "nobody can tell which of the two is the thief");
    assert_eq!(stage.refresh(&owner).await, Renewal::Refused);
    assert_eq!(stage.record.take(), ["issued", "refreshed", "reused"]);
}

#[tokio::test]
async fn a_browser_that_signs_out_is_out() {
    let stage = Stage::new();
    let (browser, other) = (stage.issue(ana()).await, stage.issue(ana()).await);
    stage.sessions.forget(&browser.principal, browser.token.line).await.unwrap();
    assert!(!stage.admits(&browser).await);
    assert_eq!(stage.refresh(&browser).await, Renewal::Refused);
    assert!(stage.admits(&other).await, "another browser of the same customer");
    assert_eq!(stage.record.take(), ["issued", "issued", "revoked"]);
}

#[tokio::test]
async fn a_line_is_remembered_as_long_as_its_token_may_be_shown() {
    let stage = Stage::new();
    let browser = stage.issue(ana()).await;
    stage.time.advance((TTL + SHOWN_LATE).saturating_sub(MINUTE));
    assert!(stage.admits(&browser).await, "whether it has lapsed is told by its signature");
    stage.time.advance(MINUTE);
    assert!(!stage.admits(&browser).await);
}

#[tokio::test]
async fn without_the_store_a_signature_has_to_do_and_nothing_is_issued() {
    let stage = Stage::new();
    let browser = stage.issue(ana()).await;
    stage.time.advance(MINUTE);
    stage.record.take();
    stage.registry.put_out_of_reach(true);
    assert!(stage.admits(&browser).await);
    assert_eq!(stage.record.take(), ["unchecked"]);
    let site = caller(&Principal::service("site"));
    let (line, generation) = (browser.token.line, browser.token.generation);
    let errors = [
        stage.sessions.issue(&site, &ana()).await.unwrap_err(),
        stage.sessions.refresh(&browser.principal, line, generation).await.unwrap_err(),
        stage.sessions.forget(&browser.principal, line).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.reason, Reason::StoreUnavailable);
        assert!(error.retry_after.is_some());
    }
    stage.registry.put_out_of_reach(false);
    assert_eq!(fresh(stage.refresh(&browser).await).generation, 2);
}

#[tokio::test]
async fn without_a_secret_there_are_no_tokens() {
    let stage = Stage::new();
    let browser = stage.issue(ana()).await;
    stage.time.advance(MINUTE);
    stage.signer.forget_the_secret();
    let site = caller(&Principal::service("site"));
    let error = stage.sessions.issue(&site, &ana()).await.unwrap_err();
    assert_eq!((error.reason, error.retry_after), (Reason::SessionTokensDisabled, None));
    let refreshed = stage.sessions.refresh(&browser.principal, browser.token.line, 1).await;
    assert_eq!(refreshed.unwrap_err().reason, Reason::SessionTokensDisabled);
}

#[tokio::test]
async fn whoever_is_bound_to_no_session_gets_no_token() {
    let stage = Stage::new();
    let browser = stage.issue(ana()).await;
    stage.time.advance(MINUTE);
    let unbound = Principal { bound: None, ..browser.principal.clone() };
    let refreshed = stage.sessions.refresh(&unbound, browser.token.line, 1).await;
    assert_eq!(refreshed, Ok(Renewal::Refused));
}

#[test]
fn a_token_is_never_printed() {
    let issued = Issued { token: "secret".to_owned(), expires: "2026-03-01T09:00:00Z".parse().unwrap() };
    assert!(!format!("{:?}", Renewal::Fresh(issued)).contains("secret"));
}
