//! Identifiers that look like AWS's, from a generator that is kept in the state.
//!
//! The same seed and the same calls give the same ids, so a test can compare whole transcripts. Not for secrets.

use serde::{Deserialize, Serialize};

/// A SplitMix64 generator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A version 4 UUID.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 48) & 0x3fff,
            low & 0xffff_ffff_ffff
        )
    }

    /// The end of a generated physical name: 12 characters of mixed case.
    pub(crate) fn suffix(&mut self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..12)
            .map(|_| {
                let index = self.next() % LETTERS.len() as u64;
                char::from(LETTERS[usize::try_from(index).expect("an index below 62 fits")])
            })
            .collect()
    }

    /// A service's own request id, as it shows in handler messages.
    pub(crate) fn service_request_id(&mut self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        (0..52)
            .map(|_| {
                let index = self.next() % LETTERS.len() as u64;
                char::from(LETTERS[usize::try_from(index).expect("an index below 36 fits")])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides() {
        let (mut one, mut two) = (Random::new(7), Random::new(7));
        assert_eq!(one.uuid(), two.uuid());
        assert_eq!(one.suffix(), two.suffix());
        assert_ne!(one.uuid(), one.uuid());
        assert_eq!(one.uuid().len(), 36);
        assert_eq!(one.suffix().len(), 12);
    }
}
