//! Seeded random numbers: the same seed and stream yield the same numbers on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of random numbers. Each marriage has its own stream, so that a larger month starts with the rows of a
/// smaller one.
pub struct SeededRandom(ChaCha8Rng);

impl SeededRandom {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        SeededRandom(rng)
    }

    /// A number in `0..n`; 0 if `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        let scaled = (u64::from(self.0.next_u32()) * u64::from(n)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// A number from `low` to `high`, inclusive.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low.saturating_add_unsigned(self.below(high.abs_diff(low).saturating_add(1)))
    }

    pub fn per_mille(&mut self, share: u32) -> bool {
        self.below(1000) < share
    }

    pub fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }

    /// None only for an empty slice.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.below(u32::try_from(from.len()).unwrap_or(u32::MAX));
        from.get(usize::try_from(at).ok()?)
    }

    /// One text of a list.
    pub fn word(&mut self, from: &[&'static str]) -> &'static str {
        self.pick(from).copied().unwrap_or_default()
    }

    /// One of the values, by weight. The remaining weight up to 1000 selects `otherwise`.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u32, T)], otherwise: T) -> T {
        let mut number = self.below(1000);
        for (weight, value) in choices {
            if number < *weight {
                return *value;
            }
            number -= weight;
        }
        otherwise
    }

    /// Appends `count` decimal digits.
    pub fn digits(&mut self, count: usize, out: &mut String) {
        for _ in 0..count {
            out.push(char::from_digit(self.below(10), 10).unwrap_or('0'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: u64, stream: u64) -> Vec<u32> {
        let mut dice = SeededRandom::new(seed, stream);
        (0..50).map(|_| dice.below(1000)).collect()
    }

    #[test]
    fn the_same_stream_yields_the_same_numbers() {
        assert_eq!(numbers(7, 3), numbers(7, 3));
        assert_ne!(numbers(7, 3), numbers(7, 4));
        assert_ne!(numbers(7, 3), numbers(8, 3));
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut dice = SeededRandom::new(1, 1);
        let numbers: Vec<i32> = (0..2000).map(|_| dice.between(-3, 4)).collect();
        assert_eq!((numbers.iter().min(), numbers.iter().max()), (Some(&-3), Some(&4)));
        assert_eq!(dice.below(0), 0);
        assert!((0..2000).all(|_| dice.weighted(&[(300, 'a'), (700, 'b')], 'c') != 'c'));
    }
}
