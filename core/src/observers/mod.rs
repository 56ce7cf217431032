//! Observers of the phases: TCBO (persistent homology) and PGBO.
