//! The WIT interface `numeric`.

use std::cell::RefCell;

use interlock_core::numeric as core;

use super::Component;
use super::bindings::exports::interlock::kernel::numeric as wit;

impl wit::Guest for Component {
    type Xorshift64 = Xorshift64;
    type SymmetricEigen = SymmetricEigen;

    fn sin_cos_all(x: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
        let (mut sines, mut cosines) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        core::sin_cos_all(&x, &mut sines, &mut cosines);
        (sines, cosines)
    }

    fn exp_all(x: Vec<f64>) -> Vec<f64> {
        let mut out = vec![0.0; x.len()];
        core::exp_all(&x, &mut out);
        out
    }

    fn ln_all(x: Vec<f64>) -> Vec<f64> {
        let mut out = vec![0.0; x.len()];
        core::ln_all(&x, &mut out);
        out
    }
}

pub(crate) struct Xorshift64(RefCell<core::Xorshift64>);

impl wit::GuestXorshift64 for Xorshift64 {
    fn new(seed: u64, fidelity: wit::Fidelity) -> Self {
        Self(RefCell::new(core::Xorshift64::new(seed, fidelity.into())))
    }

    fn from_state(state: u64) -> wit::Xorshift64 {
        wit::Xorshift64::new(Self(RefCell::new(core::Xorshift64::from_state(state))))
    }

    fn state(&self) -> u64 {
        self.0.borrow().state()
    }

    fn next_u64(&self) -> u64 {
        self.0.borrow_mut().next_u64()
    }

    fn uniforms(&self, count: u32) -> Vec<f64> {
        let mut noise = self.0.borrow_mut();
        (0..count).map(|_| noise.uniform()).collect()
    }

    fn normals(&self, count: u32) -> Vec<f64> {
        let mut out = vec![0.0; count as usize];
        self.0.borrow_mut().normals(&mut out);
        out
    }

    fn skip_normals(&self, count: u32) {
        self.0.borrow_mut().skip_normals(count as usize);
    }
}

pub(crate) struct SymmetricEigen(RefCell<core::SymmetricEigen>);

impl wit::GuestSymmetricEigen for SymmetricEigen {
    fn new(n: u32, method: wit::EigenMethod) -> Result<wit::SymmetricEigen, wit::InputError> {
        let method = match method {
            wit::EigenMethod::Tridiagonal => core::EigenMethod::Tridiagonal,
            wit::EigenMethod::Jacobi => core::EigenMethod::Jacobi,
        };
        Ok(wit::SymmetricEigen::new(Self(RefCell::new(core::SymmetricEigen::new(n, method)?))))
    }

    fn solve(&self, matrix: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().solve(&matrix)?)
    }

    fn orient(&self) {
        self.0.borrow_mut().orient();
    }

    fn orient_to(&self, reference: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().orient_to(&reference)?)
    }

    fn values(&self) -> Vec<f64> {
        self.0.borrow().values().to_vec()
    }

    fn vectors(&self) -> Vec<f64> {
        self.0.borrow().vectors().to_vec()
    }
}
