//! A browser is held to its own session; of any other it learns as little as of one that does not exist.

use session_resumption::domain::decision::{Decision, Reason as Decided};
use session_resumption::domain::error::{Error, Reason};
use session_resumption::domain::ids::{HandshakeId, Pair, TabId};
use session_resumption::domain::principal::{Bound, Principal, Role};
use session_resumption::ports::Clock as _;
use session_resumption::service::inject::Inject;
use session_resumption::service::validate::{Asked, Intent, Validate, Validated};
use uuid::Uuid;

use super::stage::{Stage, caller, key, pair};

fn ask(session: Bound) -> Validate<Bound> {
    Validate { session, tab: None, attempt: None, handshake: None, intent: Intent::Resume, dropped_at: None }
}

fn tab() -> TabId {
    TabId::parse("tab").unwrap()
}

impl Stage {
    async fn validate(
        &self,
        principal: &Principal,
        request: Validate<Bound>,
    ) -> Result<(Option<Pair>, Validated), Error> {
        let Validate { session, tab, attempt, handshake, intent, dropped_at } = request;
        let request = Validate { session: Asked::Bound(session), tab, attempt, handshake, intent, dropped_at };
        self.resumption.validate(&caller(principal), request).await
    }

    async fn register(&self, name: &str, pair: &Pair) {
        self.resumption.register(&caller(&Principal::service("site")), &key(name), pair).await.unwrap();
    }
}

fn browser_of(pair: &Pair) -> Principal {
    Principal::browser("browser", Bound::Pair(pair.clone()))
}

fn browser_with(name: &str) -> Principal {
    Principal::browser("browser", Bound::Key(key(name)))
}

#[tokio::test]
async fn a_browser_comes_back_to_its_own_session_by_every_name_of_it() {
    let stage = Stage::new();
    let own = pair("chat", "ana");
    stage.register("own", &own).await;
    let pairs = (browser_of(&own), Bound::Pair(own.clone()));
    let keys = (browser_with("own"), Bound::Key(key("own")));
    let mixed = (browser_with("own"), Bound::Pair(own.clone()));
    for (browser, asked) in [pairs, keys, mixed] {
        let (pair, validated) = stage.validate(&browser, ask(asked)).await.unwrap();
        assert_eq!(pair.as_ref(), Some(&own));
        assert!(matches!(validated.view.answer.decision, Decision::Resumable(_)));
    }
    assert_eq!(stage.genesys.calls(), 1);
}

/// All that an answer tells.
fn told(outcome: Result<(Option<Pair>, Validated), Error>) -> String {
    match outcome {
        Ok((None, Validated { view, replayed, degraded })) => format!("{view:?} {replayed} {degraded}"),
        Ok((Some(pair), _)) => panic!("told of {pair:?}"),
        Err(error) => format!("{error:?}"),
    }
}

#[tokio::test]
async fn other_sessions_are_as_if_they_were_not() {
    let stage = Stage::new();
    let (own, other) = (pair("chat", "ana"), pair("other", "ana"));
    for (name, pair) in [("own", &own), ("others", &other)] {
        stage.register(name, pair).await;
    }
    // The other session is under way, with a handshake of its own.
    let (_, opened) = stage.validate(&browser_of(&other), ask(Bound::Pair(other.clone()))).await.unwrap();
    let calls = stage.genesys.calls();
    stage.record.take();
    let foreign = [
        Bound::Pair(other.clone()),
        Bound::Pair(pair("chat", "bob")),
        Bound::Pair(pair("nowhere", "ana")),
        Bound::Key(key("others")),
        Bound::Key(key("nobodys")),
    ];
    let unbound = Principal::new(Role::Browser, "browser");
    for browser in [browser_of(&own), browser_with("own"), browser_with("unregistered"), unbound] {
        for (intent, handshake) in [
            (Intent::Resume, None),
            (Intent::Heartbeat, None),
            (Intent::TakeOver(tab()), None),
            (Intent::Resume, opened.view.handshake),
            (Intent::TakeOver(tab()), opened.view.handshake),
        ] {
            let request = |session| Validate { intent: intent.clone(), handshake, tab: Some(tab()), ..ask(session) };
            let mut answers = Vec::new();
            for session in &foreign {
                answers.push(told(stage.validate(&browser, request(session.clone())).await));
                assert!(stage.record.take().contains(&"ForeignSession".to_owned()));
            }
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
            let expected = match (&intent, handshake) {
                (_, Some(_)) => Reason::HandshakeNotFound.wire(),
                (Intent::TakeOver(_), None) => Reason::NothingToTakeOver.wire(),
                (_, None) => Decided::SessionNotFound.wire(),
            };
            let expected = expected.replace('_', "").to_lowercase();
            assert!(answers[0].to_lowercase().contains(&expected), "{expected}: {}", answers[0]);
        }
    }
    assert_eq!(stage.genesys.calls(), calls, "genesys was not asked");
}

