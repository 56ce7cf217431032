//! Unsigned fixed point with 63 fractional bits.
//!
//! Averages and drops are decided on whole multiples of 2^-63, rounded down. For doubles of 2^-11
//! and above that is exact, so a sum never drifts and does not depend on the order of its terms.

/// One, as a multiple of 2^-63.
pub const ONE: u64 = 1 << 63;

const SCALE: f64 = 9_223_372_036_854_775_808.0;

/// The bits of 1.0. Doubles from 0.0 to 1.0 are ordered as their bits are.
pub(crate) const ONE_BITS: u64 = 0x3ff0_0000_0000_0000;

/// `x` in [0, 1] as a multiple of 2^-63, rounded down. Above one it saturates at [`ONE`], below zero
/// and for NaN it is 0.
///
/// ```
/// use interlock_core::halt::fixed;
/// assert_eq!(fixed::from_unit(0.5), fixed::ONE / 2);
/// assert_eq!(fixed::from_unit(7.0), fixed::ONE);
/// ```
#[inline]
#[must_use]
pub fn from_unit(x: f64) -> u64 {
    if x > 0.0 { from_bits(x.to_bits().min(ONE_BITS)) } else { 0 }
}

/// As [`from_unit`], from the bits of a double from 0.0 to 1.0: in integers, which is faster than the
/// conversion, and rounds down by dropping what is shifted out.
#[inline]
pub(crate) const fn from_bits(bits: u64) -> u64 {
    // With its implied bit on top the mantissa is the double times 2^63, times 2^(1023 - exponent).
    // Subnormals have no implied bit, and are shifted out as a whole.
    let mantissa = bits.wrapping_shl(11) | ONE;
    let shift = 1023_u64.wrapping_sub(bits >> 52);
    if shift < 64 { mantissa >> shift } else { 0 }
}

/// Bits of 2^-63, the least double that is not rounded down to 0.
pub(crate) const LEAST_BITS: u64 = (1023 - 63) << 52;

/// As [`from_bits`], for doubles from 2^-63 on: without its one comparison. Below, anything.
#[inline]
pub(crate) const fn from_bits_of_least(bits: u64) -> u64 {
    let mantissa = bits.wrapping_shl(11) | ONE;
    // 1023 - exponent, which has all of its ten bits set where the exponent has none.
    #[allow(clippy::cast_possible_truncation, reason = "at most 2047")]
    let shift = ((bits >> 52) ^ 1023) as u32;
    mantissa.wrapping_shr(shift)
}

/// The double nearest to `multiple` x 2^-63, rounded once, ties to even.
#[inline]
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "the one rounding this function promises")]
pub fn to_f64(multiple: u64) -> f64 {
    multiple as f64 / SCALE
}

/// The double nearest to (`sum` x 2^-63) / `count`, rounded once, ties to even; 0 when `count` is 0.
///
/// ```
/// use interlock_core::halt::fixed;
/// let tenth = u128::from(fixed::from_unit(0.1));
/// assert_eq!(fixed::mean(tenth * 7, 7), 0.1);
/// ```
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "the one rounding this function promises")]
pub fn mean(sum: u128, count: u64) -> f64 {
    if sum == 0 {
        return 0.0;
    }
    // With the top bit of the numerator set the quotient has at least 64 bits; the remainder, if any,
    // goes into its lowest bit, where it can only break a tie.
    let shift = sum.leading_zeros();
    let numerator = sum.wrapping_shl(shift);
    let Some((quotient, rest)) = divide(numerator, count) else { return 0.0 };
    let sticky = quotient | u128::from(rest != 0);
    let mut value = sticky as f64 / SCALE;
    let mut left = shift;
    while left > 0 {
        // Exact: powers of two, far from the subnormal range.
        let step = left.min(62);
        value /= (1_u64.wrapping_shl(step)) as f64;
        left = left.saturating_sub(step);
    }
    value
}

