//! Entropy of phases smoothed over the circle.

use crate::error::count;
use crate::numeric::{ln, sin_cos};

/// I_m(2)/I_0(2) for m = 1 upward, modified Bessel functions of the first kind; the next one is below 1e-17.
const RATIOS: [f64; 18] = [
    0.697_774_657_964_008,
    0.302_225_342_035_992,
    0.093_323_973_892_023_95,
    0.022_253_420_359_920_18,
    0.004_310_292_452_343_226_5,
    0.000_701_958_098_204_048_4,
    9.854_386_311_893_546e-5,
    1.215_105_637_150_025_7e-5,
    1.335_412_146_933_403e-6,
    1.323_470_490_996_309e-7,
    1.194_165_593_709_394e-8,
    9.888_337_915_975_533e-10,
    7.565_043_792_330_069e-11,
    5.378_098_594_644_421e-12,
    3.570_575_982_787_866_6e-13,
    2.223_462_046_262_091e-14,
    1.303_670_876_852_120_4e-15,
    7.221_555_613_486_309e-17,
];

/// ln M - H for the entropy H of the phases' density at M = max(16, their number) evenly spread points: 0 for
/// evenly spread phases, larger the more they gather. 0 without phases.
///
/// Every phase counts as a von Mises density with concentration 2. Their sum at x is, but for a factor that
/// the normalisation takes away, 1 + 2 sum over m of (I_m(2)/I_0(2)) Re(exp(i m x) conj(z_m)) with the phases'
/// moments z_m = mean of exp(i m theta); the series ends where its terms are below rounding. So no exponential
/// of every pair of a point and a phase is needed.
pub(super) fn gathering(sines: &[f64], cosines: &[f64]) -> f64 {
    if sines.is_empty() {
        return 0.0;
    }
    let mut moments = [(0.0, 0.0); RATIOS.len()];
    for (&s, &c) in sines.iter().zip(cosines) {
        let (mut re, mut im) = (1.0, 0.0);
        for moment in &mut moments {
            (re, im) = (re * c - im * s, re * s + im * c);
            moment.0 += re;
            moment.1 += im;
        }
    }
    let scale = 2.0 / count(sines.len());
    for (moment, ratio) in moments.iter_mut().zip(RATIOS) {
        *moment = (moment.0 * scale * ratio, moment.1 * scale * ratio);
    }
    let points = count(sines.len()).max(16.0);
    let (mut total, mut weighted) = (0.0, 0.0);
    let mut k = 0.0;
    while k < points {
        let (s, c) = sin_cos(core::f64::consts::TAU * k / points);
        // Horner's scheme in exp(-i x), highest term first.
        let (mut re, mut im) = (0.0, 0.0);
        for moment in moments.iter().rev() {
            let (a, b) = (re + moment.0, im + moment.1);
            (re, im) = (a * c + b * s, b * c - a * s);
        }
        let density = 1.0 + re;
        total += density;
        weighted += density * ln(density);
        k += 1.0;
    }
    // With p = density / total, H = ln total - weighted / total.
    ln(points) - ln(total) + weighted / total
}
