//! An hour, played on one clock that jumps from each event to the next.

use std::sync::Arc;
use std::time::Duration;

use genesys_sim::{Control, Sim, SimOptions};
use jiff::Timestamp;
use session_resumption::domain::ids::Pair;
use session_resumption::domain::time::after;
use session_resumption::genesys::platform::conversation::legs_of;
use session_resumption::service::events::Events;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::agenda::Agenda;
use crate::chance::Chance;
use crate::customer::Desk;
use crate::figures::{Figures, Seen, When};
use crate::lives::Lives;
use crate::reading::Genesys;
use crate::stage::{Stage, TIMELINE};
use crate::ways::{Parcel, Ways};

/// How the hour is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) conversations: usize,
    /// How many come back, evenly over the time.
    pub(crate) returns: usize,
    /// How many come back within one minute, each of another conversation.
    pub(crate) burst: usize,
    pub(crate) lasts: Duration,
    /// The share of the channel's frames that are lost in silence.
    pub(crate) lost: f64,
}

/// The mirror is cold at first, and that is not what is measured.
const WARM_UP: Duration = Duration::from_mins(5);
/// Queues that nobody subscribed to.
const UNCOVERED: usize = 2;
const MINUTE: Duration = Duration::from_mins(1);
const BREAK_EVERY: Duration = Duration::from_mins(10);
const HEARTBEAT: Duration = Duration::from_secs(30);
const BEAT: Duration = Duration::from_secs(5);

/// Something that happens.
enum Happening {
    /// To the conversation of this number, if it still has this place.
    Change(usize, usize),
    Message(usize, usize),
    Arrival(Box<Parcel>),
    /// Of a customer of this place, or of any.
    Return(Option<usize>),
    Break,
    Repair,
    Heartbeat,
    Beat,
}

struct Hour {
    plan: Plan,
    control: Control,
    lives: Lives,
    ways: Ways,
    events: Events,
    desk: Arc<Desk>,
    genesys: Arc<Genesys>,
    agenda: Agenda<Happening>,
    chance: Chance,
    began: Instant,
    /// Since when what goes on goes on.
    now: Duration,
    last_event: u64,
    broken: bool,
    repaired: Option<Duration>,
    returns: JoinSet<Seen>,
}

/// Plays it.
pub(crate) async fn play(plan: Plan) -> Figures {
    let start: Timestamp = "2026-05-15T09:00:00Z".parse().unwrap();
    let options = SimOptions { start_time: Some(start), threading_timeline: TIMELINE, ..SimOptions::default() };
    let sim = Sim::start(options).await.unwrap();
    let mut hour = Hour::new(plan, sim.control());
    hour.warm_up().await;
    hour.measure().await
}

// === impl Hour ===

impl Hour {
    fn new(plan: Plan, control: Control) -> Self {
        let mut chance = Chance::of(plan.seed);
        let lives = Lives::new(control.platform(), chance.branch());
        let followed: Arc<[String]> = lives.queues[UNCOVERED..].into();
        let Stage { mirror, events, genesys, desk } = Stage::new(&control, &followed, chance.branch());
        let ways = Ways::new(mirror, &followed, plan.lost, chance.branch());
        Self {
            plan,
            control,
            lives,
            ways,
            events,
            desk,
            genesys,
            agenda: Agenda::new(),
            chance,
            began: Instant::now(),
            now: Duration::ZERO,
            last_event: 0,
            broken: false,
            repaired: None,
            returns: JoinSet::new(),
        }
    }

    async fn warm_up(&mut self) {
        self.ways.connect().await;
        self.lives.populate(self.plan.conversations);
        self.last_event = self.control.published_after(0).last().map_or(0, |event| event.id);
        for slot in 0..self.plan.conversations {
            self.note(slot);
            self.follow(slot);
        }
        self.at(HEARTBEAT, Happening::Heartbeat);
        self.at(BEAT, Happening::Beat);
        self.run_until(WARM_UP).await;
    }

