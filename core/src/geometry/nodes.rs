//! Node space: latents, and the decoders from them to the weights of a graph.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every buffer has its size from construction on"
)]

use alloc::vec;
use alloc::vec::Vec;

use crate::error::{InputError, Range, check, check_all, check_length};

use super::config::{LATENT, MAX_NODES};
use super::functions::{exp_all, ln_all};

/// Beyond this size softplus is a straight line.
const STRAIGHT: f64 = 20.0;
/// Most latents.
const LATENTS: Range = Range { lo: 0.0, hi: 1e6, words: "a count in [0, 1000000]" };

/// How latents become weights. Section 8.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Decoder {
    /// Each pair of nodes has a latent of its own, and its weight is ln(1 + e^z).
    #[default]
    GramSoftplus,
    /// Each node has coordinates, and the weight of a pair is exp(-distance^2 / (2 sigma^2)).
    Rbf,
}

impl Decoder {
    /// Latents of an engine of `n` nodes. The published engine has one for each pair of nodes; the radial decoder
    /// leaves out those that do not make up a coordinate of every node, so with `corrected` there are only
    /// the others, at least one a node.
    #[must_use]
    pub const fn latents(self, n: u32, corrected: bool) -> u32 {
        let pairs = n.saturating_mul(n.saturating_sub(1)) / 2;
        match self {
            Self::Rbf if corrected && n >= 2 => {
                let each = if pairs / n == 0 { 1 } else { pairs / n };
                n.saturating_mul(each)
            }
            _ => pairs,
        }
    }
}

/// ln(1 + e^x): x above 20 and 0 below -20.
#[must_use]
pub fn softplus(x: f64) -> f64 {
    softplus_with_slope(x).0
}

/// The slope of [`softplus`]: 1 / (1 + e^-x), 1 above 20 and 0 below -20.
#[must_use]
pub fn softplus_slope(x: f64) -> f64 {
    softplus_with_slope(x).1
}

fn softplus_with_slope(x: f64) -> (f64, f64) {
    let mut power = [0.0];
    exp_all(&[x.clamp(-STRAIGHT, STRAIGHT)], &mut power);
    let mut value = [0.0];
    ln_all(&[1.0 + power[0]], &mut value);
    bent(x, power[0], value[0])
}

/// Value and slope for e^x and ln(1 + e^x) that hold between the straight parts.
fn bent(x: f64, power: f64, value: f64) -> (f64, f64) {
    if x > STRAIGHT {
        (x, 1.0)
    } else if x < -STRAIGHT {
        (0.0, 0.0)
    } else {
        (value, power / (1.0 + power))
    }
}

/// Latents and the weights that they decode to. No call allocates after construction.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSpace {
    n: u32,
    decoder: Decoder,
    /// sigma^2.
    width: f64,
    /// Coordinates of a node under the radial decoder.
    coordinates: u32,
    z: Vec<f64>,
    /// Row by row.
    w: Vec<f64>,
    /// Slope of the weight of each latent's pair, under softplus.
    slopes: Vec<f64>,
    /// Of each pair, row by row above the diagonal.
    powers: Vec<f64>,
    scratch: Vec<f64>,
}

impl NodeSpace {
    /// Decodes latents: under softplus one for each pair of nodes, in the order (0,1), (0,2), ... (1,2), ...; under
    /// the radial decoder the coordinates of the first node, of the second and so on, as many each as go
    /// into their number, and what is left over does nothing.
    ///
    /// # Errors
    /// `n` is not in [1, 256], `sigma` not in [1e-6, 1e6], there is a wrong number of latents, or one of
    /// them is not finite or beyond 1e6.
    pub fn new(n: u32, decoder: Decoder, sigma: f64, z: &[f64]) -> Result<Self, InputError> {
        check("n", f64::from(n), Range { lo: 1.0, hi: f64::from(MAX_NODES), words: "a count in [1, 256]" })?;
        check("rbf_sigma", sigma, Range { lo: 1e-6, hi: 1e6, words: "in [1e-6, 1e6]" })?;
        let pairs = n * (n - 1) / 2;
        match decoder {
            Decoder::GramSoftplus => check_length("z", z.len(), pairs as usize, "n (n - 1) / 2 numbers long")?,
            Decoder::Rbf => check("z.length", super::functions::count(z.len()), LATENTS)?,
        }
        check_all("z", z, LATENT)?;
        let rows = n as usize;
        let mut space = Self {
            n,
            decoder,
            width: sigma * sigma,
            coordinates: u32::try_from(z.len() / rows).unwrap_or(0),
            z: z.to_vec(),
            w: vec![0.0; rows * rows],
            slopes: vec![0.0; if decoder == Decoder::GramSoftplus { z.len() } else { 0 }],
            powers: vec![0.0; pairs as usize],
            scratch: vec![0.0; pairs as usize],
        };
        space.decode();
        Ok(space)
    }

    /// Number of nodes.
    #[must_use]
    pub const fn n(&self) -> u32 {
        self.n
    }

    /// The latents.
    #[must_use]
    pub fn z(&self) -> &[f64] {
        &self.z
    }

