//! The coherence score.

use serde::Serialize;

/// `value` held within `lo..=hi`. NaN becomes `lo`, the infinities the bound on their side, and the result
/// is never -0.0.
///
/// The bounds are meant to be finite and in order; if they are not, the result is `lo`, or 0 where that is
/// NaN.
///
/// ```
/// use interlock_core::score::clamp_score;
/// assert_eq!(clamp_score(1.5, 0.0, 1.0), 1.0);
/// assert_eq!(clamp_score(f64::NAN, 0.2, 0.8), 0.2);
/// ```
#[must_use]
pub fn clamp_score(value: f64, lo: f64, hi: f64) -> f64 {
    let held = if value >= hi && hi >= lo {
        hi
    } else if value > lo && hi >= lo {
        value
    } else if lo.is_nan() {
        0.0
    } else {
        lo
    };
    held + 0.0
}

/// How coherent a text is with what it answers and with what is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CoherenceScore {
    /// Coherence in [0, 1]; 1 is best.
    pub score: f64,
    /// Logical divergence in [0, 1]: how likely the text contradicts its premise.
    pub h_logical: f64,
    /// Factual divergence in [0, 1]: how far the text is from what is known; 0.5 where nothing is.
    pub h_factual: f64,
    /// Whether the score reaches the coherence threshold.
    pub approved: bool,
    /// Whether the text is approved with a score below the soft limit.
    pub warning: bool,
}

impl CoherenceScore {
    /// A score from its parts, each held within [0, 1]. A score that is not finite is 0 and not approved.
    ///
    /// ```
    /// use interlock_core::score::CoherenceScore;
    /// let score = CoherenceScore::new(0.65, 0.1, 0.2, true).with_soft_limit(0.7);
    /// assert!(score.approved && score.warning);
    /// assert!(!CoherenceScore::new(f64::NAN, 0.0, 0.0, true).approved);
    /// ```
    #[must_use]
    pub fn new(score: f64, h_logical: f64, h_factual: f64, approved: bool) -> Self {
        let finite = score.is_finite();
        Self {
            score: if finite { clamp_score(score, 0.0, 1.0) } else { 0.0 },
            h_logical: clamp_score(h_logical, 0.0, 1.0),
            h_factual: clamp_score(h_factual, 0.0, 1.0),
            approved: approved && finite,
            warning: false,
        }
    }

    /// The same with a warning if it is approved below `soft_limit`. A limit that is NaN gives no warning.
    #[must_use]
    pub fn with_soft_limit(self, soft_limit: f64) -> Self {
        Self { warning: self.approved && self.score < soft_limit, ..self }
    }
}
