//! Handshakes, tabs and credit: whoever calls, whatever fails, the pair does what its model does.

use proptest::prelude::*;

use crate::drawing::cases;
use crate::model::calls::any_call;
use crate::model::world::World;

proptest! {
    #![proptest_config(cases(1_200))]

    #[test]
    fn handshakes_do_as_designed_whoever_calls_whatever_fails(calls in prop::collection::vec(any_call(), 1..70)) {
        let mut world = World::new();
        for call in &calls {
            world.step(call)?;
        }
        world.at_most_one_lead()?;
    }
}
