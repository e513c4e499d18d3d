//! Chance as an argument: the same seed and stream give the same throws on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A stream of throws. Each marriage has its own, so that a bigger month begins like a smaller one.
pub struct SeededRandom(ChaCha8Rng);

impl SeededRandom {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        SeededRandom(rng)
    }

    /// 0 .. n; 0 where n is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        let scaled = (u64::from(self.0.next_u32()) * u64::from(n)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// Both ends included.
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

    /// One name of a list of names.
    pub fn word(&mut self, from: &[&'static str]) -> &'static str {
        self.pick(from).copied().unwrap_or_default()
    }

    /// One of the values, by weight; `otherwise` takes what is left of 1000.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u32, T)], otherwise: T) -> T {
        let mut throw = self.below(1000);
        for (weight, value) in choices {
            if throw < *weight {
                return *value;
            }
            throw -= weight;
        }
        otherwise
    }

    /// So many decimal digits.
    pub fn digits(&mut self, count: usize, out: &mut String) {
        for _ in 0..count {
            out.push(char::from_digit(self.below(10), 10).unwrap_or('0'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_stream_throws_the_same() {
        let throws = |seed, stream| {
            let mut dice = SeededRandom::new(seed, stream);
            (0..50).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(throws(7, 3), throws(7, 3));
        assert_ne!(throws(7, 3), throws(7, 4));
        assert_ne!(throws(7, 3), throws(8, 3));
    }

    #[test]
    fn throws_stay_within_their_ends() {
        let mut dice = SeededRandom::new(1, 1);
        let throws: Vec<i32> = (0..2000).map(|_| dice.between(-3, 4)).collect();
        assert_eq!((throws.iter().min(), throws.iter().max()), (Some(&-3), Some(&4)));
        assert_eq!(dice.below(0), 0);
        assert!((0..2000).all(|_| dice.weighted(&[(300, 'a'), (700, 'b')], 'c') != 'c'));
    }
}
