//! Entropy of phases smoothed over the circle.

use core::f64::consts::TAU;

use super::coupling::LANES;
use super::order::fold;
use crate::error::count;
use crate::numeric::{ln, ln_all, sin_cos_lanes};

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
#[allow(clippy::indexing_slicing, reason = "lanes of arrays of that many lanes")]
pub(super) fn gathering(sines: &[f64], cosines: &[f64]) -> f64 {
    if sines.is_empty() {
        return 0.0;
    }
    let mut sums = [([0.0; LANES], [0.0; LANES]); RATIOS.len()];
    for (sines, cosines) in sines.chunks(LANES).zip(cosines.chunks(LANES)) {
        // Lanes without a phase are 0, and so are their powers.
        let (s, c) = (lanes(sines), lanes(cosines));
        let (mut re, mut im) = (c, s);
        for sum in &mut sums {
            for lane in 0..LANES {
                sum.0[lane] += re[lane];
                sum.1[lane] += im[lane];
                let next = re[lane] * c[lane] - im[lane] * s[lane];
                im[lane] = re[lane] * s[lane] + im[lane] * c[lane];
                re[lane] = next;
            }
        }
    }
    let scale = 2.0 / count(sines.len());
    let mut moments = [(0.0, 0.0); RATIOS.len()];
    for ((moment, (re, im)), ratio) in moments.iter_mut().zip(sums).zip(RATIOS) {
        *moment = (fold(re) * scale * ratio, fold(im) * scale * ratio);
    }
    let points = count(sines.len()).max(16.0);
    let (mut total, mut weighted) = ([0.0; LANES], [0.0; LANES]);
    let mut first = 0.0;
    while first < points {
        let k: [f64; LANES] = core::array::from_fn(|lane| first + count(lane));
        let (s, c) = sin_cos_lanes(k.map(|k| TAU * k / points));
        // Horner's scheme in exp(-i x), highest term first.
        let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
        for moment in moments.iter().rev() {
            for lane in 0..LANES {
                let (a, b) = (re[lane] + moment.0, im[lane] + moment.1);
                re[lane] = a * c[lane] + b * s[lane];
                im[lane] = b * c[lane] - a * s[lane];
            }
        }
        let densities = re.map(|re| 1.0 + re);
        let mut logarithms = [0.0; LANES];
        ln_all(&densities, &mut logarithms);
        for lane in 0..LANES {
            // Lanes beyond the last point count nothing.
            if k[lane] < points {
                total[lane] += densities[lane];
                weighted[lane] += densities[lane] * logarithms[lane];
            }
        }
        first += count(LANES);
    }
    let (total, weighted) = (fold(total), fold(weighted));
    // With p = density / total, H = ln total - weighted / total.
    ln(points) - ln(total) + weighted / total
}

/// Up to eight numbers, filled up with zeros.
fn lanes(numbers: &[f64]) -> [f64; LANES] {
    let mut lanes = [0.0; LANES];
    lanes.iter_mut().zip(numbers).for_each(|(lane, number)| *lane = *number);
    lanes
}
