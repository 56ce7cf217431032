//! Runs portable code with the widest vectors of the processor.
//!
//! Compilers work on as many numbers at once as the processor that they compile for is known to have room for, which on
//! x86-64 is two. [`wide`] compiles what it is given a second time, for processors with room for four (AVX2), and takes
//! that one where the processor is one. Code that gives the same bits at any width, as all of the core's does, gives the
//! same bits both ways: nothing is contracted to fused operations and no order changes. On other processors and in wasm
//! it is a plain call.
//!
//! [`Sha256Lanes`] hashes many messages side by side, which no compiler makes of hashing one.
//!
//! This is a crate of its own because the lines that call code for a processor which was asked for first, and load its
//! vectors, are the only ones that the compiler cannot check; the core itself has none.
#![no_std]

mod sha256;

pub use sha256::{SHA256_LANES, Sha256Lanes};

#[cfg(target_arch = "x86_64")]
cpufeatures::new!(avx2, "avx2");

/// Something to do. `run` must be `#[inline(always)]`, and so must be whatever it calls that is to use wide vectors:
/// what is a function of its own is compiled once, for any processor.
pub trait Work {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run(self) -> Self::Output;
}

/// Does `work`, compiled for the processor at hand.
///
/// ```
/// struct Double<'a>(&'a mut [f64]);
///
/// impl interlock_vector::Work for Double<'_> {
///     type Output = ();
///
///     #[inline(always)]
///     fn run(self) {
///         self.0.iter_mut().for_each(|x| *x *= 2.0);
///     }
/// }
///
/// let mut list = [1.0, 2.0, 3.0, 4.0];
/// interlock_vector::wide(Double(&mut list));
/// assert_eq!(list, [2.0, 4.0, 6.0, 8.0]);
/// ```
#[inline(always)]
#[allow(clippy::inline_always, reason = "a branch around the work")]
#[allow(unsafe_code, reason = "the reason for this crate")]
pub fn wide<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if avx2::get() {
        // SAFETY: the processor and its operating system have AVX2: they were asked.
        return unsafe { with_avx2(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}
