/// A stream of well mixed numbers from a seed: `SplitMix64` by Sebastiano Vigna (<https://prng.di.unimi.it/splitmix64.c>,
/// public domain). The same seed always gives the same numbers, so what is derived from an id needs no storage. Not for secrets.
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// One seed for each id and purpose, so that the numbers of one purpose reveal nothing about another.
    pub fn new(id: super::VisitorId, purpose: u64) -> Self {
        Self(id.0 ^ purpose)
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Evenly from `low` to just below `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        // The upper 52 bits become the fraction of a number from 1 to just below 2.
        let unit = f64::from_bits(1.0_f64.to_bits() | (self.word() >> 12)) - 1.0;
        low + (high - low) * unit
    }

    /// A whole number from 0 to just below `faces`, each as likely as the others.
    pub fn below(&mut self, faces: u64) -> u64 {
        self.word() % faces.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_reference() {
        let mut random = SplitMix64(1_234_567);
        let reference = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(reference.map(|_| random.word()), reference);
    }
}