    /// Weights, row by row: symmetric, not negative, 0 on the diagonal.
    #[must_use]
    pub fn w(&self) -> &[f64] {
        &self.w
    }

    /// Latents that are changed before the next [`decode`](Self::decode).
    pub(super) fn z_mut(&mut self) -> &mut [f64] {
        &mut self.z
    }

    /// Refuses latents that have run away.
    pub(super) fn check(&self) -> Result<(), InputError> {
        check_all("z", &self.z, LATENT)
    }

    /// Makes this one the same as another of the same shape.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.z.copy_from_slice(&other.z);
        self.w.copy_from_slice(&other.w);
    }

    /// Weights of the latents.
    pub(super) fn decode(&mut self) {
        let n = self.n as usize;
        match self.decoder {
            Decoder::GramSoftplus => {
                for (x, z) in self.scratch.iter_mut().zip(&self.z) {
                    *x = z.clamp(-STRAIGHT, STRAIGHT);
                }
                exp_all(&self.scratch, &mut self.powers);
                for (x, power) in self.scratch.iter_mut().zip(&self.powers) {
                    *x = 1.0 + power;
                }
                let mut pair = 0;
                ln_all(&self.scratch, &mut self.slopes);
                for i in 0..n {
                    for j in i + 1..n {
                        // `slopes` holds logarithms until the slope takes their place.
                        let (value, slope) = bent(self.z[pair], self.powers[pair], self.slopes[pair]);
                        self.slopes[pair] = slope;
                        self.w[i * n + j] = value;
                        self.w[j * n + i] = value;
                        pair += 1;
                    }
                }
            }
            Decoder::Rbf => {
                if self.coordinates == 0 {
                    return;
                }
                let mut pair = 0;
                for i in 0..n {
                    for j in i + 1..n {
                        self.scratch[pair] = self.exponent(i, j);
                        pair += 1;
                    }
                }
                exp_all(&self.scratch, &mut self.powers);
                pair = 0;
                for i in 0..n {
                    for j in i + 1..n {
                        self.w[i * n + j] = self.powers[pair];
                        self.w[j * n + i] = self.powers[pair];
                        pair += 1;
                    }
                }
            }
        }
    }

    /// -distance^2 / (2 sigma^2), not below where the exponential has become 0.
    fn exponent(&self, i: usize, j: usize) -> f64 {
        let each = self.coordinates as usize;
        let (a, b) = (&self.z[i * each..][..each], &self.z[j * each..][..each]);
        let square = a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b));
        (-square / (2.0 * self.width)).max(-800.0)
    }

    /// Sets one latent and decodes again what hangs on it, to the same bits as [`decode`](Self::decode). Slopes are
    /// left as they were.
    pub(super) fn set_latent(&mut self, k: usize, z: f64, pairs: &[(u32, u32)]) {
        let n = self.n as usize;
        self.z[k] = z;
        match self.decoder {
            Decoder::GramSoftplus => {
                let (i, j) = pairs[k];
                let (i, j) = (i as usize, j as usize);
                let value = softplus(z);
                self.w[i * n + j] = value;
                self.w[j * n + i] = value;
            }
            Decoder::Rbf => {
                let each = self.coordinates as usize;
                if each == 0 || k >= n * each {
                    return;
                }
                let node = k / each;
                for other in (0..n).filter(|other| *other != node) {
                    self.scratch[0] = self.exponent(node.min(other), node.max(other));
                    exp_all(&self.scratch[..1], &mut self.powers[..1]);
                    self.w[node * n + other] = self.powers[0];
                    self.w[other * n + node] = self.powers[0];
                }
            }
        }
    }

    /// From the slope in the weights to the slope in the latents, of the last decoded ones. `pairs` has for each
    /// pair, row by row above the diagonal, the slope in both of its entries together. Section 8.7.2.
    pub(super) fn pull_back(&self, pairs: &[f64], out: &mut [f64]) {
        let n = self.n as usize;
        match self.decoder {
            Decoder::GramSoftplus => {
                for ((out, pair), slope) in out.iter_mut().zip(pairs).zip(&self.slopes) {
                    *out = pair * slope;
                }
            }
            Decoder::Rbf => {
                out.fill(0.0);
                let each = self.coordinates as usize;
                let mut pair = 0;
                for i in 0..n {
                    for j in i + 1..n {
                        let factor = pairs[pair] * self.w[i * n + j] / self.width;
                        pair += 1;
                        for axis in 0..each {
                            let (at_i, at_j) = (i * each + axis, j * each + axis);
                            let q = factor * (self.z[at_j] - self.z[at_i]);
                            out[at_i] += q;
                            out[at_j] -= q;
                        }
                    }
                }
            }
        }
    }
}

/// Whether weights are symmetric, not negative and 0 on the diagonal, each within 1e-12. Section 8.8.
#[must_use]
pub fn w_valid(w: &[f64], n: u32) -> bool {
    let n = n as usize;
    if w.len() != n.saturating_mul(n) {
        return false;
    }
    let near = |x: f64| x.abs() <= 1e-12;
    (0..n).all(|i| near(w[i * n + i]) && (0..i).all(|j| near(w[i * n + j] - w[j * n + i])))
        && w.iter().all(|entry| *entry >= -1e-12)
}