/// Quotient and remainder; none when the divisor is 0. A bit at a time below the first word: a mean is asked for once a
/// stream, and general division of 128 bits is 1 KB in a wasm module.
fn divide(numerator: u128, divisor: u64) -> Option<(u128, u128)> {
    #[allow(clippy::cast_possible_truncation, reason = "the upper half")]
    let high = (numerator >> 64) as u64;
    let mut quotient = u128::from(high.checked_div(divisor)?);
    let mut rest = u128::from(high.checked_rem(divisor)?);
    let divisor = u128::from(divisor);
    for place in (0..64_u32).rev() {
        rest = rest << 1 | (numerator.wrapping_shr(place) & 1);
        let fits = rest >= divisor;
        if fits {
            rest = rest.wrapping_sub(divisor);
        }
        quotient = quotient << 1 | u128::from(fits);
    }
    Some((quotient, rest))
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exact_from_two_to_the_minus_eleven_up() {
        for x in [0.000_488_281_25, 0.1, 0.55, 0.999_999_999_999_999_9, 1.0] {
            assert_eq!(to_f64(from_unit(x)).to_bits(), x.to_bits());
        }
    }

    #[test]
    fn rounds_down_below_it() {
        assert_eq!(from_unit(f64::from_bits(1)), 0);
        assert_eq!(from_unit(1.5 / SCALE), 1);
        assert_eq!(from_unit(f64::NAN), 0);
        assert_eq!(from_unit(-1.0), 0);
        assert_eq!(from_unit(f64::INFINITY), ONE);
    }

    proptest! {
        // The oracle is the language's own conversion, which rounds toward zero.
        #[test]
        fn from_unit_is_the_conversion(x in prop_oneof![0.0_f64..=1.0, prop::num::f64::ANY, prop::num::f64::SUBNORMAL]) {
            prop_assert_eq!(from_unit(x), ((x * SCALE) as u64).min(ONE));
        }

        #[test]
        fn mean_of_equal_values_is_the_value(x in 0.0005_f64..=1.0, n in 1_u64..100_000) {
            prop_assert_eq!(mean(u128::from(from_unit(x)) * u128::from(n), n).to_bits(), x.to_bits());
        }

        #[test]
        fn divides_as_the_language_does(numerator in any::<u128>(), shift in 0_u32..128, divisor in any::<u64>()) {
            let numerator = numerator >> shift;
            let expected = numerator.checked_div(u128::from(divisor)).zip(numerator.checked_rem(u128::from(divisor)));
            prop_assert_eq!(divide(numerator, divisor), expected);
            prop_assert_eq!(divide(numerator, divisor >> 40), numerator
                .checked_div(u128::from(divisor >> 40)).zip(numerator.checked_rem(u128::from(divisor >> 40))));
        }

        // An oracle by comparison: the mean m is right when no neighbouring double is nearer.
        #[test]
        fn mean_is_the_nearest_double(sum in 1_u128..(1 << 90), n in 1_u64..(1 << 27)) {
            let m = mean(sum, n);
            let near = |candidate: f64| {
                // |candidate * n * 2^63 - sum| in units of 2^-64 relative, held exactly in 256 bits by
                // splitting the candidate into an integer mantissa and a power of two.
                let bits = candidate.to_bits();
                let exponent = ((bits >> 52) as i32) - 1075 + 63;
                let mantissa = u128::from((bits & ((1 << 52) - 1)) | (1 << 52));
                let product = mantissa * u128::from(n);
                (product, exponent)
            };
            let distance = |candidate: f64| -> Option<u128> {
                let (product, exponent) = near(candidate);
                if exponent >= 0 {
                    Some((product.checked_shl(exponent as u32)?).abs_diff(sum))
                } else {
                    let scaled = sum.checked_shl((-exponent) as u32)?;
                    if scaled >> (-exponent) != sum { return None; }
                    Some(product.abs_diff(scaled))
                }
            };
            let up = f64::from_bits(m.to_bits() + 1);
            let down = f64::from_bits(m.to_bits() - 1);
            // The three share one exponent except at a power of two; skip that case.
            let exponents = [near(down).1, near(m).1, near(up).1];
            if exponents.iter().all(|e| *e == exponents[0])
                && let (Some(d), Some(m0), Some(u)) = (distance(down), distance(m), distance(up)) {
                prop_assert!(m0 <= d && m0 <= u, "{sum}/{n}: {d} {m0} {u}");
            }
        }
    }
}
