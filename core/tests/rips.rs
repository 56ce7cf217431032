//! Vietoris–Rips bars against the textbook: a plain reduction of the whole boundary matrix.
#![cfg(feature = "observers")]
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    missing_docs
)]

use std::collections::BTreeMap;

use interlock_core::observers::{Bar, Cloud, Rips};
use proptest::prelude::*;
use proptest::sample::select;

/// Bars of positive length as the bits of birth and death, sorted; likewise the deaths in degree 0.
type Diagram = (Vec<[u64; 2]>, Vec<u64>);

/// The definition: every simplex of up to three points in order, columns reduced from the left.
fn textbook(points: &[f64], dimension: usize) -> Diagram {
    let count = points.len() / dimension;
    let distance = |a: usize, b: usize| {
        let (a, b) = (&points[a * dimension..][..dimension], &points[b * dimension..][..dimension]);
        a.iter().zip(b).fold(0.0, |sum, (x, y)| sum + (x - y) * (x - y)).sqrt()
    };
    let mut simplices: Vec<(f64, Vec<usize>)> = (0..count).map(|a| (0.0, vec![a])).collect();
    for b in 0..count {
        for a in 0..b {
            simplices.push((distance(a, b), vec![a, b]));
            for c in b + 1..count {
                let value = distance(a, b).max(distance(a, c)).max(distance(b, c));
                simplices.push((value, vec![a, b, c]));
            }
        }
    }
    simplices.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.len().cmp(&b.1.len())).then(a.1.cmp(&b.1)));
    let position: BTreeMap<Vec<usize>, usize> = simplices.iter().enumerate().map(|(i, s)| (s.1.clone(), i)).collect();
    let mut owner: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let (mut loops, mut joins) = (Vec::new(), Vec::new());
    for (value, simplex) in &simplices {
        if simplex.len() == 1 {
            continue;
        }
        let face = |skip: usize| {
            let face: Vec<usize> = simplex.iter().enumerate().filter(|(i, _)| *i != skip).map(|(_, v)| *v).collect();
            position[&face]
        };
        let mut column: Vec<usize> = (0..simplex.len()).map(face).collect();
        column.sort_unstable();
        while let Some(other) = column.last().and_then(|low| owner.get(low)) {
            let mut sum: Vec<usize> = column.iter().filter(|x| other.binary_search(x).is_err()).copied().collect();
            sum.extend(other.iter().filter(|x| column.binary_search(x).is_err()));
            sum.sort_unstable();
            column = sum;
        }
        let Some(&low) = column.last() else { continue };
        owner.insert(low, column);
        if simplices[low].0 < *value {
            match simplex.len() {
                2 => joins.push(value.to_bits()),
                _ => loops.push([simplices[low].0.to_bits(), value.to_bits()]),
            }
        }
    }
    loops.sort_unstable();
    joins.sort_unstable();
    (loops, joins)
}

fn bits(bars: &[Bar]) -> Vec<[u64; 2]> {
    let mut bits: Vec<[u64; 2]> = bars.iter().map(|bar| [bar.birth.to_bits(), bar.death.to_bits()]).collect();
    bits.sort_unstable();
    bits
}

fn ours(rips: &mut Rips, points: &[f64], dimension: usize) -> Diagram {
    let cloud = Cloud::new(points, u32::try_from(dimension).unwrap()).unwrap();
    let bars = rips.bars(cloud).to_vec();
    assert!(bars.windows(2).all(|two| two[0].lifetime() >= two[1].lifetime()), "longest first");
    let joins = rips.joins().iter().map(|join| join.to_bits()).collect();
    let longest = rips.longest(cloud);
    assert_eq!(longest.lifetime.to_bits(), bars.first().map_or(0.0, Bar::lifetime).to_bits());
    assert_eq!(longest.bar.map(|bar| bar.lifetime()), bars.first().map(Bar::lifetime));
    assert_eq!(longest.diameter.to_bits(), rips.diameter().to_bits());
    (bits(&bars), joins)
}

