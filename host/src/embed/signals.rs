//! The lexical signals, as methods of an instance.

use interlock_core::score::signals::{
    ClaimDivergence, ClaimJudgement, ClaimVerdict, InjectionReport, InjectionSettings, SanitizerFinding,
    SanitizerReport,
};

use super::bindings::exports::interlock::kernel::signals as wit;
use super::error::HostError;
use super::instance::Instance;

/// See [`interlock_core::score::signals`] for what each says. Every one fails with a trap, now or earlier; those of
/// numbers with [`HostError::Input`] too.
#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl Instance {
    /// Shared words over all words of two texts, lower-cased.
    pub fn word_overlap(&mut self, a: &str, b: &str) -> Result<f64, HostError> {
        self.signals(pair(a, b), |store, guest| guest.call_word_overlap(store, a, b))
    }

    /// Shared names over all names of two texts.
    pub fn entity_overlap(&mut self, a: &str, b: &str) -> Result<f64, HostError> {
        self.signals(pair(a, b), |store, guest| guest.call_entity_overlap(store, a, b))
    }

    /// Whether two texts agree in at least one number.
    pub fn numerical_consistency(&mut self, a: &str, b: &str) -> Result<Option<bool>, HostError> {
        self.signals(pair(a, b), |store, guest| guest.call_numerical_consistency(store, a, b))
    }

    /// Whether exactly one of two texts about the same thing is negated.
    pub fn negation_flip(&mut self, claim: &str, source: &str) -> Result<bool, HostError> {
        self.signals(pair(claim, source), |store, guest| guest.call_negation_flip(store, claim, source))
    }

    /// Share of the claim's content words that the source has.
    pub fn traceability(&mut self, claim: &str, source: &str) -> Result<f64, HostError> {
        self.signals(pair(claim, source), |store, guest| guest.call_traceability(store, claim, source))
    }

    /// How far two texts are from saying the same.
    pub fn lite_score(&mut self, premise: &str, hypothesis: &str) -> Result<f64, HostError> {
        self.signals(pair(premise, hypothesis), |store, guest| guest.call_lite_score(store, premise, hypothesis))
    }

    /// [`Instance::lite_score`] of each pair, in one crossing.
    pub fn lite_scores(&mut self, pairs: &[(&str, &str)]) -> Result<Vec<f64>, HostError> {
        let owned: Vec<(String, String)> = pairs.iter().map(|&(a, b)| (a.to_owned(), b.to_owned())).collect();
        let bytes = pairs.iter().map(|(a, b)| pair(a, b)).sum();
        self.signals(bytes, |store, guest| guest.call_lite_scores(store, &owned))
    }

    /// Looks for all eleven marks of prompt injection.
    pub fn sanitize(&mut self, text: &str) -> Result<SanitizerReport, HostError> {
        let report = self.signals(text.len(), |store, guest| guest.call_sanitize(store, text))?;
        let findings = report.findings.into_iter().map(Into::into).collect();
        Ok(SanitizerReport { score: report.score, findings })
    }

    /// The score of [`Instance::sanitize`].
    pub fn sanitizer_score(&mut self, text: &str) -> Result<f64, HostError> {
        self.signals(text.len(), |store, guest| guest.call_sanitizer_score(store, text))
    }

    /// Whether more than 15 in 100 characters are invisible, private or unassigned.
    pub fn has_suspicious_unicode(&mut self, text: &str) -> Result<bool, HostError> {
        self.signals(text.len(), |store, guest| guest.call_has_suspicious_unicode(store, text))
    }

    /// How far the least-squares line through the values falls from the first to the last.
    pub fn trend_drop(&mut self, values: &[f64]) -> Result<f64, HostError> {
        self.signals(size_of_val(values), |store, guest| guest.call_trend_drop(store, values))?.map_err(Into::into)
    }

    /// Softmax of each row of `cols` values.
    pub fn softmax(&mut self, values: &[f64], cols: u32) -> Result<Vec<f64>, HostError> {
        self.signals(size_of_val(values), |store, guest| guest.call_softmax(store, values, cols))?.map_err(Into::into)
    }

    /// Divergence of each row of class probabilities.
    pub fn probs_to_divergence(
        &mut self,
        probs: &[f64],
        cols: u32,
        contradiction: u32,
        neutral: u32,
    ) -> Result<Vec<f64>, HostError> {
        self.signals(size_of_val(probs), |store, guest| {
            guest.call_probs_to_divergence(store, probs, cols, contradiction, neutral)
        })?
        .map_err(Into::into)
    }

    /// How decided each row of class probabilities is.
    pub fn probs_to_confidence(&mut self, probs: &[f64], cols: u32) -> Result<Vec<f64>, HostError> {
        self.signals(size_of_val(probs), |store, guest| guest.call_probs_to_confidence(store, probs, cols))?
            .map_err(Into::into)
    }

    /// Traces each claim to `intent` and calibrates its divergence against a baseline.
    pub fn bidirectional_divergence(
        &mut self,
        claims: &[&str],
        intent: &str,
        forward: &[f64],
        reverse: &[f64],
        baseline: f64,
    ) -> Result<Vec<ClaimDivergence>, HostError> {
        let owned: Vec<String> = claims.iter().map(|&claim| claim.to_owned()).collect();
        let bytes = claims.iter().map(|claim| pair(claim, intent)).sum();
        let rows = self.signals(bytes, |store, guest| {
            guest.call_bidirectional_divergence(store, &owned, intent, forward, reverse, baseline)
        })??;
        let row = |row: wit::ClaimDivergence| ClaimDivergence {
            traceability: row.traceability,
            entity_overlap: row.entity_overlap,
            calibrated: row.calibrated,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Judges each claim by its calibrated divergence, traceability and overlap of names, and combines them with the
    /// sanitizer's score of the text.
    pub fn judge_injection(
        &mut self,
        calibrated: &[f64],
        traceability: &[f64],
        entity_overlap: &[f64],
        sanitizer: f64,
        settings: &InjectionSettings,
    ) -> Result<InjectionReport, HostError> {
        let settings = wit::InjectionSettings {
            injection_threshold: settings.injection_threshold,
            drift_threshold: settings.drift_threshold,
            injection_claim_threshold: settings.injection_claim_threshold,
            traceability_floor: settings.traceability_floor,
            stage1_weight: settings.stage1_weight,
        };
        let report = self.signals(size_of_val(calibrated), |store, guest| {
            guest.call_judge_injection(store, calibrated, traceability, entity_overlap, sanitizer, settings)
        })??;
        let claim = |claim: wit::ClaimJudgement| ClaimJudgement {
            verdict: match claim.verdict {
                wit::ClaimVerdict::Grounded => ClaimVerdict::Grounded,
                wit::ClaimVerdict::Drifted => ClaimVerdict::Drifted,
                wit::ClaimVerdict::Injected => ClaimVerdict::Injected,
            },
            confidence: claim.confidence,
        };
        Ok(InjectionReport {
            claims: report.claims.into_iter().map(claim).collect(),
            risk: report.risk,
            combined: report.combined,
            detected: report.detected,
        })
    }

    /// The limits of [`Instance::judge_injection`] with every field at its default, as the component has them.
    pub fn default_injection_settings(&mut self) -> Result<InjectionSettings, HostError> {
        let settings = self.signals(0, |store, guest| guest.call_default_injection_settings(store))?;
        Ok(InjectionSettings {
            injection_threshold: settings.injection_threshold,
            drift_threshold: settings.drift_threshold,
            injection_claim_threshold: settings.injection_claim_threshold,
            traceability_floor: settings.traceability_floor,
            stage1_weight: settings.stage1_weight,
        })
    }
}

/// Bytes of two texts.
const fn pair(a: &str, b: &str) -> usize {
    a.len().saturating_add(b.len())
}

impl From<wit::SanitizerFinding> for SanitizerFinding {
    fn from(finding: wit::SanitizerFinding) -> Self {
        use wit::SanitizerFinding as From;
        match finding {
            From::InstructionOverride => Self::InstructionOverride,
            From::SystemRoleInjection => Self::SystemRoleInjection,
            From::DelimiterInjection => Self::DelimiterInjection,
            From::OutputManipulation => Self::OutputManipulation,
            From::DataExfiltration => Self::DataExfiltration,
            From::Base64Payload => Self::Base64Payload,
            From::UnicodeEscapeInjection => Self::UnicodeEscapeInjection,
            From::ControlCharInjection => Self::ControlCharInjection,
            From::BidiOverride => Self::BidiOverride,
            From::PathTraversal => Self::PathTraversal,
            From::YamlJsonInjection => Self::YamlJsonInjection,
        }
    }
}
