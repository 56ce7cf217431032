//! The sixteen layers: names, natural frequencies and the coupling between them.

use super::Coupling;
use crate::Fidelity;
use crate::numeric::exp;

/// How many layers there are.
pub const COUNT: usize = 16;

/// Natural frequencies, rad/s.
#[allow(clippy::approx_constant, reason = "6.283 and 3.142 are the layers' frequencies as given")]
pub const OMEGA: [f64; COUNT] = [
    1.329, 251.327, 0.628, 31.416, 6.283, 49.199, 3.142, 0.105, 1.571, 0.942, 0.209, 0.042, 0.013, 0.006, 0.003, 0.991,
];

/// Names of the layers.
pub const NAMES: [&str; COUNT] = [
    "Quantum Biological",
    "Neurochemical",
    "Genomic-Epigenetic",
    "Cellular Synchrony",
    "Intentional Frame",
    "Gaian Embodiment",
    "Geometrical-Symbolic",
    "Cosmic Information",
    "Memory Manifold",
    "Identity Manifold",
    "Noospheric-Cultural",
    "Ecological-Gaian",
    "Source-Field",
    "Transdimensional",
    "Consilium",
    "The Director",
];

/// Coupling of neighbours before anchors, and how it falls with the distance of two layers.
const NEIGHBOURS: f64 = 0.45;
const DECAY: f64 = 0.3;
/// Measured couplings: they stand for what the decay gives.
const ANCHORS: [(usize, usize, f64); 4] = [(0, 1, 0.302), (1, 2, 0.201), (2, 3, 0.252), (3, 4, 0.154)];
/// Couplings across the hierarchy that are stronger than their distance says.
const BOOSTS: [(usize, usize, f64); 2] = [(0, 15, 0.05), (4, 6, 0.15)];

/// The coupling matrix, row by row; row n acts on oscillator n. Symmetric, with a diagonal of 0.
///
/// 0.45 exp(-0.3 |n - m|), then anchors, then boosts, then the mean with the transpose. `Corrected` takes a
/// boost as the least the coupling may be, so that none is lowered; `Published` puts the boost in its place, by
/// which (4, 6) falls from 0.247 to 0.15.
#[must_use]
#[allow(clippy::indexing_slicing, reason = "constant positions within the matrix")]
pub fn coupling_rows(fidelity: Fidelity) -> [[f64; COUNT]; COUNT] {
    let mut k = [[0.0; COUNT]; COUNT];
    for (n, row) in (0_i32..).zip(&mut k) {
        for (m, entry) in (0_i32..).zip(row) {
            if n != m {
                *entry = NEIGHBOURS * exp(-DECAY * f64::from(n.abs_diff(m)));
            }
        }
    }
    for (n, m, value) in ANCHORS {
        (k[n][m], k[m][n]) = (value, value);
    }
    for (n, m, value) in BOOSTS {
        let boosted = if fidelity.is_published() { value } else { value.max(k[n][m]) };
        (k[n][m], k[m][n]) = (boosted, boosted);
    }
    // The stages above write both halves alike, so the mean with the transpose is the matrix itself.
    k
}

/// The coupling matrix of [`coupling_rows`], ready for a stepper.
#[must_use]
pub fn coupling(fidelity: Fidelity) -> Coupling {
    Coupling::of_checked(COUNT, coupling_rows(fidelity).as_flattened())
}
