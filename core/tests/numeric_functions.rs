//! Elementary functions against correctly rounded ones, their slice forms and their bits.
#![cfg(feature = "physics")]
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    missing_docs
)]

use dashu_float::FBig;
use interlock_core::Fidelity;
use interlock_core::numeric::{Xorshift64, cos, exp, exp_all, ln, ln_all, sin, sin_cos, sin_cos_all};
use proptest::prelude::*;

type Big = FBig;

fn big(x: f64) -> Big {
    Big::try_from(x).unwrap().with_precision(140).value()
}

/// Distance of a double from the exact value in units of the exact value's last place.
fn ulps(got: f64, exact: &Big) -> f64 {
    let near = exact.to_f64().value();
    let size = near.abs();
    let unit = if size < f64::MIN_POSITIVE { f64::from_bits(1) } else { f64::from_bits(size.to_bits() + 1) - size };
    // Raised out of the subnormals, so that what rounding took away can be written down.
    let raise = if size < 1e-200 { 2.0_f64.powi(500) } else { 1.0 };
    let rest = (exact * big(raise) - big(near) * big(raise)).to_f64().value();
    // The difference of the doubles is exact, for they are neighbours or equal.
    (((got - near) * raise - rest) / (unit * raise)).abs()
}

struct Worst {
    error: f64,
    at: f64,
}

fn worst(numbers: &[f64], got: impl Fn(f64) -> f64, exact: impl Fn(&Big) -> Big) -> Worst {
    let mut worst = Worst { error: 0.0, at: 0.0 };
    for &x in numbers {
        let error = ulps(got(x), &exact(&big(x)));
        assert!(error.is_finite(), "{x:e}: {:e}", got(x));
        if error > worst.error {
            worst = Worst { error, at: x };
        }
    }
    worst
}

fn noise() -> Xorshift64 {
    Xorshift64::new(7, Fidelity::Corrected)
}

/// Evenly spread in (-size, size).
fn spread(count: usize, size: f64) -> Vec<f64> {
    let mut noise = noise();
    (0..count).map(|_| (2.0 * noise.uniform() - 1.0) * size).collect()
}

/// Of every exponent alike, both signs.
fn any_exponent(count: usize) -> Vec<f64> {
    let mut noise = noise();
    let bits = std::iter::repeat_with(move || f64::from_bits(noise.next_u64()));
    bits.filter(|x| x.is_finite()).take(count).collect()
}

/// The doubles nearest to multiples of pi/2, where nearly everything cancels.
fn near_quarter_turns() -> Vec<f64> {
    let quarter = Big::pi(140) / big(2.0);
    let multiple = |n: u32| (&quarter * big(f64::from(n))).to_f64().value();
    (1..200).chain((200..131_072).step_by(97)).chain(130_900..131_072).map(multiple).collect()
}

#[test]
fn sine_and_cosine_are_as_near_as_stated() {
    let mut numbers = near_quarter_turns();
    numbers.extend(spread(3000, 7.0));
    numbers.extend(spread(3000, 205_887.0));
    numbers.extend(any_exponent(1500).into_iter().filter(|x| x.abs() < 1e9));
    let sine = worst(&numbers, sin, Big::sin);
    let cosine = worst(&numbers, cos, Big::cos);
    println!("near: sin {:.4} ulp at {:e}, cos {:.4} ulp at {:e}", sine.error, sine.at, cosine.error, cosine.at);
    assert!(sine.error < 0.80 && cosine.error < 0.80);
    let far: Vec<f64> = any_exponent(1500).into_iter().filter(|x| x.abs() > 1e5).take(200).collect();
    let sine = worst(&far, sin, |x| x.clone().with_precision(1300).value().sin().with_precision(140).value());
    let cosine = worst(&far, cos, |x| x.clone().with_precision(1300).value().cos().with_precision(140).value());
    println!("far: sin {:.4} ulp at {:e}, cos {:.4} ulp at {:e}", sine.error, sine.at, cosine.error, cosine.at);
    assert!(sine.error < 0.80 && cosine.error < 0.80);
}

#[test]
fn exponential_and_logarithm_are_as_near_as_stated() {
    let mut numbers = spread(5_000, 708.0);
    numbers.extend(spread(5_000, 1.0));
    let found = worst(&numbers, exp, Big::exp);
    println!("exp {:.4} ulp at {:e}", found.error, found.at);
    assert!(found.error < 0.95);
    // Down to the subnormals.
    let low: Vec<f64> = spread(2_000, 18.5).iter().map(|x| -726.5 + x).collect();
    let found = worst(&low, exp, Big::exp);
    println!("exp, subnormal: {:.4} ulp at {:e}", found.error, found.at);
    assert!(found.error < 0.95);

    let mut numbers: Vec<f64> = any_exponent(5_000).iter().map(|x| x.abs()).filter(|x| *x > 0.0).collect();
    numbers.extend(spread(5_000, 0.9).iter().map(|x| 1.0 + x));
    numbers.extend(spread(1_000, 1e-6).iter().map(|x| 1.0 + x));
    numbers.extend((1..50).map(f64::from_bits));
    let found = worst(&numbers, ln, Big::ln);
    println!("ln {:.4} ulp at {:e}", found.error, found.at);
    assert!(found.error < 0.95);
}

