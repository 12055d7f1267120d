//! [`Rng`]: a pseudo-random sequence that its seed determines.

/// The distance between two states: the golden ratio as a fraction of 2^64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64 (Steele, Lea, Flood 2014). Not for keys: anyone who knows one number can
/// compute the others.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The number at `place` of the sequence of `seed`, counted from 0.
    #[must_use]
    pub fn at(seed: u64, place: u64) -> u64 {
        Self(seed.wrapping_add(place.wrapping_mul(STEP))).next_number()
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // NB: the remainder is slightly uneven, which does not matter here.
        usize::try_from(self.next_number() % (end.max(1) as u64)).unwrap_or_default()
    }

    /// True one time in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `items`; `None` if there are none.
    pub fn choose<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        items.get(self.below(items.len()))
    }

    /// Bytes, for generators that read them.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let words = (0..len.div_ceil(8)).flat_map(|_| self.next_number().to_le_bytes());
        let mut bytes: Vec<u8> = words.collect();
        bytes.truncate(len);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_is_that_of_splitmix64() {
        // The first numbers of the reference implementation for this seed.
        let mut rng = Rng::new(1_234_567);
        let numbers = [(); 3].map(|()| rng.next_number());
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(numbers, expected);
        assert_eq!([0, 1, 2].map(|place| Rng::at(1_234_567, place)), expected);
    }
}
