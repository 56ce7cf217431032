//! Checks the Vietoris–Rips diagrams against a file in the format of `j_rips_h1.json`.
//!
//! A second, plain reduction in binary64 gave the `*_binary64*` fields; ripser's own are binary32.

use interlock_core::observers::{Bar, Cloud, Rips};
use serde_json::Value;

use super::golden_fields::{Fields, numbers, rows, section};
use super::golden_report::{GoldenReport, number};

/// The name of the file.
pub(crate) const FILE: &str = "j_rips_h1.json";
/// Sections by which a file of any other name is known.
#[allow(dead_code, reason = "for those who do not know the file by its name")]
pub(crate) const SECTIONS: &[&str] = &["clouds"];

/// Of binary64 fields.
const TOLERANCE: f64 = 1e-12;
/// Of what ripser holds in binary32, relative to the number, and to the largest distance where it is a difference.
const SINGLE: f64 = 1e-6;
/// Shorter bars, relative to the largest distance, are made and unmade by rounding alone.
const SHORT: f64 = 1e-6;

/// Checks every cloud.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    let mut rips = Rips::default();
    for (name, vector) in section(file, "clouds") {
        let before = report.failures.len();
        let mut fields = Fields { report: &mut report, name: &name, tolerance: TOLERANCE };
        if cloud(&mut fields, vector, &mut rips).is_none() && report.failures.len() == before {
            report.fail(&name, "inputs", "points and bars of the format", vector);
        }
        if report.failures.len() == before {
            report.hold();
        }
    }
    report
}

/// One cloud; none when it cannot be read.
fn cloud(fields: &mut Fields<'_>, vector: &Value, rips: &mut Rips) -> Option<()> {
    let points = rows(vector.get("points"))?;
    let width = points.first().map_or(1, Vec::len);
    if points.iter().any(|point| point.len() != width) {
        return None;
    }
    let flat = points.concat();
    fields.exact("n_points", vector.get("n_points"), points.len());
    if !points.is_empty() {
        fields.exact("dim", vector.get("dim"), width);
    }
    let cloud = Cloud::new(&flat, u32::try_from(width).ok()?).ok()?;
    distances(fields, vector, rips, &points);
    let bars = rips.bars(cloud).to_vec();
    let (joins, diameter) = (rips.joins().to_vec(), rips.diameter());
    fields.stated("max_distance", vector, diameter);
    let longest = rips.longest(cloud);
    fields.real("the longest of all", bars.first().map_or(0.0, Bar::lifetime), longest.lifetime);
    fields.real("diameter", diameter, longest.diameter);
    fields.stated("max_h1_lifetime_binary64", vector, longest.lifetime);
    let long = |bar: &&Bar| bar.lifetime() > SHORT * diameter;
    let ours: Vec<[f64; 2]> = bars.iter().filter(long).map(|bar| [bar.birth, bar.death]).collect();
    match_bars(fields, "h1_bars_binary64_longer_than_1e-6_max_distance", vector, &ours, diameter, TOLERANCE)?;
    single(fields, vector, &ours, &joins, diameter)
}

/// Distances from the first point, each as the diameter of a cloud of two.
fn distances(fields: &mut Fields<'_>, vector: &Value, rips: &mut Rips, points: &[Vec<f64>]) {
    let (Some(expected), Some(first)) = (vector.get("distance_check_row_0"), points.first()) else { return };
    let mut distance = |point: &Vec<f64>| {
        let two = [first.as_slice(), point].concat();
        let cloud = Cloud::new(&two, u32::try_from(first.len()).ok()?).ok()?;
        Some(rips.longest(cloud).diameter)
    };
    let got: Option<Vec<f64>> = points.iter().map(&mut distance).collect();
    fields.list("distance_check_row_0", Some(expected), &got.unwrap_or_default());
}

/// Compares diagrams as multisets: each expected bar with the nearest one that is left.
fn match_bars(
    fields: &mut Fields<'_>,
    field: &str,
    vector: &Value,
    ours: &[[f64; 2]],
    diameter: f64,
    tolerance: f64,
) -> Option<()> {
    let expected = rows(vector.get(field))?;
    let expected: Vec<&[f64]> = expected.iter().map(Vec::as_slice).collect();
    let long = |bar: &&[f64]| matches!(bar, [birth, death] if death - birth > SHORT * diameter);
    if expected.iter().any(|bar| bar.len() != 2) {
        return None;
    }
    let mut left = ours.to_vec();
    for bar in expected.iter().filter(|bar| long(bar)) {
        let (birth, death) = (*bar.first()?, *bar.get(1)?);
        let far = |other: &[f64; 2]| (other[0] - birth).abs().max((other[1] - death).abs());
        let nearest = left.iter().enumerate().min_by(|a, b| far(a.1).total_cmp(&far(b.1))).map(|(index, _)| index);
        let Some(nearest) = nearest.map(|index| left.swap_remove(index)) else {
            fields.report.fail(fields.name, field, format!("{bar:?}"), "no bar");
            continue;
        };
        for (expected, got) in [(birth, nearest[0]), (death, nearest[1])] {
            if !fields.report.agrees(expected, got, tolerance * expected.abs().max(1.0)) {
                fields.report.fail(fields.name, field, format!("{bar:?}"), format!("{nearest:?}"));
            }
        }
    }
    for bar in left {
        fields.report.fail(fields.name, field, "no more bars", format!("{bar:?}"));
    }
    Some(())
}

/// Compares with ripser's own fields. Their difference says nothing of ours, so it is not reported.
fn single(fields: &mut Fields<'_>, vector: &Value, ours: &[[f64; 2]], joins: &[f64], diameter: f64) -> Option<()> {
    let largest = fields.report.largest_deviation;
    match_bars(fields, "h1_birth_death_sorted_by_lifetime_desc", vector, ours, diameter, SINGLE)?;
    let longest = ours.first().map_or(0.0, |bar| bar[1] - bar[0]);
    for field in ["max_h1_lifetime", "max_h1_lifetime_ripser_own_metric"] {
        // Of bars that rounding makes or unmakes there may be one on either side.
        let Some(expected) = vector.get(field).and_then(number) else { continue };
        if (expected - longest).abs() > SINGLE * diameter.max(1.0) {
            fields.report.fail(fields.name, field, expected, longest);
        }
    }
    let deaths = numbers(vector.get("h0_finite_deaths_sorted"))?;
    fields.exact("h0_bars", vector.get("h0_bars"), deaths.len().saturating_add(1));
    // A distance that binary64 tells from 0 may be 0 in binary32.
    let long = |list: &[f64]| list.iter().copied().filter(|death| *death > SHORT * diameter).collect::<Vec<_>>();
    let (deaths, joins) = (long(&deaths), long(joins));
    if deaths.len() == joins.len() {
        for (index, (expected, got)) in deaths.iter().zip(&joins).enumerate() {
            if (expected - got).abs() > SINGLE * expected.max(1e-3 * diameter) {
                fields.report.fail(fields.name, &format!("h0_finite_deaths_sorted[{index}]"), expected, got);
            }
        }
    } else {
        fields.report.fail(fields.name, "h0_finite_deaths_sorted", deaths.len(), joins.len());
    }
    fields.report.largest_deviation = largest;
    Some(())
}
