//! Randomness that nobody can guess.

use uuid::Uuid;

use crate::ports::Entropy;

/// Draws from the operating system, for numbers by way of a generator that it seeds.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn unit(&self) -> f64 {
        rand::random()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_the_unit_interval_and_differ() {
        let drawn: Vec<_> = (0..1000).map(|_| OsEntropy.unit()).collect();
        assert!(drawn.iter().all(|unit| (0.0..1.0).contains(unit)));
        assert!(drawn.iter().any(|unit| *unit < 0.5) && drawn.iter().any(|unit| *unit >= 0.5));
        assert_ne!(OsEntropy.uuid(), OsEntropy.uuid());
    }
}
