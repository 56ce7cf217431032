//! The bits of engine runs, written down: the same in debug and release and on every host.
#![cfg(feature = "geometry")]
#![allow(clippy::unwrap_used, missing_docs)]

use interlock_core::Fidelity;
use interlock_core::geometry::{Decoder, GradientMethod, SsgfConfig, SsgfEngine};
use interlock_core::physics::layers;

/// FNV-1a over the bits of numbers.
fn digest(numbers: impl IntoIterator<Item = f64>) -> u64 {
    let bytes = numbers.into_iter().flat_map(|number| number.to_bits().to_le_bytes());
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

fn run(fidelity: Fidelity, decoder: Decoder, gradient: GradientMethod, steps: u32) -> u64 {
    let config = SsgfConfig { decoder, gradient, ..SsgfConfig::default() };
    let k = layers::coupling_rows(fidelity);
    let mut engine = SsgfEngine::new(config, &layers::OMEGA, k.as_flattened(), fidelity).unwrap();
    let last = engine.run(steps).unwrap().unwrap();
    let lists = [engine.z(), engine.theta(), engine.w(), engine.eigenvalues(), engine.eigenvectors()];
    let audio = engine.audio();
    digest(lists.concat().into_iter().chain([last.costs.u_total, last.h_rec, audio.beat_hz, audio.pgbo_h_frob]))
}

#[test]
fn runs_have_these_bits() {
    use Decoder::{GramSoftplus, Rbf};
    use Fidelity::{Corrected, Published};
    use GradientMethod::{Analytic, FiniteDifference};
    let found = [
        run(Corrected, GramSoftplus, Analytic, 200),
        run(Corrected, Rbf, Analytic, 200),
        run(Corrected, GramSoftplus, FiniteDifference, 2),
        run(Published, GramSoftplus, Analytic, 50),
        run(Published, Rbf, Analytic, 50),
        run(Published, GramSoftplus, FiniteDifference, 2),
    ];
    let written = [
        0x6ba1_ece0_ec73_1a95,
        0xb288_92ae_2ad9_3be7,
        0xcdbf_3fa8_27aa_851b,
        0x0c08_0e13_bb06_708e,
        0xa98e_be48_e314_5de8,
        0x58d3_0e9c_cf33_7c8a,
    ];
    assert_eq!(found, written, "found {found:#018x?}");
}
