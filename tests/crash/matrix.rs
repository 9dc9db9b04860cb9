//! Every step of every call, before and after its effect: the replica dies there, another one goes on.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use genesys_sim::{Control, Fault, FaultScript, Route};
use session_resumption::pb::validate_session_request::Intent;
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};

use crate::customer::Loss;
use crate::proxy::{Held, Proxy, When};
use crate::replica::Replica;
use crate::servers::Server;
use crate::stage::{Roads, Stage};
use crate::way::{Phase, Way};

/// Cells of one table that run at the same time: they wait for leases most of the time.
const AT_ONCE: usize = 6;
/// How long a cell may take.
const PATIENCE: Duration = Duration::from_mins(3);
/// How long it may take until a cell's hold is reached.
const SOON: Duration = Duration::from_secs(30);
/// Lets the other replica's caller come as far as it can.
const A_MOMENT: Duration = Duration::from_millis(50);

/// What becomes of the request that the dead replica had sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Lost,
    /// Arrives when the other replica has done its part; a write to Genesys at once, while that is still expected.
    Late,
    /// Arrives when the other replica is just about to do the same, or what it would spoil.
    Raced,
}

/// What Genesys does to lead to a step that is off the usual way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    ReadFails,
    TokenExpires,
    CountIsRefused,
    MessageIsRefused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    Store,
    Genesys,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    phase: Phase,
    to: To,
    step: &'static str,
    nth: usize,
    trouble: Trouble,
    when: When,
    fate: Fate,
}

