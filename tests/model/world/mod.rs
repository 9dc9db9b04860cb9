//! The world around the rules: replicas that run the service's programs step by step, their callers, Genesys, and the time.
//! The store is the real one, [`Conversation`]; each of its functions is one step, as each store runs it.
//!
//! What is assumed, and not checked here:
//! - a write to Genesys takes effect within twice the call timeout from its reservation, or never; so a live process is not
//!   frozen for that long between the two ([`Mutant::Frozen`](crate::scene::Mutant::Frozen) lifts it);
//! - the store keeps what it was told, and its clock does not run backwards;
//! - a step of the store is atomic, and so is a read of Genesys.
//!
//! Everything else may take as long as it likes: a leader may be frozen for longer than its lease, an answer may be read late.

mod confirm;
mod genesys;
mod inject;
mod program;
mod sending;
mod time;
mod trouble;
mod validate;

use session_resumption::domain::conversation::Conversation;
use session_resumption::domain::ids::HandshakeId;
use session_resumption::domain::snapshot::Status;

use crate::given::{Second, at, name_of, tab};
use crate::invariants::{Checker, Observed};
use crate::scene::{Call, Change, Scene};
use crate::sights::Sight;

use genesys::{Genesys, Write};
use program::{Luck, Next, Program, Reply, Step};

/// One state of the world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Second,
    pub(crate) store: Conversation,
    pub(crate) genesys: Genesys,
    pub(crate) clients: Vec<Client>,
    /// Work whose caller has left, and which goes on.
    pub(crate) orphans: Vec<Program>,
    pub(crate) opened: usize,
    pub(crate) crashes: u8,
    pub(crate) losses: u8,
    pub(crate) jumps: u8,
    pub(crate) changed: bool,
    /// How often the store lost something.
    pub(crate) lost: u8,
    /// What the store's successor has heard of, if it hears nothing more.
    pub(crate) heard: Option<Conversation>,
    /// Whether a reservation was not used, because the successor did not hear of it. Whoever made it comes back later.
    pub(crate) unheard: bool,
    /// Whether the store said that it lost something.
    pub(crate) forgotten: bool,
    pub(crate) checker: Checker,
}

/// A browser tab or a flow, which makes its calls one after the other and repeats what failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    /// Its place in its script.
    pub(crate) at: usize,
    /// The replica it is connected to.
    pub(crate) replica: usize,
    /// When it will call again.
    pub(crate) rests_until: Second,
    pub(crate) program: Option<Program>,
    pub(crate) handshake: Option<HandshakeId>,
    pub(crate) epoch: u64,
}

/// A program that can take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Client(usize),
    Orphan(usize),
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A client makes its next call.
    Call(usize),
    /// A program takes its next step.
    Step(Who, Luck),
    /// A client's connection is lost; it comes back to the other replica, and does not know how its call ended.
    Hangup(usize),
    /// A replica dies with all it knows.
    Crash(usize),
    /// A write on its way takes effect.
    Land(usize),
    /// The conversation changes.
    Change,
    /// The store's successor hears nothing from here on.
    Lag,
    /// The store loses what its successor has not heard.
    Forget,
    /// Time passes until this second, although somebody could do something.
    Pass(Second),
    /// Time passes until this second, because nobody can do anything before it.
    Sleep(Second),
}

impl World {
    pub(crate) fn of(scene: &Scene) -> Self {
        let client = |(replica, _): &(usize, Vec<Call>)| Client {
            at: 0,
            replica: *replica,
            rests_until: 0,
            program: None,
            handshake: None,
            epoch: 0,
        };
        let mut world = Self {
            now: 0,
            store: Conversation::default(),
            genesys: Genesys::new(scene.concluded > 0),
            clients: scene.clients.iter().map(client).collect(),
            orphans: Vec::new(),
            opened: 0,
            crashes: scene.crashes,
            losses: scene.losses,
            jumps: scene.jumps,
            changed: false,
            lost: 0,
            heard: None,
            unheard: false,
            forgotten: false,
            checker: Checker::new(0),
        };
        if scene.concluded > 0 {
            world.observe(&Observed::Attached);
        }
        for number in 1..=scene.concluded {
            world.conclude_before(number, number <= scene.confirmed);
        }
        world
    }

