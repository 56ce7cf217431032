//! Chance from a seed, the same on every host.

use super::exponential::ln_lane;
use super::root::sqrt_lane;
use super::trig::near;
use crate::Fidelity;

/// Stands in for the one state that the generator could never leave.
const NOT_ZERO: u64 = 0xDEAD_BEEF_CAFE_BABE;
/// The smallest uniform that a logarithm is taken of.
const LEAST: f64 = 1e-300;
/// Normals that are worked out together.
const BATCH: usize = 16;
/// 2^-53, the distance of neighbouring uniforms.
const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;

/// Marsaglia's xorshift generator with one word of state and the shifts 13, 7, 17; its period is 2^64 - 1.
///
/// ```
/// use interlock_core::{Fidelity, numeric::Xorshift64};
/// let mut noise = Xorshift64::new(42, Fidelity::Corrected);
/// let saved = noise.state();
/// let first = noise.normal();
/// assert_eq!(Xorshift64::from_state(saved).normal(), first);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Xorshift64 {
    /// Never 0.
    state: u64,
}

impl Xorshift64 {
    /// A generator for any seed.
    ///
    /// `Corrected` mixes the seed with one splitmix64 step, so that small and neighbouring seeds start far
    /// apart; `Published` takes it as the state, where a small seed gives a first uniform near 0.
    #[must_use]
    pub const fn new(seed: u64, fidelity: Fidelity) -> Self {
        Self::from_state(if fidelity.is_published() { seed } else { splitmix64(seed) })
    }

    /// Continues from a [`state`](Self::state). 0, which no generator is ever in, is replaced by a fixed word.
    #[must_use]
    pub const fn from_state(state: u64) -> Self {
        Self { state: if state == 0 { NOT_ZERO } else { state } }
    }

    /// Where the generator is: [`from_state`](Self::from_state) continues from here. Never 0.
    #[must_use]
    pub const fn state(&self) -> u64 {
        self.state
    }

    /// The next word, any but 0.
    #[inline]
    pub const fn next_u64(&mut self) -> u64 {
        let mut x = self.state;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.state = x;
        x
    }

    /// A number in [0, 1), a multiple of 2^-53. One draw.
    #[inline]
    #[allow(clippy::cast_precision_loss, reason = "53 bits are exact")]
    pub const fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * STEP
    }

    /// A number of the standard normal distribution, after Box and Muller: sqrt(-2 ln u) cos(2 pi v) of two
    /// uniforms u and v in this order. Two draws; the sine that goes with it is not used.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        let (u, v) = self.pair();
        normal_of(u, v)
    }

    /// Fills a list with normals, in order, the same bits as one [`normal`](Self::normal) after the other.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for more than one processor")]
    pub fn normals(&mut self, out: &mut [f64]) {
        // The draws hang on one another, what is made of them does not.
        let (mut first, mut second) = ([0.0; BATCH], [0.0; BATCH]);
        for out in out.chunks_mut(BATCH) {
            for ((u, v), _) in first.iter_mut().zip(&mut second).zip(&*out) {
                (*u, *v) = self.pair();
            }
            for ((&u, &v), out) in first.iter().zip(&second).zip(out) {
                *out = normal_of(u, v);
            }
        }
    }

    /// Leaves out as many normals, as if they had been drawn.
    pub fn skip_normals(&mut self, count: usize) {
        for _ in 0..count {
            self.next_u64();
            self.next_u64();
        }
    }

    #[inline]
    fn pair(&mut self) -> (f64, f64) {
        let u = self.uniform().max(LEAST);
        (u, self.uniform())
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "a loop around it is vectorised only when it is part of the loop")]
fn normal_of(u: f64, v: f64) -> f64 {
    sqrt_lane(-2.0 * ln_lane(u)) * near(core::f64::consts::TAU * v).1
}

/// One step of splitmix64 (Steele, Lea and Flood), a bijection of the words.
const fn splitmix64(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
