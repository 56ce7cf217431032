//! The observer: phases in, a probability that they go round a loop out.

use alloc::vec;
use alloc::vec::Vec;

use crate::Fidelity;
use crate::error::{FINITE, InputError, Range, check, check_all};
use crate::observers::rips::{Bar, Cloud, Rips};

use super::config::{Estimator, TcboConfig};
use super::embed::Embedding;
use super::spread::spread;
use super::squash::{s0_for, squash};

/// Phases whose distances are finite.
const ANGLE: Range = Range { lo: -1e150, hi: 1e150, words: "a finite number of at most 1e150 in size" };
const CHANNELS: Range = Range { lo: 1.0, hi: 1_048_576.0, words: "in [1, 1048576]" };
/// Samples that are kept beyond those that a computation needs.
const SPARE: u32 = 10;

/// What an observer knows. Calls that compute nothing leave it as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TcboReading {
    /// The probability, in [0, 1]; 0 before the first computation.
    pub p_h1: f64,
    /// The lifetime that it was made from: a share of the cloud's diameter, as published in the unit of the cloud;
    /// 0 where it is at most the persistence threshold.
    pub s_h1: f64,
    /// The lifetime as it was found, in the unit of the cloud.
    pub lifetime: f64,
    /// The largest distance in the cloud.
    pub diameter: f64,
    /// Whether `p_h1` is above `tau_h1`.
    pub is_conscious: bool,
    /// What `p_h1` lacks to `tau_h1`, at least 0.
    pub h1_error: f64,
}

/// An observer of a number of phases. No call allocates after construction; in windows of more than 50
/// samples one may, if they hold uncommonly many loops.
///
/// Corrected, every phase is embedded as its cosine and sine, so that the cloud does not know where a turn begins,
/// and the lifetime is taken as a share of the cloud's diameter. Section 6 of the specification.
///
/// ```
/// use interlock_core::Fidelity;
/// use interlock_core::observers::{Tcbo, TcboConfig};
/// let mut tcbo = Tcbo::new(2, TcboConfig::default(), Fidelity::Corrected)?;
/// for step in 0..60 {
///     let angle = 0.15 * f64::from(step);
///     tcbo.observe(&[angle, angle + 1.0])?;
/// }
/// // Two phases that keep step go round one loop.
/// assert!(tcbo.reading().is_conscious);
/// # Ok::<(), interlock_core::error::InputError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tcbo {
    config: TcboConfig,
    fidelity: Fidelity,
    embedding: Embedding,
    /// The logistic function's middle.
    s0: f64,
    /// Phases of a sample.
    phases: u32,
    /// Numbers of a sample: a phase, or its cosine and sine.
    wide: u32,
    /// The samples, the oldest first, in room for twice as many as are kept, so that the last ones are one slice.
    samples: Vec<f64>,
    /// Samples that are kept.
    kept: u32,
    /// Samples since the beginning, up to `kept`.
    buffered: u32,
    calls: u64,
    reading: TcboReading,
    /// The cloud.
    points: Vec<f64>,
    rips: Rips,
    axes: Vec<f64>,
    radii: Vec<f64>,
}

impl Tcbo {
    /// An observer of `phases` phases.
    ///
    /// # Errors
    /// No phases or too many, or a setting out of its range ([`TcboConfig::check`]).
    pub fn new(phases: u32, config: TcboConfig, fidelity: Fidelity) -> Result<Self, InputError> {
        check("channels", f64::from(phases), CHANNELS)?;
        config.check(phases, fidelity)?;
        let embedding = Embedding::new(config.embed_dim, config.tau_delay)?;
        let published = fidelity.is_published();
        let channels = if published { phases } else { phases.saturating_mul(2) };
        let columns = channels.saturating_mul(config.embed_dim);
        let kept = u64::from(config.window_size).saturating_add(embedding.span()).saturating_add(u64::from(SPARE));
        let kept = u32::try_from(kept).unwrap_or(u32::MAX);
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let points = size(config.window_size);
        let reading = TcboReading { h1_error: config.tau_h1, ..TcboReading::default() };
        Ok(Self {
            s0: if published { config.s0 } else { s0_for(config.s_tau, config.tau_h1, config.beta) },
            samples: Vec::with_capacity(size(kept).saturating_mul(2).saturating_mul(size(channels))),
            points: Vec::with_capacity(points.saturating_mul(size(columns))),
            rips: Rips::with_room(config.window_size, columns),
            axes: vec![0.0; size(columns)],
            radii: vec![0.0; points],
            buffered: 0,
            calls: 0,
            config,
            fidelity,
            embedding,
            phases,
            wide: channels,
            kept,
            reading,
        })
    }

