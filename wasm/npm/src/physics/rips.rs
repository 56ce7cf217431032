//! Loops of a cloud of points, over all scales.

use alloc::vec::Vec;

use interlock_core::observers::{self, Bar, Cloud};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::details::{self, optional};
use crate::failure::{given, made};

/// Computes bars.
#[wasm_bindgen]
#[derive(Default)]
pub struct Rips(observers::Rips);

#[wasm_bindgen]
impl Rips {
    /// Without room for a cloud yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// All bars, longest first: birth and death of each.
    ///
    /// # Errors
    /// The cloud is refused.
    pub fn bars(&mut self, coordinates: &[f64], dimension: u32) -> Vec<f64> {
        let Self(rips) = self;
        given(Cloud::new(coordinates, dimension).map(|cloud| pairs(rips.bars(cloud))))
    }

    /// The longest bar. Slots: birth and death (NaN for none), lifetime, diameter.
    ///
    /// # Errors
    /// The cloud is refused.
    pub fn longest(&mut self, coordinates: &[f64], dimension: u32) {
        if let Some(cloud) = made(Cloud::new(coordinates, dimension)) {
            let longest = self.0.longest(cloud);
            let (birth, death) = (longest.bar.map(|bar| bar.birth), longest.bar.map(|bar| bar.death));
            details::set(&[optional(birth), optional(death), longest.lifetime, longest.diameter]);
        }
    }

    /// Lengths at which components join.
    pub fn joins(&self) -> Vec<f64> {
        self.0.joins().to_vec()
    }

    /// The largest distance in the last cloud.
    pub fn diameter(&self) -> f64 {
        self.0.diameter()
    }
}

/// Birth and death of each bar.
pub(super) fn pairs(bars: &[Bar]) -> Vec<f64> {
    bars.iter().flat_map(|bar| [bar.birth, bar.death]).collect()
}
