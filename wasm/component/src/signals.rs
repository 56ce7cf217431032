//! The WIT interface `signals`.

use interlock_core::score::signals as core;

use crate::Component;
use crate::bindings::exports::interlock::kernel::signals as wit;

impl wit::Guest for Component {
    fn word_overlap(a: String, b: String) -> f64 {
        core::word_overlap(&a, &b)
    }

    fn entity_overlap(a: String, b: String) -> f64 {
        core::entity_overlap(&a, &b)
    }

    fn numerical_consistency(a: String, b: String) -> Option<bool> {
        core::numerical_consistency(&a, &b)
    }

    fn negation_flip(claim: String, source: String) -> bool {
        core::negation_flip(&claim, &source)
    }

    fn traceability(claim: String, source: String) -> f64 {
        core::traceability(&claim, &source)
    }

    fn lite_score(premise: String, hypothesis: String) -> f64 {
        core::lite_score(&premise, &hypothesis)
    }

    fn lite_scores(pairs: Vec<(String, String)>) -> Vec<f64> {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        core::lite_scores(&pairs)
    }

    fn sanitize(text: String) -> wit::SanitizerReport {
        let report = core::sanitize(&text);
        wit::SanitizerReport { score: report.score, findings: report.findings.into_iter().map(Into::into).collect() }
    }

    fn sanitizer_score(text: String) -> f64 {
        core::sanitizer_score(&text)
    }

    fn has_suspicious_unicode(text: String) -> bool {
        core::has_suspicious_unicode(&text)
    }

    fn trend_drop(values: Vec<f64>) -> Result<f64, wit::InputError> {
        Ok(core::trend_drop(&values)?)
    }

    fn softmax(values: Vec<f64>, cols: u32) -> Result<Vec<f64>, wit::InputError> {
        Ok(core::softmax(&values, cols)?)
    }

    fn probs_to_divergence(
        probs: Vec<f64>,
        cols: u32,
        contradiction: u32,
        neutral: u32,
    ) -> Result<Vec<f64>, wit::InputError> {
        Ok(core::probs_to_divergence(&probs, cols, contradiction, neutral)?)
    }

    fn probs_to_confidence(probs: Vec<f64>, cols: u32) -> Result<Vec<f64>, wit::InputError> {
        Ok(core::probs_to_confidence(&probs, cols)?)
    }

    fn bidirectional_divergence(
        claims: Vec<String>,
        intent: String,
        forward: Vec<f64>,
        reverse: Vec<f64>,
        baseline: f64,
    ) -> Result<Vec<wit::ClaimDivergence>, wit::InputError> {
        let claims: Vec<&str> = claims.iter().map(String::as_str).collect();
        let rows = core::bidirectional_divergence(&claims, &intent, &forward, &reverse, baseline)?;
        let row = |row: core::ClaimDivergence| wit::ClaimDivergence {
            traceability: row.traceability,
            entity_overlap: row.entity_overlap,
            calibrated: row.calibrated,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    fn default_injection_settings() -> wit::InjectionSettings {
        let settings = core::InjectionSettings::default();
        wit::InjectionSettings {
            injection_threshold: settings.injection_threshold,
            drift_threshold: settings.drift_threshold,
            injection_claim_threshold: settings.injection_claim_threshold,
            traceability_floor: settings.traceability_floor,
            stage1_weight: settings.stage1_weight,
        }
    }

    fn judge_injection(
        calibrated: Vec<f64>,
        traceability: Vec<f64>,
        entity_overlap: Vec<f64>,
        sanitizer: f64,
        settings: wit::InjectionSettings,
    ) -> Result<wit::InjectionReport, wit::InputError> {
        let settings = core::InjectionSettings {
            injection_threshold: settings.injection_threshold,
            drift_threshold: settings.drift_threshold,
            injection_claim_threshold: settings.injection_claim_threshold,
            traceability_floor: settings.traceability_floor,
            stage1_weight: settings.stage1_weight,
        };
        let report = core::judge_injection(&calibrated, &traceability, &entity_overlap, sanitizer, &settings)?;
        let claim = |claim: core::ClaimJudgement| wit::ClaimJudgement {
            verdict: match claim.verdict {
                core::ClaimVerdict::Grounded => wit::ClaimVerdict::Grounded,
                core::ClaimVerdict::Drifted => wit::ClaimVerdict::Drifted,
                core::ClaimVerdict::Injected => wit::ClaimVerdict::Injected,
            },
            confidence: claim.confidence,
        };
        Ok(wit::InjectionReport {
            claims: report.claims.into_iter().map(claim).collect(),
            risk: report.risk,
            combined: report.combined,
            detected: report.detected,
        })
    }
}

impl From<core::SanitizerFinding> for wit::SanitizerFinding {
    fn from(finding: core::SanitizerFinding) -> Self {
        use core::SanitizerFinding as From;
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