    /// Takes the phases of a sample, in radians.
    ///
    /// As published, missing phases count as 0 and further ones are ignored.
    ///
    /// # Errors
    /// Corrected: a wrong number of phases. A phase that is not finite, or as published beyond 1e150 in size.
    /// Nothing has changed then.
    pub fn push(&mut self, theta: &[f64]) -> Result<(), InputError> {
        let published = self.fidelity.is_published();
        let phases = usize::try_from(self.phases).unwrap_or(usize::MAX);
        if !published && theta.len() != phases {
            #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
            let value = theta.len() as f64;
            return Err(InputError { what: "theta.length", index: None, value, bound: "the observer's channels" });
        }
        check_all("theta", theta, if published { ANGLE } else { FINITE })?;
        let wide = self.wide();
        if self.samples.len().saturating_add(wide) > self.samples.capacity() {
            let keep = usize::try_from(self.kept).unwrap_or(0).saturating_mul(wide);
            self.samples.drain(..self.samples.len().saturating_sub(keep));
        }
        if published {
            self.samples.extend(theta.iter().copied().chain(core::iter::repeat(0.0)).take(phases));
        } else {
            self.samples.extend(theta.iter().flat_map(|&angle| on_circle(angle)));
        }
        self.buffered = self.buffered.saturating_add(1).min(self.kept);
        Ok(())
    }

    /// Computes the reading if it is time to, or if `force` is set, and if there are enough samples: `window_size`
    /// and the span of the embedding. Every call counts.
    pub fn compute(&mut self, force: bool) -> TcboReading {
        self.calls = self.calls.wrapping_add(1);
        let every = u64::from(self.config.compute_every_n);
        if !force && every > 0 && !self.calls.is_multiple_of(every) {
            return self.reading;
        }
        if !self.place_cloud() {
            return self.reading;
        }
        let cloud = Cloud::of_checked(&self.points, self.columns());
        let (lifetime, diameter) = match self.config.estimator {
            Estimator::Rips => {
                let longest = self.rips.longest(cloud);
                (longest.lifetime, longest.diameter)
            }
            Estimator::Spread => {
                let diameter = self.rips.diameter_of(cloud);
                (spread(&self.points, &mut self.axes, &mut self.radii), diameter)
            }
        };
        let share = match self.fidelity {
            Fidelity::Published => lifetime,
            Fidelity::Corrected if diameter > 0.0 => lifetime / diameter,
            Fidelity::Corrected => 0.0,
        };
        let s_h1 = if share > self.config.persistence_threshold { share } else { 0.0 };
        let p_h1 = squash(s_h1, self.s0, self.config.beta);
        let tau = self.config.tau_h1;
        self.reading =
            TcboReading { p_h1, s_h1, lifetime, diameter, is_conscious: p_h1 > tau, h1_error: (tau - p_h1).max(0.0) };
        self.reading
    }

    /// [`Tcbo::push`], then [`Tcbo::compute`] if it is time to.
    ///
    /// # Errors
    /// Those of [`Tcbo::push`].
    pub fn observe(&mut self, theta: &[f64]) -> Result<TcboReading, InputError> {
        self.push(theta)?;
        Ok(self.compute(false))
    }

    /// All bars of the present cloud, longest first, in its unit; none as long as there are too few samples. The
    /// reading does not change.
    pub fn bars(&mut self) -> &[Bar] {
        if !self.place_cloud() {
            return &[];
        }
        self.rips.bars(Cloud::of_checked(&self.points, self.columns()))
    }

    /// What the last computation found.
    #[must_use]
    pub const fn reading(&self) -> TcboReading {
        self.reading
    }

    /// Samples that are kept.
    #[must_use]
    pub const fn buffered(&self) -> u32 {
        self.buffered
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &TcboConfig {
        &self.config
    }

    /// The lifetime at which the probability is a half.
    #[must_use]
    pub const fn s0(&self) -> f64 {
        self.s0
    }

    /// As after construction.
    pub fn reset(&mut self) {
        self.samples.clear();
        self.buffered = 0;
        self.calls = 0;
        self.reading = TcboReading { h1_error: self.config.tau_h1, ..TcboReading::default() };
    }

    fn wide(&self) -> usize {
        usize::try_from(self.wide).unwrap_or(usize::MAX)
    }

    fn columns(&self) -> u32 {
        u32::try_from(self.axes.len()).unwrap_or(u32::MAX)
    }

    /// Embeds the last samples; whether there are enough.
    fn place_cloud(&mut self) -> bool {
        let need = u64::from(self.config.window_size).saturating_add(self.embedding.span());
        if u64::from(self.buffered) < need {
            return false;
        }
        let need = usize::try_from(need).unwrap_or(usize::MAX).saturating_mul(self.wide());
        let start = self.samples.len().saturating_sub(need);
        let Some(samples) = self.samples.get(start..) else { return false };
        self.points.clear();
        self.embedding.place(samples, self.wide(), self.radii.len(), &mut self.points);
        true
    }
}

/// The point of an angle on the unit circle.
fn on_circle(angle: f64) -> [f64; 2] {
    let (sine, cosine) = libm::sincos(angle);
    [cosine, sine]
}
