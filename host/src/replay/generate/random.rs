//! A small generator of numbers: SplitMix64.

/// Numbers that look random and are decided by a seed.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub(super) const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in [0, 1).
    #[allow(clippy::cast_precision_loss, reason = "53 bits are kept exactly")]
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// A number between two.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below a bound, 0 for the bound 0.
    pub(super) const fn below(&mut self, bound: u32) -> u32 {
        let bits = self.bits() >> 32;
        // The product is below bound x 2^32.
        #[allow(clippy::cast_possible_truncation, reason = "shifted down to below the bound")]
        let scaled = (bits.wrapping_mul(bound as u64) >> 32) as u32;
        scaled
    }

    /// A whole number in a range, ends included.
    pub(super) const fn whole(&mut self, low: u32, high: u32) -> u32 {
        low.saturating_add(self.below(high.saturating_sub(low).saturating_add(1)))
    }

    /// True once in so many times.
    pub(super) const fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of several, the default when there is none.
    pub(super) fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let index = self.below(u32::try_from(items.len()).unwrap_or(u32::MAX));
        items.get(usize::try_from(index).unwrap_or(0)).copied().unwrap_or_default()
    }
}