#[tokio::test]
async fn what_is_said_of_a_foreign_session_is_said_of_one_that_does_not_exist() {
    let stage = Stage::new();
    let nowhere = pair("nowhere", "ana");
    // To whoever may ask about it, having read it.
    let (_, read) = stage.validate(&Principal::service("site"), ask(Bound::Pair(nowhere.clone()))).await.unwrap();
    let (pair, mut foreign) = stage.validate(&browser_with("own"), ask(Bound::Pair(nowhere))).await.unwrap();
    assert_eq!(pair, None);
    let as_of = foreign.view.answer.as_of;
    assert_eq!((as_of.as_second(), as_of.subsec_nanosecond()), (stage.time.now().as_second(), 0));
    foreign.view.answer.as_of = read.view.answer.as_of;
    assert_eq!(format!("{foreign:?}"), format!("{read:?}"));
}

#[tokio::test]
async fn a_browser_changes_nothing_in_another_session() {
    let stage = Stage::new();
    let (own, other) = (pair("chat", "ana"), pair("other", "ana"));
    let site = Principal::service("site");
    let (_, opened) = stage.validate(&site, ask(Bound::Pair(other.clone()))).await.unwrap();
    let handshake = opened.view.handshake.unwrap();
    let calls = stage.genesys.calls();
    for id in [handshake, HandshakeId(Uuid::nil())] {
        for browser in [browser_of(&own), browser_with("own")] {
            let caller = caller(&browser);
            let confirmed = stage.resumption.confirm(&caller, other.clone(), id).await;
            let tab = Some((tab(), 1));
            let inject = Inject { pair: other.clone(), handshake: id, tab, marker: None, messages: Vec::new() };
            let injected = stage.resumption.inject(&caller, inject).await;
            let errors = [confirmed.unwrap_err(), injected.unwrap_err()];
            assert!(errors.iter().all(|error| error.reason == Reason::HandshakeNotFound), "{errors:?}");
            assert_eq!(errors[0], errors[1]);
        }
    }
    assert_eq!(stage.genesys.calls(), calls);
    // The site itself goes on.
    stage.resumption.confirm(&caller(&site), other, handshake).await.unwrap();
}

#[tokio::test]
async fn a_browser_writes_as_a_tab_and_without_a_marker() {
    let stage = Stage::new();
    let own = pair("chat", "ana");
    let handshake = HandshakeId(Uuid::nil());
    let caller = caller(&browser_of(&own));
    let request = |tab, marker| Inject { pair: own.clone(), handshake, tab, marker, messages: Vec::new() };
    let marker = Some("resumed".to_owned());
    let refused = stage.resumption.inject(&caller, request(Some((tab(), 1)), marker)).await.unwrap_err();
    assert_eq!((refused.reason, refused.violations[0].field.as_str()), (Reason::PermissionDenied, "marker"));
    let refused = stage.resumption.inject(&caller, request(None, None)).await.unwrap_err();
    let field = refused.violations[0].field.as_str();
    assert_eq!((refused.reason, field), (Reason::MissingClientInstance, "client_instance_id"));
    // With both right, what counts is the handshake.
    let refused = stage.resumption.inject(&caller, request(Some((tab(), 1)), None)).await.unwrap_err();
    assert_eq!(refused.reason, Reason::HandshakeNotFound);
}

#[tokio::test]
async fn without_the_registry_nobody_is_sent_away_for_good() {
    let stage = Stage::new();
    let own = pair("chat", "ana");
    stage.register("own", &own).await;
    stage.registry.put_out_of_reach(true);
    let by_key = (browser_with("own"), Bound::Key(key("own")));
    let by_pair = (browser_with("own"), Bound::Pair(own.clone()));
    let site = (Principal::service("site"), Bound::Key(key("own")));
    for (principal, asked) in [by_key, by_pair, site] {
        let error = stage.validate(&principal, ask(asked)).await.unwrap_err();
        assert_eq!(error.reason, Reason::StoreUnavailable);
        assert!(error.retry_after.is_some());
    }
    // Where the name is the session's own, nothing has to be looked up.
    stage.validate(&browser_of(&own), ask(Bound::Pair(own.clone()))).await.unwrap();
}
