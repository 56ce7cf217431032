//! Where calls leave lists of numbers.

use alloc::boxed::Box;

use wasm_bindgen::prelude::wasm_bindgen;

use super::zeros;
use crate::failure::made;

/// Numbers that JavaScript reads through views of the memory.
///
/// They are copies, made once a call: nothing that is written through a view reaches an object's state. And they are no
/// part of that object, so a view outlives it: a frame is freed when no view of it is left.
#[wasm_bindgen]
pub struct Frame(Box<[f64]>);

#[wasm_bindgen]
impl Frame {
    /// Room for `length` numbers, zeros.
    ///
    /// # Errors
    /// They are too many.
    pub fn create(length: u32) -> Option<Frame> {
        made(zeros("length", usize::try_from(length).ok())).map(|zeros| Self(zeros.into_boxed_slice()))
    }

    /// Where the numbers lie in the module's memory. They do not move.
    pub fn address(&self) -> *const f64 {
        self.0.as_ptr()
    }
}

impl Frame {
    /// Writes lists one after the other, as far as they fit.
    pub(super) fn write(&mut self, lists: &[&[f64]]) {
        let mut rest = &mut *self.0;
        for list in lists {
            let Some((part, after)) = rest.split_at_mut_checked(list.len()) else { return };
            part.copy_from_slice(list);
            rest = after;
        }
    }
}
