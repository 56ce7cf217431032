//! Latents, weights, and eigenpairs of graphs.

use alloc::vec::Vec;

use interlock_core::geometry::{self, Decoder, NodeSpace};
use wasm_bindgen::prelude::wasm_bindgen;

use super::fidelity;
use crate::failure::{given, made};

/// How latents become weights, by their names in JavaScript.
pub(super) const DECODERS: [(&str, Decoder); 2] = [("gram-softplus", Decoder::GramSoftplus), ("rbf", Decoder::Rbf)];

/// The decoder at a position of [`DECODERS`].
pub(super) fn decoder(index: usize) -> Decoder {
    DECODERS.get(index).map_or(Decoder::GramSoftplus, |(_, decoder)| *decoder)
}

/// Weights of latents, row by row.
///
/// # Errors
/// A number or the latents are refused.
#[wasm_bindgen]
pub fn decode(n: u32, rbf: bool, sigma: f64, z: &[f64]) -> Vec<f64> {
    given(NodeSpace::new(n, decoder(usize::from(rbf)), sigma, z).map(|space| space.w().to_vec()))
}

/// How many latents an engine draws for `n` nodes.
#[wasm_bindgen]
pub fn latents(rbf: bool, n: u32, published: bool) -> u32 {
    decoder(usize::from(rbf)).latents(n, !fidelity(published).is_published())
}

/// Eigenpairs of the normalised Laplacian, call after call.
#[wasm_bindgen]
pub struct SpectralBridge(geometry::SpectralBridge);

#[wasm_bindgen]
impl SpectralBridge {
    /// A bridge for graphs of `n` nodes.
    ///
    /// # Errors
    /// `n` is refused.
    pub fn create(n: u32, published: bool) -> Option<SpectralBridge> {
        made(geometry::SpectralBridge::new(n, fidelity(published)).map(Self))
    }

    /// Finds the eigenpairs for weights, row by row.
    ///
    /// # Errors
    /// They are refused.
    pub fn compute(&mut self, w: &[f64]) {
        given(self.0.compute(w));
    }

    /// Sets the vectors that the next call's point the way of.
    ///
    /// # Errors
    /// They are refused.
    #[wasm_bindgen(js_name = setReference)]
    pub fn set_reference(&mut self, vectors: &[f64]) {
        given(self.0.set_reference(vectors));
    }

    /// Forgets the last vectors.
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// The normalised Laplacian, row by row.
    pub fn laplacian(&self) -> Vec<f64> {
        self.0.laplacian().to_vec()
    }

    /// Eigenvalues, ascending.
    pub fn eigenvalues(&self) -> Vec<f64> {
        self.0.eigenvalues().to_vec()
    }

    /// Eigenvectors, one after the other.
    pub fn eigenvectors(&self) -> Vec<f64> {
        self.0.eigenvectors().to_vec()
    }
}
