//! Elementary functions, generators and eigenpairs.

use interlock_core::Fidelity;
use interlock_core::numeric::EigenMethod;
use wasmtime::component::ResourceAny;

use super::HostError;
use super::bindings::exports::interlock::kernel::numeric as wit;
use super::engine::Advanced;
use super::instance::{AdvancedInstance, resource};

/// See [`interlock_core::numeric`]. Every one fails with a trap, now or earlier.
#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl AdvancedInstance {
    /// Sines and cosines of a list, radians.
    pub fn sin_cos_all(&mut self, x: &[f64]) -> Result<(Vec<f64>, Vec<f64>), HostError> {
        self.numeric(size_of_val(x), |store, guest| guest.call_sin_cos_all(store, x))
    }

    /// `e` to the power of every number of a list.
    pub fn exp_all(&mut self, x: &[f64]) -> Result<Vec<f64>, HostError> {
        self.numeric(size_of_val(x), |store, guest| guest.call_exp_all(store, x))
    }

    /// Natural logarithm of every number of a list.
    pub fn ln_all(&mut self, x: &[f64]) -> Result<Vec<f64>, HostError> {
        self.numeric(size_of_val(x), |store, guest| guest.call_ln_all(store, x))
    }
}

impl Advanced {
    /// A generator, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn xorshift64(&self, seed: u64, fidelity: Fidelity) -> Result<Xorshift64, HostError> {
        Xorshift64::new(self.instantiate()?, seed, fidelity)
    }

    /// A solver, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn symmetric_eigen(&self, n: u32, method: EigenMethod) -> Result<SymmetricEigen, HostError> {
        SymmetricEigen::new(self.instantiate()?, n, method)
    }
}

/// A generator: [`interlock_core::numeric::Xorshift64`] inside an instance. Every call fails with a trap, now or earlier.
#[derive(Debug)]
pub struct Xorshift64 {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(Xorshift64, numeric);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl Xorshift64 {
    /// A generator for any seed, in this instance.
    pub fn new(mut instance: AdvancedInstance, seed: u64, fidelity: Fidelity) -> Result<Self, HostError> {
        let resource =
            instance.numeric(0, |store, guest| guest.xorshift64().call_constructor(store, seed, fidelity.into()))?;
        Ok(Self { instance, resource })
    }

    /// Continues from a [`state`](Self::state), in this instance.
    pub fn from_state(mut instance: AdvancedInstance, state: u64) -> Result<Self, HostError> {
        let resource = instance.numeric(0, |store, guest| guest.xorshift64().call_from_state(store, state))?;
        Ok(Self { instance, resource })
    }

    /// Where the generator is, never 0.
    pub fn state(&mut self) -> Result<u64, HostError> {
        self.call(0, |store, guest, this| guest.xorshift64().call_state(store, this))
    }

    /// The next word.
    pub fn next_u64(&mut self) -> Result<u64, HostError> {
        self.call(0, |store, guest, this| guest.xorshift64().call_next_u64(store, this))
    }

    /// The next numbers in [0, 1).
    pub fn uniforms(&mut self, count: u32) -> Result<Vec<f64>, HostError> {
        self.call(count as usize, |store, guest, this| guest.xorshift64().call_uniforms(store, this, count))
    }

    /// The next numbers of the standard normal distribution.
    pub fn normals(&mut self, count: u32) -> Result<Vec<f64>, HostError> {
        self.call(count as usize, |store, guest, this| guest.xorshift64().call_normals(store, this, count))
    }

    /// Leaves out as many normals, as if they had been drawn.
    pub fn skip_normals(&mut self, count: u32) -> Result<(), HostError> {
        self.call(count as usize, |store, guest, this| guest.xorshift64().call_skip_normals(store, this, count))
    }
}

/// A solver: [`interlock_core::numeric::SymmetricEigen`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct SymmetricEigen {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(SymmetricEigen, numeric);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl SymmetricEigen {
    /// A solver for matrices of `n` rows, in this instance.
    pub fn new(mut instance: AdvancedInstance, n: u32, method: EigenMethod) -> Result<Self, HostError> {
        let resource =
            instance.numeric(0, |store, guest| guest.symmetric_eigen().call_new(store, n, method.into()))??;
        Ok(Self { instance, resource })
    }

    /// Finds the eigenpairs of a matrix given row by row.
    pub fn solve(&mut self, matrix: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(matrix);
        Ok(self.call(bytes, |store, guest, this| guest.symmetric_eigen().call_solve(store, this, matrix))??)
    }

    /// Fixes the sign of each vector.
    pub fn orient(&mut self) -> Result<(), HostError> {
        self.call(0, |store, guest, this| guest.symmetric_eigen().call_orient(store, this))
    }

    /// Flips vectors so that they point the way of those in `reference`.
    pub fn orient_to(&mut self, reference: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(reference);
        Ok(self.call(bytes, |store, guest, this| guest.symmetric_eigen().call_orient_to(store, this, reference))??)
    }

    /// Eigenvalues of the last matrix, ascending.
    pub fn values(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.symmetric_eigen().call_values(store, this))
    }

    /// Eigenvectors of the last matrix, one after the other in the order of their values.
    pub fn vectors(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.symmetric_eigen().call_vectors(store, this))
    }
}