    pub(crate) fn script<'a>(&self, scene: &'a Scene, client: usize) -> &'a [Call] {
        &scene.clients[client].1[self.clients[client].at..]
    }

    /// Whether everybody has got what they asked for, or a final refusal, and nothing is on its way.
    pub(crate) fn is_over(&self, scene: &Scene) -> bool {
        let done = |client: usize| self.clients[client].program.is_none() && self.script(scene, client).is_empty();
        (0..self.clients.len()).all(done) && self.orphans.is_empty() && self.genesys.in_flight.is_empty()
    }

    /// Whether some program at least can go on.
    pub(crate) fn is_busy(&self) -> bool {
        self.programs().any(|(_, program)| !program.step.waits())
    }

    pub(crate) fn observe(&mut self, observed: &Observed) {
        self.checker.observe(observed);
    }

    pub(crate) fn programs(&self) -> impl Iterator<Item = (Who, &Program)> {
        let clients = self.clients.iter().enumerate();
        let clients = clients.filter_map(|(index, client)| Some((Who::Client(index), client.program.as_ref()?)));
        let orphans = self.orphans.iter().enumerate().map(|(index, orphan)| (Who::Orphan(index), orphan));
        clients.chain(orphans)
    }

    pub(crate) fn actions(&self, scene: &Scene, actions: &mut Vec<Action>) {
        for index in 0..self.clients.len() {
            if self.may_call(scene, index) {
                actions.push(Action::Call(index));
            }
        }
        for (who, program) in self.programs() {
            if self.is_ready(scene, program) {
                let lucks = program.lucks(self.losses > 0);
                actions.extend(lucks.into_iter().map(|luck| Action::Step(who, luck)));
            }
        }
        let all_wait = actions.is_empty();
        actions.extend((0..self.genesys.in_flight.len()).map(Action::Land));
        self.troubles(actions);
        if scene.change.is_some() && !self.changed && self.programs().next().is_some() {
            actions.push(Action::Change);
        }
        self.forgettings(scene, actions);
        self.passings(scene, all_wait, actions);
    }

    pub(crate) fn next(&self, scene: &Scene, action: Action) -> Option<Self> {
        let mut world = self.clone();
        match action {
            Action::Call(client) => world.call(scene, client),
            Action::Step(who, luck) => world.step(scene, who, luck)?,
            Action::Hangup(client) => world.hangup(client),
            Action::Crash(replica) => world.crash(scene, replica),
            Action::Land(index) => world.land(scene, index),
            Action::Change => world.change(scene.change?),
            Action::Lag => world.heard = Some(world.store.clone()),
            Action::Forget => world.forget(),
            Action::Pass(second) => {
                world.jumps -= 1;
                world.freeze();
                world.pass(second);
            }
            Action::Sleep(second) => world.pass(second),
        }
        Some(world)
    }

    fn may_call(&self, scene: &Scene, index: usize) -> bool {
        let client = &self.clients[index];
        client.program.is_none()
            && !self.unheard
            && self.now >= client.rests_until
            && !self.script(scene, index).is_empty()
    }

    fn call(&mut self, scene: &Scene, index: usize) {
        let call = self.script(scene, index)[0];
        let client = &self.clients[index];
        let named = match call {
            Call::ConfirmFor(number) | Call::InjectFor(number) => Some(crate::given::handshake(number)),
            Call::Confirm | Call::InjectAsTab => client.handshake,
            Call::Resume(_) | Call::Heartbeat | Call::TakeOver => None,
        };
        let program = Program {
            client: index,
            replica: client.replica,
            call,
            named,
            epoch: client.epoch,
            step: Step::first(call),
        };
        if let Some(named) = named {
            self.asks(scene, call, named);
        }
        self.clients[index].program = Some(program);
    }

    fn asks(&mut self, scene: &Scene, call: Call, named: HandshakeId) {
        let handshake = name_of(named);
        match call {
            Call::Confirm | Call::ConfirmFor(_) => {
                if !self.genesys.attached && self.genesys.status == Status::Disconnected {
                    (self.genesys.attached, self.genesys.status) = (true, Status::Active);
                    self.observe(&Observed::Attached);
                }
                self.observe(&Observed::ConfirmAsked(handshake));
            }
            _ => {
                let lines = (0..scene.messages).map(inject::line).collect();
                self.observe(&Observed::InjectionAsked { handshake, lines });
            }
        }
    }

    fn step(&mut self, scene: &Scene, who: Who, luck: Luck) -> Option<()> {
        let program = match who {
            Who::Client(index) => self.clients[index].program.take(),
            Who::Orphan(index) => Some(self.orphans.remove(index)),
        }?;
        if luck.loses() {
            self.losses -= 1;
        }
        match (self.run(scene, &program, luck), who) {
            (Next::Go(step), Who::Client(index)) => self.clients[index].program = Some(Program { step, ..program }),
            (Next::Go(step), Who::Orphan(index)) => {
                let step = step.without_a_caller();
                // Only the shared work outlives its caller, not the caller's own waiting.
                if !step.is_the_callers_own() {
                    self.orphans.insert(index, Program { step, ..program });
                }
            }
            (Next::Answer(reply), Who::Client(index)) => self.answered(scene, index, reply),
            (Next::Answer(_), Who::Orphan(_)) => {}
        }
        Some(())
    }

    /// What a client makes of an answer.
    fn answered(&mut self, scene: &Scene, index: usize, reply: Reply) {
        let end = scene.clients[index].1.len();
        let client = &mut self.clients[index];
        match reply {
            Reply::Again { after } => client.rests_until = self.now + after,
            Reply::Refused => client.at = end,
            // It comes back from the beginning.
            Reply::Unknown => client.at = if self.lost > 0 { 0 } else { end },
            Reply::Validated(view) => {
                client.at = if view.handshake.is_some() { client.at + 1 } else { end };
                client.handshake = view.handshake.or(client.handshake);
                client.epoch = view.seat.epoch;
                let observed = validate::observed(Some(index), &view);
                self.observe(&observed);
            }
            Reply::Heartbeat(seat) => {
                client.at += 1;
                client.epoch = seat.epoch;
            }
            Reply::Confirmed(id, confirmation) => {
                client.at += 1;
                let observed = confirm::observed(id, &confirmation);
                self.observe(&observed);
            }
            Reply::Injected { fates, over } => {
                client.at += usize::from(over);
                self.observe(&Observed::Injected { fates });
            }
        }
    }

    fn change(&mut self, change: Change) {
        self.changed = true;
        match change {
            Change::End => (self.genesys.status, self.genesys.attached) = (Status::Terminated, false),
            Change::Queue => self.genesys.status = Status::Queue,
        }
    }

    fn saw(scene: &Scene, sight: Sight) {
        scene.sights.saw(sight);
    }

    pub(crate) fn time(&self) -> jiff::Timestamp {
        at(self.now)
    }

    pub(crate) fn tab_of(program: &Program) -> Option<session_resumption::domain::ids::TabId> {
        let is_tab = matches!(program.call, Call::Resume(_) | Call::Heartbeat | Call::TakeOver | Call::InjectAsTab);
        is_tab.then(|| tab(program.client))
    }
}
