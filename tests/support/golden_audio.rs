//! Checks the audio mapping against a file in the format of `f_audio.json`.

use interlock_core::geometry::{Audio, AudioState};
use serde_json::Value;

use super::golden_decoder::judged;
use super::golden_fields::{Fields, numbers, section};
use super::golden_report::{GoldenReport, number};
use super::golden_spectral::square;

/// The name of the file.
#[allow(dead_code, reason = "for those who look a file's check up")]
pub(crate) const FILE: &str = "f_audio.json";

/// Checks every section of the file; one that cannot be read is a failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (name, vector) in section(file, "cases") {
        judged(&mut report, &name, vector, |fields, vector| {
            let audio = Audio::of(&AudioState {
                theta: &numbers(vector.get("theta"))?,
                w: &square(vector.get("w"))?.1,
                eigenvalues: &numbers(vector.get("eigvals"))?,
                p_h1: number(vector.get("p_h1")?)?,
                gate_open: false,
                refusal: false,
                pgbo_u_norm: 0.0,
                pgbo_h_frob: 0.0,
            });
            compare(fields, vector.get("audio")?, &audio);
            Some(())
        });
    }
    report
}

/// Compares every parameter.
pub(crate) fn compare(fields: &mut Fields<'_>, expected: &Value, audio: &Audio) {
    for (name, got) in [
        ("r_global", audio.r_global),
        ("entrainment_intensity", audio.entrainment_intensity),
        ("beat_hz", audio.beat_hz),
        ("pulse_hz", audio.pulse_hz),
        ("spatial_angle_deg", audio.spatial_angle_deg),
        ("fiedler_stability", audio.fiedler_stability),
        ("spectral_gap", audio.spectral_gap),
        ("geometry_density", audio.geometry_density),
        ("tcbo_p_h1", audio.tcbo_p_h1),
        ("pgbo_u_norm", audio.pgbo_u_norm),
        ("pgbo_h_frob", audio.pgbo_h_frob),
        ("healing_acceleration", audio.healing_acceleration),
    ] {
        fields.stated(name, expected, got);
    }
    for (name, got) in [
        ("l16_gate_open", audio.l16_gate_open),
        ("l16_refusal", audio.l16_refusal),
        ("tcbo_gate_open", audio.tcbo_gate_open),
        ("theurgic_mode", audio.theurgic_mode),
    ] {
        fields.exact(name, expected.get(name), got);
    }
    fields.exact("brainwave_band", expected.get("brainwave_band"), audio.band.name());
}
