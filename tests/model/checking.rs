//! Checking a scene: every state it can reach, against the invariants.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use stateright::{Checker as _, HasDiscoveries, Model, Property};
use tokio::time::Instant;

use crate::invariants::{Invariant, Violation};
use crate::scene::Scene;
use crate::sights::Sight;
use crate::world::{Action, World};

type Holds = fn(&Scene, &World) -> bool;

/// What holds in every state. The last two speak of states after which nothing happens: as no run is endless (see [`ends`]),
/// all runs end in one of them, and so everyone gets through.
const PROPERTIES: [(&str, Holds); 10] = [
    ("1: one read per handshake", |_, world| holds(world, Invariant::OneRead) && world.checker.reads_too_many() == 0),
    ("2: one decision per handshake", |_, world| holds(world, Invariant::OneDecision)),
    ("3: the count grows by one per confirmed handshake", |_, world| holds(world, Invariant::OneCount)),
    ("4: a message stands once and in order", |_, world| holds(world, Invariant::OnceAndInOrder)),
    ("5: nothing is written before a handshake is confirmed", |_, world| holds(world, Invariant::ConfirmedFirst)),
    ("6: no message to a conversation that takes none", |_, world| holds(world, Invariant::TakesMessages)),
    ("10: one ACTIVE tab per epoch", |_, world| holds(world, Invariant::OneActiveTab)),
    ("nothing is said to be lost that is not", |_, world| !world.forgotten || world.lost > 0),
    ("everyone gets through", |scene, world| !is_last(scene, world) || world.is_over(scene)),
    ("all is well in the end", |scene, world| !is_last(scene, world) || world.checker.clone().finished().is_empty()),
];

fn holds(world: &World, invariant: Invariant) -> bool {
    world.checker.broken().iter().all(|violation| violation.invariant != invariant)
}

/// Whether nothing can happen any more.
fn is_last(scene: &Scene, world: &World) -> bool {
    if world.is_busy() {
        return false;
    }
    let mut actions = Vec::new();
    world.actions(scene, &mut actions);
    actions.is_empty()
}

impl Model for Scene {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::of(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(self, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        world.next(self, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        PROPERTIES.iter().map(|(name, condition)| Property::always(name, *condition)).collect()
    }
}

/// Checks every state of a scene, and that what must be seen to happen was.
pub(crate) fn check(name: &str, scene: Scene, seen: &[Sight]) {
    let (began, sights) = (Instant::now(), scene.sights.clone());
    let checker = scene.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
    println!(
        "{name}: {} states, {} steps, at most {} in a row, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f32()
    );
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        let violations = path.last_state().checker.clone().finished();
        panic!("{name}: {property} does not hold: {violations:?}\nafter {:?}", path.into_actions());
    }
    assert!(checker.is_done(), "{name}: not all states were checked");
    for sight in seen {
        assert!(sights.count(*sight) > 0, "{name}: {sight:?} never happens, so nothing is said about it");
    }
}

/// One of the shortest ways to break an invariant, and what it breaks.
pub(crate) fn broken(scene: Scene, number: &str) -> Option<(Vec<Violation>, Vec<Action>)> {
    let (name, _) = PROPERTIES.iter().find(|(name, _)| name.starts_with(number))?;
    let found = HasDiscoveries::AnyOf([*name].into());
    let checker = scene.checker().threads(2).finish_when(found).spawn_bfs().join();
    let path = checker.discovery(name)?;
    Some((path.last_state().checker.clone().finished(), path.into_actions()))
}

/// Whether every run of a scene ends: no state leads back to itself.
pub(crate) fn ends(scene: &Scene) -> bool {
    let hasher = RandomState::new();
    // The states that were met, and whether they are on the path that is being followed. The others are known to end.
    let mut met: HashMap<u64, bool> = HashMap::new();
    let mut path: Vec<(u64, Vec<World>)> = Vec::new();
    let mut entered = Some(World::of(scene));
    loop {
        if let Some(world) = entered.take() {
            let print = hasher.hash_one(&world);
            match met.get(&print) {
                Some(true) => return false,
                Some(false) => {}
                None => {
                    met.insert(print, true);
                    path.push((print, scene.next_states(&world)));
                }
            }
        }
        let Some((print, next)) = path.last_mut() else { return true };
        entered = next.pop();
        if entered.is_none() {
            met.insert(*print, false);
            path.pop();
        }
    }
}
