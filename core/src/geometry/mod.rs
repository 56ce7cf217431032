//! The SSGF engine.
