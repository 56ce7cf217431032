//! Taking an input apart.

/// The bytes of an input, used up from the front.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub fn bits(&mut self) -> u64 {
        (0..8).fold(0, |bits, _| bits << 8 | u64::from(self.byte()))
    }

    /// A number in [0, 1], often an edge, sometimes any double at all.
    pub fn score(&mut self) -> f64 {
        match self.byte() {
            0 => f64::from_bits(self.bits()),
            1 => 0.5,
            2 => 0.5_f64.next_down(),
            3 => f64::NAN,
            byte => f64::from(byte) / 255.0,
        }
    }

    /// So many bytes, or what is left.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// A text, its length given by two bytes.
    pub fn text(&mut self) -> std::borrow::Cow<'a, str> {
        let length = usize::from(self.byte()) << 4 | usize::from(self.byte() & 15);
        String::from_utf8_lossy(self.take(length))
    }
}
