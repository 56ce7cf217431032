//! Inputs of the suites of the advanced runtime.

pub(super) mod geometry;
pub(super) mod observers;
pub(super) mod physics;

use super::{Cases, Random};
use crate::replay::advanced::input::{FidelityName, Numbers};
use crate::replay::text::{Bits, BitsList};

type Made = Result<(), serde_json::Error>;

const BOTH: [FidelityName; 2] = [FidelityName::Corrected, FidelityName::Published];

/// What no argument may be.
const NOT_FINITE: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

/// So many numbers between two.
fn between(random: &mut Random, count: u32, low: f64, high: f64) -> Vec<f64> {
    (0..count).map(|_| random.between(low, high)).collect()
}

/// Phases on the circle.
fn phases(random: &mut Random, count: u32) -> Vec<f64> {
    between(random, count, 0.0, std::f64::consts::TAU)
}

/// Some numbers again and again.
fn cycle(cycle: Vec<f64>, count: u32) -> Numbers {
    Numbers::Cycle { cycle: BitsList(cycle), count }
}

/// The square matrix of a rule, row by row.
fn matrix(n: u32, entry: impl Fn(u32, u32) -> f64) -> Vec<f64> {
    (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect()
}

/// A list with another number in one place.
fn with(mut list: Vec<f64>, place: usize, value: f64) -> Vec<f64> {
    if let Some(entry) = list.get_mut(place) {
        *entry = value;
    }
    list
}

#[allow(clippy::unnecessary_wraps, reason = "a field that is changed")]
fn bits(value: f64) -> Option<Bits> {
    Some(Bits(value))
}