#[test]
fn what_has_no_value_gives_nan() {
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let (s, c) = sin_cos(x);
        assert!(s.is_nan() && c.is_nan());
        let (mut s, mut c) = ([0.0; 2], [0.0; 2]);
        sin_cos_all(&[1.0, x], &mut s, &mut c);
        assert_eq!((s[0], c[0]), sin_cos(1.0));
        assert!(s[1].is_nan() && c[1].is_nan());
    }
    let mut out = [1.0; 8];
    exp_all(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 800.0, -800.0, 709.782_712_893_384], &mut out);
    assert!(out[0].is_nan());
    assert_eq!(out[1..7], [f64::INFINITY, 0.0, 1.0, 1.0, f64::INFINITY, 0.0]);
    assert_eq!(out[7], exp(709.782_712_893_384));
    ln_all(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1.0, -1.0, 5e-324], &mut out);
    assert!(out[0].is_nan() && out[2].is_nan() && out[6].is_nan());
    assert_eq!([out[1], out[3], out[4], out[5]], [f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY, 0.0]);
    assert_eq!(out[7], ln(5e-324));
    assert_eq!(sin(-0.0).to_bits(), (-0.0_f64).to_bits());
}

#[test]
fn lists_of_any_length_are_filled_as_far_as_they_go() {
    let (mut s, mut c) = ([9.0; 3], [9.0; 2]);
    sin_cos_all(&[0.0, 0.0, 0.0, 0.0], &mut s, &mut c);
    assert_eq!((s[1], c), (0.0, [1.0, 1.0]));
    sin_cos_all(&[], &mut [], &mut []);
    exp_all(&[], &mut [1.0]);
    ln_all(&[1.0], &mut []);
}

#[test]
fn small_and_neighbouring_seeds_start_apart() {
    let firsts = |fidelity| (0..1000).map(move |seed| Xorshift64::new(seed, fidelity).uniform());
    assert!(firsts(Fidelity::Published).skip(1).all(|first| first < 1e-6));
    let mean = firsts(Fidelity::Corrected).sum::<f64>() / 1000.0;
    let mut sorted: Vec<f64> = firsts(Fidelity::Corrected).collect();
    sorted.sort_by(f64::total_cmp);
    assert!((mean - 0.5).abs() < 0.03 && sorted[0] < 0.01 && sorted[999] > 0.99);
    assert_eq!(Xorshift64::from_state(0), Xorshift64::new(0, Fidelity::Published));
}

#[test]
fn normals_have_the_moments_of_the_normal_distribution() {
    let mut normals = vec![0.0; 200_000];
    noise().normals(&mut normals);
    let moment = |power: i32| normals.iter().map(|x: &f64| x.powi(power)).sum::<f64>() / normals.len() as f64;
    for (power, expected, within) in [(1, 0.0, 0.01), (2, 1.0, 0.02), (3, 0.0, 0.04), (4, 3.0, 0.1)] {
        assert!((moment(power) - expected).abs() < within, "{power}: {}", moment(power));
    }
}

/// FNV-1a over the bits.
fn digest(digest: &mut u64, numbers: &[f64]) {
    for byte in numbers.iter().flat_map(|number| number.to_bits().to_le_bytes()) {
        *digest = (*digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }
}

#[test]
fn a_million_results_have_the_bits_they_always_had() {
    let mut noise = noise();
    let mut found = 0xCBF2_9CE4_8422_2325;
    let mut input = vec![0.0; 1000];
    let (mut first, mut second) = (vec![0.0; 1000], vec![0.0; 1000]);
    for round in 0..200_usize {
        let scale = [7.0, 700.0, 1e5, 1e-3][round % 4];
        input.fill_with(|| (2.0 * noise.uniform() - 1.0) * scale);
        sin_cos_all(&input, &mut first, &mut second);
        digest(&mut found, &first);
        digest(&mut found, &second);
        exp_all(&input, &mut first);
        digest(&mut found, &first);
        ln_all(&first, &mut second);
        second.iter_mut().filter(|x| !x.is_finite()).for_each(|x| *x = 0.0);
        digest(&mut found, &second);
        noise.normals(&mut first);
        digest(&mut found, &first);
    }
    assert_eq!(found, 0xce25_8755_86aa_4378, "{found:#018x}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slices_give_the_bits_of_single_numbers(x in prop_oneof![any::<f64>(), -800.0..800.0, -2.0..2.0, 0.0..1e-300]) {
        let bits = |x: f64| if x.is_nan() { u64::MAX } else { x.to_bits() };
        let (mut a, mut b) = ([0.0; 5], [0.0; 5]);
        exp_all(&[x; 5], &mut a);
        prop_assert_eq!(a.map(bits), [bits(exp(x)); 5], "exp {:e}: {:e} {:e}", x, a[0], exp(x));
        ln_all(&[x; 5], &mut a);
        prop_assert_eq!(a.map(bits), [bits(ln(x)); 5], "ln {:e}: {:e} {:e}", x, a[0], ln(x));
        sin_cos_all(&[x; 5], &mut a, &mut b);
        prop_assert_eq!(a.map(bits), [bits(sin(x)); 5]);
        prop_assert_eq!(b.map(bits), [bits(cos(x)); 5]);
    }

    #[test]
    fn normals_in_batches_are_normals_one_by_one(seed: u64, length in 0_usize..70) {
        let mut batch = Xorshift64::new(seed, Fidelity::Published);
        let mut single = batch.clone();
        let mut skipped = batch.clone();
        let mut out = vec![0.0; length];
        batch.normals(&mut out);
        let expected: Vec<f64> = (0..length).map(|_| single.normal()).collect();
        prop_assert_eq!(out, expected);
        skipped.skip_normals(length);
        prop_assert_eq!(&batch, &single);
        prop_assert_eq!(&batch, &skipped);
    }
}
