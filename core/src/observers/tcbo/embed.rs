//! Delay embedding: a signal's recent past as a point.

use alloc::vec::Vec;

use crate::error::{InputError, Range, check};

/// Dimensions and delays that fit in memory.
const COUNT: Range = Range { lo: 1.0, hi: 1_048_576.0, words: "in [1, 1048576]" };
const DELAY: Range = Range { lo: 0.0, hi: 1_048_576.0, words: "in [0, 1048576]" };

/// How many samples of a signal make a point, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedding {
    dimension: u32,
    delay: u32,
}

impl Embedding {
    /// `dimension` samples a point, `delay` samples apart.
    ///
    /// # Errors
    /// No dimension; dimension or delay above 2^20.
    pub fn new(dimension: u32, delay: u32) -> Result<Self, InputError> {
        check("embed_dim", f64::from(dimension), COUNT)?;
        check("tau_delay", f64::from(delay), DELAY)?;
        Ok(Self { dimension, delay })
    }

    /// Samples from a point's oldest to its newest, less one: the first so many samples begin no point.
    #[must_use]
    pub fn span(&self) -> u64 {
        u64::from(self.dimension.saturating_sub(1)).saturating_mul(u64::from(self.delay))
    }

    /// Embeds every channel of a signal and puts the points side by side: the point at a time has `dimension`
    /// columns of channel 0, the newest sample first, then those of channel 1. `samples` holds one sample of each
    /// channel after the other, the oldest first. What was in `out` goes; the number of points is returned.
    ///
    /// # Errors
    /// No channel, samples that are not a whole number of channels, or no more of them than the span. Nothing has
    /// changed then.
    pub fn embed(&self, samples: &[f64], channels: u32, out: &mut Vec<f64>) -> Result<u32, InputError> {
        check("channels", f64::from(channels), COUNT)?;
        let wide = usize::try_from(channels).unwrap_or(usize::MAX);
        let rows = samples.chunks_exact(wide);
        #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
        let refused = |what, value: usize, bound| Err(InputError { what, index: None, value: value as f64, bound });
        if !rows.remainder().is_empty() {
            return refused("samples.length", samples.len(), "a multiple of the channels");
        }
        let span = usize::try_from(self.span()).unwrap_or(usize::MAX);
        let points = rows.len().saturating_sub(span);
        if points == 0 {
            return refused("samples", rows.len(), "more than (embed_dim - 1) * tau_delay");
        }
        out.clear();
        self.place(samples, wide, points, out);
        Ok(u32::try_from(points).unwrap_or(u32::MAX))
    }

    /// Appends the points of samples that are known to suffice.
    #[allow(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "row + span is below the number of samples, and a column goes back by no more than the span"
    )]
    pub(super) fn place(self, samples: &[f64], channels: usize, points: usize, out: &mut Vec<f64>) {
        let (dimension, delay) = (self.dimension as usize, self.delay as usize);
        let span = (dimension - 1) * delay;
        for newest in span..span + points {
            for channel in 0..channels {
                out.extend((0..dimension).map(|column| samples[(newest - column * delay) * channels + channel]));
            }
        }
    }
}
