//! Sine and cosine.
//!
//! The argument is reduced by a multiple of pi/2 in the way of Cody and Waite, with pi/2 in three parts of 36,
//! 36 and 53 bits, so the products with the first two are exact and what is lost at the third lies below
//! 2^-108. On [-pi/4, pi/4] the polynomials are those of fdlibm (Sun Microsystems, `__kernel_sin`,
//! `__kernel_cos`). There is no branch and no table, so that compilers do several lanes at once with the same
//! operations in the same order. Beyond [`NEAR`] the functions of the `libm` crate take over.

use interlock_vector::{Work, wide};

/// Up to here, about 2^17 pi/2, multiples of pi/2 are subtracted in plain doubles.
const NEAR: f64 = 205_887.0;

/// 1.5 x 2^52: adding it rounds to a whole number, which is then in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
const TWO_OVER_PI: f64 = core::f64::consts::FRAC_2_PI;
/// pi/2 = HALF_PI_1 + HALF_PI_2 + HALF_PI_3 with an error below 2^-125.
const HALF_PI_1: f64 = f64::from_bits(0x3FF9_21FB_5444_0000);
const HALF_PI_2: f64 = f64::from_bits(0x3D86_8C23_4C40_0000);
const HALF_PI_3: f64 = f64::from_bits(0x3B78_CC51_701B_839A);

const S1: f64 = -0.166_666_666_666_666_32;
const S2: f64 = 0.008_333_333_333_322_49;
const S3: f64 = -0.000_198_412_698_298_579_5;
const S4: f64 = 2.755_731_370_707_006_8e-6;
const S5: f64 = -2.505_076_025_340_686_3e-8;
const S6: f64 = 1.589_690_995_211_55e-10;

const C1: f64 = 0.041_666_666_666_666_6;
const C2: f64 = -0.001_388_888_888_887_411;
const C3: f64 = 2.480_158_728_947_673e-5;
const C4: f64 = -2.755_731_435_139_066_3e-7;
const C5: f64 = 2.087_572_321_298_175e-9;
const C6: f64 = -1.135_964_755_778_819_5e-11;

/// Sine of `x` radians. Within 0.80 ulp of the exact value for every finite `x`; NaN for others.
#[must_use]
pub fn sin(x: f64) -> f64 {
    sin_cos(x).0
}

/// Cosine of `x` radians. Within 0.80 ulp of the exact value for every finite `x`; NaN for others.
#[must_use]
pub fn cos(x: f64) -> f64 {
    sin_cos(x).1
}

/// Sine and cosine of `x` radians, the same bits as [`sin`] and [`cos`].
///
/// ```
/// assert_eq!(interlock_core::numeric::sin_cos(0.0), (0.0, 1.0));
/// ```
#[must_use]
pub fn sin_cos(x: f64) -> (f64, f64) {
    if x.abs() <= NEAR { near(x) } else { far(x) }
}

/// Sines and cosines of a whole list, the same bits as [`sin_cos`] of each; as many as the shortest of the
/// three lists holds.
///
/// ```
/// let (mut s, mut c) = ([0.0; 3], [0.0; 3]);
/// interlock_core::numeric::sin_cos_all(&[0.0, 1.0, 2.0], &mut s, &mut c);
/// assert_eq!((s[1], c[1]), interlock_core::numeric::sin_cos(1.0));
/// ```
pub fn sin_cos_all(x: &[f64], sines: &mut [f64], cosines: &mut [f64]) {
    wide(SinCos(x, sines, cosines));
}

struct SinCos<'a>(&'a [f64], &'a mut [f64], &'a mut [f64]);

impl Work for SinCos<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as the trait says")]
    fn run(self) {
        sin_cos_list(self.0, self.1, self.2);
    }
}