/// Clouds of a dimension: of any numbers, or with many equal distances, equal points, or on a line or circle.
fn clouds(points: std::ops::Range<usize>) -> impl Strategy<Value = (usize, Vec<f64>)> {
    let kinds = select(vec!["any", "integers", "few", "equal", "line", "circle", "grid", "repeated"]);
    (1_usize..5, points, kinds).prop_flat_map(|(dimension, count, kind)| {
        let (dimension, size) = match kind {
            "circle" | "grid" => (2, count * 2),
            _ => (dimension, count * dimension),
        };
        let coordinates = match kind {
            "any" => prop::collection::vec(-1.0_f64..1.0, size).boxed(),
            "integers" => prop::collection::vec((-3_i8..4).prop_map(f64::from), size).boxed(),
            "few" => prop::collection::vec(select(vec![0.1, 0.2, 0.3, 1.1]), size).boxed(),
            "equal" => (-1.0_f64..1.0).prop_map(move |x| vec![x; size]).boxed(),
            "line" => prop::collection::vec(-1.0_f64..1.0, count)
                .prop_map(move |line| {
                    line.iter().flat_map(|x| (0..dimension).map(move |k| x * (k as f64 + 1.0))).collect()
                })
                .boxed(),
            "circle" => (0.5_f64..2.0, 0_usize..3)
                .prop_map(move |(radius, missing)| {
                    let angle = |k: usize| std::f64::consts::TAU * k as f64 / (count + missing) as f64;
                    (0..count).flat_map(|k| [radius * angle(k).cos(), radius * angle(k).sin()]).collect()
                })
                .boxed(),
            "grid" => (2_usize..5)
                .prop_map(move |wide| (0..count).flat_map(|k| [(k % wide) as f64, (k / wide) as f64]).collect())
                .boxed(),
            _ => (prop::collection::vec(-1.0_f64..1.0, size), 1_usize..5)
                .prop_map(move |(points, distinct)| {
                    points.iter().cycle().take(distinct * dimension).cycle().take(size).copied().collect()
                })
                .boxed(),
        };
        (Just(dimension), coordinates)
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn bars_are_the_textbooks((dimension, points) in clouds(0..14)) {
        prop_assert_eq!(ours(&mut Rips::default(), &points, dimension), textbook(&points, dimension));
    }

    /// A diagram does not know the order of the points, which decides among equal lengths.
    #[test]
    fn the_order_of_points_does_not_matter((dimension, points) in clouds(0..40), seed in any::<u64>()) {
        let mut order: Vec<(u64, &[f64])> = Vec::new();
        let mut state = seed | 1;
        for point in points.chunks_exact(dimension) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.push((state >> 16, point));
        }
        order.sort_by_key(|(key, _)| *key);
        let permuted: Vec<f64> = order.iter().flat_map(|(_, point)| point.iter().copied()).collect();
        let mut rips = Rips::default();
        prop_assert_eq!(ours(&mut rips, &points, dimension), ours(&mut rips, &permuted, dimension));
    }

    /// A power of two scales every bar without rounding, and scratch that held another cloud does not matter.
    #[test]
    fn powers_of_two_scale_exactly((dimension, points) in clouds(0..40), power in -300_i32..300) {
        let factor = 2.0_f64.powi(power);
        let scaled: Vec<f64> = points.iter().map(|x| x * factor).collect();
        let mut rips = Rips::default();
        let (loops, joins) = ours(&mut rips, &points, dimension);
        let by_factor = |bits: u64| (f64::from_bits(bits) * factor).to_bits();
        let expected = (loops.iter().map(|bar| bar.map(by_factor)).collect(), joins.iter().map(|join| by_factor(*join)).collect());
        prop_assert_eq!(ours(&mut rips, &scaled, dimension), expected);
    }
}

proptest! {
    #![proptest_config(config(4))]

    /// More points than a word has bits.
    #[test]
    fn larger_clouds_are_the_textbooks((dimension, points) in clouds(63..67)) {
        prop_assert_eq!(ours(&mut Rips::default(), &points, dimension), textbook(&points, dimension));
    }
}

#[test]
fn degenerate_clouds_have_no_bar() {
    let mut rips = Rips::default();
    for count in 0..4_usize {
        for points in [vec![0.5; count * 2], (0..count * 2).map(|k| (k * k) as f64).collect()] {
            let longest = rips.longest(Cloud::new(&points, 2).unwrap());
            assert_eq!((longest.lifetime, longest.bar), (0.0, None));
            assert!(rips.bars(Cloud::new(&points, 2).unwrap()).is_empty());
        }
    }
}

#[test]
fn refusals_name_the_field() {
    let error = |points: &[f64], dimension| Cloud::new(points, dimension).unwrap_err().to_string();
    assert_eq!(error(&[1.0], 0), "dimension is 0, must be in [1, 1048576]");
    assert_eq!(error(&[1.0; 5], 2), "coordinates.length is 5, must be a multiple of the dimension");
    assert_eq!(error(&vec![0.0; 4097], 1), "points is 4097, must be in [0, 4096]");
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e151] {
        assert_eq!(Cloud::new(&[0.0, 1.0, wrong], 1).unwrap_err().index, Some(2));
    }
    // The largest coordinates that are taken have finite distances.
    let far = [1e150, -1e150].map(|x| [x; 3]).concat();
    assert!(Rips::default().longest(Cloud::new(&far, 3).unwrap()).diameter.is_finite());
}

#[test]
fn as_many_points_as_are_taken() {
    // Without optimisation the most takes a quarter of a minute.
    let count = if cfg!(debug_assertions) { 400 } else { 4096 };
    let points: Vec<f64> = (0..count).map(|k| f64::from(k % 64)).collect();
    assert_eq!(Rips::default().longest(Cloud::new(&points, 1).unwrap()).lifetime, 0.0);
}

/// The same bits on every host and with every optimisation: a digest of many diagrams that is written down.
#[test]
fn bits_are_the_same_everywhere() {
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 * 2.0_f64.powi(-53)
    };
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    let mut rips = Rips::default();
    for (count, dimension) in [(10, 1), (40, 2), (50, 48), (90, 3), (200, 2)] {
        for spacing in [0.0, 0.125] {
            let mut coordinate = || if spacing > 0.0 { (draw() / spacing).floor() * spacing } else { draw() };
            let points: Vec<f64> = (0..count * dimension).map(|_| coordinate()).collect();
            let (loops, joins) = ours(&mut rips, &points, dimension);
            for bits in loops.into_iter().flatten().chain(joins) {
                digest = (digest ^ bits).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    assert_eq!(digest, 0xcb67_81b8_621a_8dae, "{digest:#x}");
}
