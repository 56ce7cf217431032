//! Square roots.

/// Square root of `x`, correctly rounded; NaN below zero.
///
/// ```
/// assert_eq!(interlock_core::numeric::sqrt(2.0), core::f64::consts::SQRT_2);
/// ```
#[must_use]
pub fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// Square root of a normal positive number, within 1 ulp: no processor's instruction can be named in portable
/// safe code, and this is done for several numbers at once.
///
/// The bits of `x` taken as a whole number give 1/sqrt(x) within 3.5 %; three steps of Newton's method make that
/// 4e-11, and one of Heron's the rest.
#[inline(always)]
#[allow(clippy::inline_always, reason = "a loop around it is vectorised only when it is part of the loop")]
pub(super) fn sqrt_lane(x: f64) -> f64 {
    let mut inverse = f64::from_bits(0x5FE6_EB50_C7B5_37A9_u64.wrapping_sub(x.to_bits() >> 1));
    let half = 0.5 * x;
    for _ in 0..3 {
        inverse *= 1.5 - half * inverse * inverse;
    }
    let root = x * inverse;
    root + 0.5 * inverse * (x - root * root)
}

#[cfg(test)]
mod tests {
    use super::{sqrt, sqrt_lane};

    #[test]
    fn fast_roots_are_within_one_ulp() {
        let mut noise = crate::numeric::Xorshift64::new(1, crate::Fidelity::Corrected);
        for i in 0_u32..1_000_000 {
            let x = noise.uniform() * libm::scalbn(1.0, i32::try_from(i % 80).unwrap_or(0) - 60) + 1e-300;
            let (fast, exact) = (sqrt_lane(x), sqrt(x));
            assert!(fast.to_bits().abs_diff(exact.to_bits()) <= 1, "{x}: {fast} {exact}");
        }
    }
}