/// [`sin_cos_all`] as a part of what is around it.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
pub(crate) fn sin_cos_list(x: &[f64], sines: &mut [f64], cosines: &mut [f64]) {
    let ((whole, x), (whole_s, sines), (whole_c, cosines)) = {
        let shortest = x.len().min(sines.len()).min(cosines.len());
        let (x, sines, cosines) = (x.get(..shortest), sines.get_mut(..shortest), cosines.get_mut(..shortest));
        let (x, sines, cosines) = (x.unwrap_or_default(), sines.unwrap_or_default(), cosines.unwrap_or_default());
        (x.as_chunks(), sines.as_chunks_mut(), cosines.as_chunks_mut())
    };
    for ((x, sines), cosines) in whole.iter().zip(whole_s).zip(whole_c) {
        (*sines, *cosines) = sin_cos_lanes(*x);
    }
    for ((&x, sine), cosine) in x.iter().zip(sines).zip(cosines) {
        (*sine, *cosine) = sin_cos(x);
    }
}

/// Sines and cosines of eight numbers, the same bits as [`sin_cos`] of each.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
pub(crate) fn sin_cos_lanes(x: [f64; 8]) -> ([f64; 8], [f64; 8]) {
    // The sign bit is set when a size is above NEAR, infinite or NaN: sizes compare like their bits.
    let mut beyond = 0_u64;
    for x in x {
        beyond |= NEAR.to_bits().wrapping_sub(x.abs().to_bits());
    }
    if beyond >> 63 != 0 {
        return any_lanes(x);
    }
    sin_cos_near_lanes(x)
}

/// [`sin_cos_lanes`] of numbers that are known to be within a few turns.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for more than one processor")]
#[allow(clippy::indexing_slicing, reason = "lanes of arrays of that many lanes")]
pub(crate) fn sin_cos_near_lanes(x: [f64; 8]) -> ([f64; 8], [f64; 8]) {
    let (mut sines, mut cosines) = ([0.0; 8], [0.0; 8]);
    for lane in 0..8 {
        (sines[lane], cosines[lane]) = near(x[lane]);
    }
    (sines, cosines)
}

#[cold]
#[inline(never)]
#[allow(clippy::indexing_slicing, reason = "lanes of arrays of that many lanes")]
fn any_lanes(x: [f64; 8]) -> ([f64; 8], [f64; 8]) {
    let (mut sines, mut cosines) = ([0.0; 8], [0.0; 8]);
    for lane in 0..8 {
        (sines[lane], cosines[lane]) = sin_cos(x[lane]);
    }
    (sines, cosines)
}

/// For |x| <= [`NEAR`]; for others any number, without harm.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a loop around it is vectorised only when it is part of the loop")]
pub(super) fn near(x: f64) -> (f64, f64) {
    let rounded = x * TWO_OVER_PI + ROUND;
    let quadrant = rounded.to_bits();
    let n = rounded - ROUND;
    // x - n pi/2 as y + tail. Both products are exact, and so is the first difference.
    let first = x - n * HALF_PI_1;
    let second = n * HALF_PI_2;
    let head = first - second;
    let lost = n * HALF_PI_3 - ((first - head) - second);
    let y = head - lost;
    let tail = (head - y) - lost;

    let z = y * y;
    let v = z * y;
    let w = z * z;
    let r = (S2 + z * (S3 + z * S4)) + z * w * (S5 + z * S6);
    let sine = y - ((z * (0.5 * tail - v * r) - tail) - v * S1);

    let r = z * (C1 + z * (C2 + z * C3)) + w * w * (C4 + z * (C5 + z * C6));
    let half = 0.5 * z;
    let main = 1.0 - half;
    let cosine = main + (((1.0 - main) - half) + (z * r - y * tail));

    // Odd quadrants exchange the two; the second bit of the quadrant, and of the next one, are the signs.
    let exchange = 0_u64.wrapping_sub(quadrant & 1);
    let (s, c) = (sine.to_bits(), cosine.to_bits());
    let different = (s ^ c) & exchange;
    let sine_sign = (quadrant & 2) << 62;
    let cosine_sign = (quadrant.wrapping_add(1) & 2) << 62;
    (f64::from_bits(s ^ different ^ sine_sign), f64::from_bits(c ^ different ^ cosine_sign))
}

#[cold]
fn far(x: f64) -> (f64, f64) {
    if x.is_finite() { libm::sincos(x) } else { (f64::NAN, f64::NAN) }
}