type Step = (To, &'static str, usize, Trouble);

const VALIDATE: &[Step] = &[
    (To::Store, "join", 1, Trouble::None),
    (To::Genesys, "token", 1, Trouble::TokenExpires),
    (To::Genesys, "read", 1, Trouble::None),
    (To::Store, "conclude", 1, Trouble::None),
    (To::Store, "fail", 1, Trouble::ReadFails),
];

const TAKE_OVER: &[Step] = &[(To::Store, "take_over", 1, Trouble::None)];

const CONFIRM: &[Step] = &[
    (To::Store, "confirmation", 1, Trouble::None),
    (To::Store, "time", 1, Trouble::None),
    (To::Genesys, "read", 1, Trouble::None),
    (To::Store, "claim", 1, Trouble::None),
    (To::Genesys, "patch", 1, Trouble::None),
    (To::Store, "settle", 1, Trouble::None),
    (To::Store, "settle", 1, Trouble::CountIsRefused),
    (To::Store, "record", 1, Trouble::None),
];

/// The marker and two messages, each announced, sent and recorded.
const INJECT: &[Step] = &[
    (To::Store, "begin_injection", 1, Trouble::None),
    (To::Genesys, "read", 1, Trouble::None),
    (To::Store, "time", 1, Trouble::None),
    (To::Genesys, "transcript", 1, Trouble::None),
    (To::Store, "announce", 1, Trouble::None),
    (To::Genesys, "post", 1, Trouble::None),
    (To::Store, "written", 1, Trouble::None),
    (To::Store, "announce", 2, Trouble::None),
    (To::Genesys, "post", 2, Trouble::None),
    (To::Store, "written", 2, Trouble::None),
    (To::Store, "announce", 3, Trouble::None),
    (To::Genesys, "post", 3, Trouble::None),
    (To::Store, "written", 3, Trouble::None),
    (To::Store, "not_sent", 1, Trouble::MessageIsRefused),
    (To::Store, "end_injection", 1, Trouble::None),
];

fn cells(phase: Phase, steps: &[Step]) -> Vec<Cell> {
    let fates = [
        (When::Before, Fate::Lost),
        (When::Before, Fate::Late),
        (When::Before, Fate::Raced),
        (When::After, Fate::Lost),
    ];
    let all = steps.iter().flat_map(|&(to, step, nth, trouble)| {
        fates.map(|(when, fate)| Cell { phase, to, step, nth, trouble, when, fate })
    });
    // Nobody sends a message again before the dead one's cannot arrive any more: see the hole in `frozen`.
    all.filter(|cell| !(cell.step == "post" && cell.fate == Fate::Raced)).collect()
}

/// Runs a table's cells, and fails with what is wrong in any of them. Returns how many ran.
async fn run_all(cells: Vec<Cell>) -> usize {
    warm_up().await;
    let judge = async |cell: Cell| {
        let judged = tokio::spawn(timeout(PATIENCE, run(cell))).await;
        let wrong = match judged {
            Ok(Ok(wrong)) => wrong,
            Ok(Err(_)) => vec!["it does not come to an end".to_owned()],
            Err(panicked) => vec![words_of(panicked.into_panic().as_ref())],
        };
        wrong.into_iter().map(|wrong| format!("{cell:?}\n    {wrong}")).collect::<Vec<_>>()
    };
    let count = cells.len();
    let wrong: Vec<Vec<String>> = stream::iter(cells).map(judge).buffer_unordered(AT_ONCE).collect().await;
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{} violations in {count} cells:\n{}", wrong.len(), wrong.join("\n"));
    count
}

fn words_of(panicked: &(dyn Any + Send)) -> String {
    let text = panicked.downcast_ref::<String>().cloned();
    text.or_else(|| panicked.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// The server has to know the script, or the first request of a step would fail and be no step.
async fn warm_up() {
    static WARM: OnceCell<()> = OnceCell::const_new();
    WARM.get_or_init(|| async {
        let stage = Stage::set(Server::shared()).await;
        stage.customer().validate(0, &Loss::new(1), 0, Intent::Resume).await;
    })
    .await;
}

/// Two losses of one customer, the first replica gone from the first on. Returns what is wrong.
async fn run(cell: Cell) -> Vec<String> {
    let stage = Stage::set(Server::shared()).await;
    let customer = Arc::new(stage.customer());
    let Stage { sim, roads, replicas: [victim, other] } = stage;
    let first = Way::begin(&customer, Loss::new(1));
    let (before, after): (Vec<_>, Vec<_>) = Phase::ALL.iter().copied().partition(|phase| *phase < cell.phase);
    let mut wrong = first.walk(&before).await;
    wrong.extend(first.enter(cell.phase).await);
    let (in_vain, mut recorded) = perturbed(cell, &first, &roads, victim).await;
    first.leave(cell.phase);
    wrong.extend(first.walk(&after[1..]).await);

    customer.drops();
    let second = Way::begin(&customer, Loss::new(2));
    wrong.extend(second.walk(&Phase::ALL).await);

    let led = cell.phase == Phase::Validate && ["read", "conclude"].contains(&cell.step);
    let in_vain = in_vain + other.in_vain("read").await;
    let chapters = [first.chapter(usize::from(led) + in_vain), second.chapter(in_vain)];
    wrong.extend(customer.verdict(&chapters));
    recorded.extend(other.kill().await);
    for chapter in &chapters {
        let lines = recorded.iter().filter(|handshake| **handshake == chapter.handshake).count();
        // Whoever dies between taking a line and writing it takes it along: missing is better than twice.
        let least = usize::from(cell.step != "record" || chapter.loss.number > 1);
        if !(least..=1).contains(&lines) {
            wrong.push(format!("3: {lines} lines of loss {} in the audit record", chapter.loss.number));
        }
    }
    drop(roads);
    sim.stop().await;
    wrong
}

/// A phase in which the first replica dies where the cell says. Returns how many reads it had given up before that, and the
/// handshakes whose resumptions it had recorded.
async fn perturbed(cell: Cell, way: &Arc<Way>, roads: &[Roads; 2], victim: Replica) -> (usize, Vec<String>) {
    cell.trouble.happens(&way.customer.control);
    let mut held = cell.road(&roads[0]).hold(cell.step, cell.nth, cell.when);
    let others = cell.road(&roads[1]);
    let mut ahead = (cell.fate == Fate::Raced).then(|| others.hold(cell.rival(), 1, When::Before));
    let first = way.spawn(cell.phase, 0);
    timeout(SOON, held.reached()).await.expect("the hold is reached");
    let second = way.spawn(cell.phase, 1);
    sleep(A_MOMENT).await;
    let in_vain = victim.in_vain("read").await;
    let recorded = victim.kill().await;
    way.customer.first_is_gone();

    let mut both = Box::pin(async {
        for caller in [first, second] {
            caller.await.unwrap_or_else(|error| panic!("{}", words_of(error.into_panic().as_ref())));
        }
    });
    match (cell.fate, cell.to) {
        (Fate::Lost, _) => drop(held),
        (Fate::Late, To::Genesys) => held.deliver().await,
        (Fate::Late, To::Store) => {
            both.await;
            held.deliver().await;
            return (in_vain, recorded);
        }
        (Fate::Raced, _) => {
            let over = tokio::select! {
                () = &mut both => true,
                () = reached(ahead.as_mut()) => false,
            };
            held.deliver().await;
            if over {
                // It did not come to that.
                others.let_pass();
                return (in_vain, recorded);
            }
            if let Some(ahead) = ahead {
                ahead.deliver().await;
            }
        }
    }
    both.await;
    (in_vain, recorded)
}

async fn reached(held: Option<&mut Held>) {
    match held {
        Some(held) => held.reached().await,
        None => std::future::pending().await,
    }
}

impl Cell {
    /// The step before which the other replica stands when the dead one's request arrives.
    fn rival(&self) -> &'static str {
        match self.step {
            "fail" => "conclude",
            "not_sent" => "written",
            same => same,
        }
    }

    fn road<'a>(&self, roads: &'a Roads) -> &'a Proxy {
        match self.to {
            To::Store => &roads.store,
            To::Genesys => &roads.genesys,
        }
    }
}

impl Trouble {
    fn happens(self, control: &Control) {
        let fails = |route, times, code, retry_after_s| {
            let fault = Fault::Status { code, retry_after_s, after_effect: false };
            control.script_fault(FaultScript { route, times, skip: 0, fault }).unwrap();
        };
        match self {
            Self::None => {}
            // As often as one replica tries.
            Self::ReadFails => fails(Route::Read, 3, 503, None),
            Self::TokenExpires => control.expire_tokens(),
            // For longer than it is waited for within one call.
            Self::CountIsRefused => fails(Route::Patch, 1, 429, Some(3)),
            Self::MessageIsRefused => fails(Route::PostMessage, 1, 429, Some(1)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_may_die_at_any_step_of_validate() {
    println!("{} cells of validate", run_all(cells(Phase::Validate, VALIDATE)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_may_die_at_any_step_of_take_over() {
    println!("{} cells of take over", run_all(cells(Phase::TakeOver, TAKE_OVER)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_may_die_at_any_step_of_confirm() {
    println!("{} cells of confirm", run_all(cells(Phase::Confirm, CONFIRM)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_may_die_at_any_step_of_inject() {
    println!("{} cells of inject", run_all(cells(Phase::Inject, INJECT)).await);
}
