//! Exponentials and logarithms of whole lists.
//!
//! The algorithms are fdlibm's (Sun Microsystems, `e_exp.c` and `e_log.c`) with selections for branches, so that
//! compilers do several lanes at once. Every operation that decides a bit is the one of the `libm` crate, in its
//! order, so the results are the bits of [`exp`](super::exp) and [`ln`](super::ln).

use interlock_vector::{Work, wide};

/// 1.5 x 2^52: adding it rounds to a whole number, which is then in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

const LN2_HI: f64 = 0.693_147_180_369_123_8;
const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;

/// `e` to the power of every number of a list, within 0.85 ulp, the same bits as [`exp`](super::exp) of each; as
/// many as the shorter list holds.
pub fn exp_all(x: &[f64], out: &mut [f64]) {
    wide(Exponentials(x, out));
}

struct Exponentials<'a>(&'a [f64], &'a mut [f64]);

impl Work for Exponentials<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as the trait says")]
    fn run(self) {
        for (&x, out) in self.0.iter().zip(self.1) {
            *out = exp_lane(x);
        }
    }
}

/// Natural logarithm of every number of a list, within 0.80 ulp, the same bits as [`ln`](super::ln) of each: minus
/// infinity of a zero, NaN of what is below. As many as the shorter list holds.
pub fn ln_all(x: &[f64], out: &mut [f64]) {
    wide(Logarithms(x, out));
}

struct Logarithms<'a>(&'a [f64], &'a mut [f64]);

impl Work for Logarithms<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as the trait says")]
    fn run(self) {
        for (&x, out) in self.0.iter().zip(self.1) {
            *out = ln_lane(x);
        }
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "a loop around it is vectorised only when it is part of the loop")]
fn exp_lane(x: f64) -> f64 {
    const ONE_OVER_LN2: f64 = core::f64::consts::LOG2_E;
    const P1: f64 = 0.166_666_666_666_666_02;
    const P2: f64 = -0.002_777_777_777_701_559_3;
    const P3: f64 = 6.613_756_321_437_934e-5;
    const P4: f64 = -1.653_390_220_546_525_2e-6;
    const P5: f64 = 4.138_136_797_057_238_5e-8;
    /// Ends of the ranges of |x| with result 1 + x, with k = 0 (0.5 ln 2) and with k = 1 (1.5 ln 2), all by the
    /// upper half of the bits.
    const TINY: f64 = f64::from_bits(0x3E30_0000_FFFF_FFFF);
    const SMALL: f64 = f64::from_bits(0x3FD6_2E42_FFFF_FFFF);
    const MIDDLE: f64 = f64::from_bits(0x3FF0_A2B2_0000_0000);
    /// Below, the result is closer to 0 than to anything else.
    const LEAST: f64 = -745.133_219_101_941_1;

    // Beyond, nothing changes any more, and powers of two stay in range. A NaN stays one.
    let bounded = if x < -746.0 { -746.0 } else { x };
    let bounded = if bounded > 710.0 { 710.0 } else { bounded };
    let size = bounded.abs();
    let multiple = ONE_OVER_LN2 * size + 0.5;
    let nearest = (multiple + ROUND) - ROUND;
    let whole = if nearest > multiple { nearest - 1.0 } else { nearest };
    let k = if size > SMALL { 1.0 } else { 0.0 };
    let k = if size >= MIDDLE { whole } else { k };
    let k = f64::copysign(k, bounded);

    let hi = bounded - k * LN2_HI;
    let lo = k * LN2_LO;
    let r = hi - lo;
    let z = r * r;
    let c = r - z * (P1 + z * (P2 + z * (P3 + z * (P4 + z * P5))));
    let y = 1.0 + (r * c / (2.0 - c) - lo + hi);
    let y = if size <= TINY { 1.0 + bounded } else { y };

    // 2^k in two factors, neither of which leaves the normal range; only the second one rounds.
    let half = (0.5 * k + ROUND) - ROUND;
    let y = y * power_of_two(half) * power_of_two(k - half);
    if x < LEAST { 0.0 } else { y }
}

/// 2^k for a whole k in [-1022, 1023].
#[inline(always)]
#[allow(clippy::inline_always, reason = "a loop around it is vectorised only when it is part of the loop")]
fn power_of_two(k: f64) -> f64 {
    const BIASED: f64 = ROUND + 1023.0;
    f64::from_bits((k + BIASED).to_bits() << 52)
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "a loop around it is vectorised only when it is part of the loop")]
pub(super) fn ln_lane(x: f64) -> f64 {
    const LG1: f64 = 0.666_666_666_666_673_5;
    const LG2: f64 = 0.399_999_999_994_094_2;
    const LG3: f64 = 0.285_714_287_436_623_9;
    const LG4: f64 = 0.222_221_984_321_497_84;
    const LG5: f64 = 0.181_835_721_616_180_5;
    const LG6: f64 = 0.153_138_376_992_093_73;
    const LG7: f64 = 0.147_981_986_051_165_86;
    const TWO_54: f64 = 18_014_398_509_481_984.0;
    /// Upper half of sqrt(2)/2, and how far it is below that of 1.
    const ROOT: u64 = 0x3FE6_A09E << 32;
    const BELOW_ONE: u64 = (0x3FF0_0000 - 0x3FE6_A09E) << 32;
    const MANTISSA: u64 = (1 << 52) - 1;
    /// 2^52: its low bits are a whole number as they stand.
    const UNITS: f64 = 4_503_599_627_370_496.0;

    let subnormal = x < f64::MIN_POSITIVE;
    let scaled = if subnormal { x * TWO_54 } else { x };
    let offset = if subnormal { 1023.0 + 54.0 } else { 1023.0 };
    // x = 2^k (1 + f) with 1 + f in [sqrt(2)/2, sqrt(2)]
    let bits = scaled.to_bits().wrapping_add(BELOW_ONE);
    let k = (f64::from_bits(UNITS.to_bits() | (bits >> 52)) - UNITS) - offset;
    let f = f64::from_bits((bits & MANTISSA).wrapping_add(ROOT)) - 1.0;

    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let t1 = w * (LG2 + w * (LG4 + w * LG6));
    let t2 = z * (LG1 + w * (LG3 + w * (LG5 + w * LG7)));
    let r = t2 + t1;
    let y = s * (half_square + r) + k * LN2_LO - half_square + f + k * LN2_HI;

    let y = if x == 0.0 { f64::NEG_INFINITY } else { y };
    let y = if x < 0.0 { f64::NAN } else { y };
    // Infinity and NaN are their own logarithms.
    if x < f64::INFINITY { y } else { x }
}