    async fn measure(mut self) -> Figures {
        (self.lives.changes, self.lives.messages) = (0, 0);
        let before = self.genesys.sent().len();
        let end = self.now + self.plan.lasts;
        for _ in 0..self.plan.returns {
            let at = self.chance.between(self.now, end);
            self.at(at, Happening::Return(None));
        }
        // Away from the breaks, which have figures of their own.
        let burst = self.now + self.plan.lasts / 2;
        for slot in 0..self.plan.burst {
            let at = self.chance.between(burst, burst + MINUTE);
            self.at(at, Happening::Return(Some(slot)));
        }
        let mut ten = self.now;
        while ten < end {
            let at = self.chance.between(ten + 2 * MINUTE, ten + 8 * MINUTE);
            let lasts = self.chance.between(Duration::from_secs(5), Duration::from_secs(40));
            self.at(at, Happening::Break);
            self.at(at + lasts, Happening::Repair);
            ten += BREAK_EVERY;
        }
        let instant = |at: Duration| after(self.control.now(), at.saturating_sub(self.now));
        let burst = (instant(burst), instant(burst + MINUTE));
        self.run_until(end).await;
        let (changes, messages) = (self.lives.changes, self.lives.messages);
        let seen = std::mem::take(&mut self.returns).join_all().await;
        Figures {
            conversations: self.plan.conversations,
            hours: self.plan.lasts.as_secs_f64() / 3600.0,
            changes,
            messages,
            seen,
            reads: self.genesys.sent().split_off(before),
            burst,
        }
    }

    async fn run_until(&mut self, end: Duration) {
        while let Some((at, happening)) = self.agenda.next(end) {
            if at > self.now {
                sleep_until(self.began + at).await;
                self.now = at;
            }
            self.happens(happening).await;
        }
        sleep_until(self.began + end).await;
        self.now = end;
    }

    async fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Change(slot, number) if self.lives.all[slot].number == number => {
                let pair = self.lives.all[slot].pair.clone();
                if self.lives.change(slot) {
                    self.note_of(&pair);
                    self.follow(slot);
                } else {
                    let next = self.lives.stays(slot);
                    self.at(self.now + next, Happening::Change(slot, number));
                }
                self.note(slot);
                self.send();
            }
            Happening::Message(slot, number) if self.lives.all[slot].number == number => {
                self.lives.say(slot);
                self.send();
                let next = self.lives.is_silent();
                self.at(self.now + next, Happening::Message(slot, number));
            }
            Happening::Change(..) | Happening::Message(..) => {}
            Happening::Arrival(parcel) => match *parcel {
                Parcel::Frame(frame) => self.ways.take(frame).await,
                Parcel::Bridged(pushed) => {
                    let taken = self.events.take(vec![Ok(pushed)]).await.unwrap();
                    assert_eq!((taken.stale, taken.refused), (0, Vec::new()));
                }
            },
            Happening::Return(slot) => self.returns(slot),
            Happening::Break => {
                self.broken = true;
                self.ways.break_off().await;
            }
            Happening::Repair => {
                (self.broken, self.repaired) = (false, Some(self.now));
                self.ways.connect().await;
            }
            Happening::Heartbeat => {
                self.ways.heartbeat();
                self.at(self.now + HEARTBEAT, Happening::Heartbeat);
            }
            Happening::Beat => {
                self.ways.beat().await;
                self.at(self.now + BEAT, Happening::Beat);
            }
        }
    }

    /// A customer comes back. Of those who come from anywhere, one in ten comes to a conversation that is over.
    fn returns(&mut self, slot: Option<usize>) {
        let past = &self.lives.past;
        let pair = match slot {
            Some(slot) => self.lives.all[slot].pair.clone(),
            None if !past.is_empty() && self.chance.is(0.1) => {
                let latest = past.len().min(self.plan.conversations);
                past[past.len() - 1 - self.chance.below(latest)].clone()
            }
            None => self.chance.pick(&self.lives.all).pair.clone(),
        };
        let lately = self.repaired.is_some_and(|repaired| self.now < repaired + MINUTE);
        let when = match slot {
            _ if self.broken => When::Broken,
            Some(_) => When::Burst,
            None if lately => When::AfterBreak,
            None => When::Steady,
        };
        self.returns.spawn(Arc::clone(&self.desk).serve(pair, when));
    }

    /// Begins to follow a conversation.
    fn follow(&mut self, slot: usize) {
        let (number, stays, silent) = (self.lives.all[slot].number, self.lives.stays(slot), self.lives.is_silent());
        self.at(self.now + stays, Happening::Change(slot, number));
        self.at(self.now + silent, Happening::Message(slot, number));
    }

    fn note(&self, slot: usize) {
        self.note_of(&self.lives.all[slot].pair);
    }

    fn note_of(&self, pair: &Pair) {
        let body = self.control.platform().conversation(pair.conversation.as_str()).unwrap();
        let legs = legs_of(body, Some(&pair.conversation)).unwrap();
        self.desk.truth.lock().unwrap().note(legs, self.control.now());
    }

    /// Sends off what was published.
    fn send(&mut self) {
        for event in self.control.published_after(self.last_event) {
            self.last_event = event.id;
            for (takes, parcel) in self.ways.send(event) {
                self.at(self.now + takes, Happening::Arrival(Box::new(parcel)));
            }
        }
    }

    fn at(&mut self, at: Duration, happening: Happening) {
        self.agenda.add(at, happening);
    }
}
