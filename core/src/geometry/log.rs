//! What a step recorded, the last ones kept in a ring.

use alloc::vec::Vec;

use super::costs::Costs;

/// What one outer step found. Weights and eigenvalues are those before the latents were changed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepRecord {
    /// Number of the step, from 0 on.
    pub step: u64,
    /// The cost terms.
    pub costs: Costs,
    /// The order parameter after the micro-cycle.
    pub r_global: f64,
    /// The second eigenvalue.
    pub fiedler_value: f64,
    /// The second eigenvalue as a share of the third.
    pub spectral_gap: f64,
    /// The controller's Lyapunov candidate.
    pub h_rec: f64,
    /// Whether the controller's gate is open.
    pub gate_open: bool,
    /// Whether the controller refuses.
    pub refusal: bool,
    /// Whether the weights are symmetric, not negative and 0 on the diagonal.
    pub w_valid: bool,
    /// Whether the eigenvalues are ascending.
    pub eigval_ordered: bool,
    /// Length of PGBO's vector in rad/s; 0 when off.
    pub pgbo_u_norm: f64,
    /// Frobenius norm of PGBO's tensor; 0 when off.
    pub pgbo_h_frob: f64,
    /// TCBO's probability, as it was set.
    pub tcbo_p_h1: f64,
    /// Whether it is above 0.72.
    pub tcbo_gate_open: bool,
}

/// The last records, as many as fit. Its memory is taken once.
#[derive(Clone, Debug, PartialEq)]
pub struct StepLog {
    ring: Vec<StepRecord>,
    capacity: u32,
    /// Where the next record goes once the ring is full: where the oldest is.
    next: u32,
}

impl StepLog {
    /// A log of the last `capacity` records; 0 keeps none.
    #[must_use]
    pub fn new(capacity: u32) -> Self {
        Self { ring: Vec::with_capacity(usize::try_from(capacity).unwrap_or(0)), capacity, next: 0 }
    }

    /// How many records are kept.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.ring.len()).unwrap_or(u32::MAX)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// The records, the oldest first.
    pub fn records(&self) -> impl Iterator<Item = &StepRecord> {
        let (newer, older) = self.ring.split_at_checked(self.oldest()).unwrap_or((&[], &self.ring));
        older.iter().chain(newer)
    }

    /// The last record.
    #[must_use]
    pub fn last(&self) -> Option<&StepRecord> {
        self.oldest().checked_sub(1).map_or_else(|| self.ring.last(), |last| self.ring.get(last))
    }

    /// Forgets the records.
    pub fn clear(&mut self) {
        self.ring.clear();
        self.next = 0;
    }

    fn oldest(&self) -> usize {
        if self.len() < self.capacity { 0 } else { usize::try_from(self.next).unwrap_or(0) }
    }

    pub(super) fn push(&mut self, record: StepRecord) {
        if self.len() < self.capacity {
            self.ring.push(record);
        } else if let Some(slot) = self.ring.get_mut(usize::try_from(self.next).unwrap_or(0)) {
            *slot = record;
            let next = self.next.saturating_add(1);
            self.next = if next == self.capacity { 0 } else { next };
        }
    }
}
