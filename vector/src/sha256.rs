//! SHA-256 (FIPS 180-4) of sixteen messages side by side, one in each lane of the widest vectors that there are.
//!
//! The rounds of one hash wait for each other, also where the processor has instructions for them. Those of sixteen
//! messages wait for nothing: with AVX-512 they take less than half as long as one after the other with the SHA extensions.

#[cfg(target_arch = "x86_64")]
cpufeatures::new!(avx512, "avx512f", "avx512bw");

/// Messages that are hashed side by side.
pub const SHA256_LANES: usize = 16;

/// Shows that the processor has lanes to hash in.
#[derive(Clone, Copy, Debug)]
pub struct Sha256Lanes(());

impl Sha256Lanes {
    /// None if the processor has no lanes, or none that are worth it; and none in a build whose `sha2` is told to take no
    /// instructions of the processor either, by its own `--cfg sha2_256_backend="soft"`.
    #[inline]
    pub fn get() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if !cfg!(sha2_256_backend = "soft") && avx512::get() {
            return Some(Self(()));
        }
        None
    }

    /// Hashes messages that all have `blocks` blocks, padding included; they lie one after the other. A message that is
    /// not there is hashed as zeros, which is the hash of nothing.
    ///
    /// ```
    /// use interlock_vector::{SHA256_LANES, Sha256Lanes};
    ///
    /// // The empty message: a one bit, zeros, and a length of zero.
    /// let mut block = [0; 64];
    /// block[0] = 0x80;
    /// if let Some(lanes) = Sha256Lanes::get() {
    ///     let hashes = lanes.digest(&[block; SHA256_LANES], 1);
    ///     assert_eq!(hashes[15][..4], [0xe3, 0xb0, 0xc4, 0x42]);
    /// }
    /// ```
    #[allow(unsafe_code, reason = "the reason for this crate")]
    #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut, unused_variables, reason = "nobody has lanes there"))]
    pub fn digest(self, messages: &[[u8; 64]], blocks: usize) -> [[u8; 32]; SHA256_LANES] {
        let mut hashes = [[0; 32]; SHA256_LANES];
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor and its operating system have AVX-512 F and BW: they were asked before there was a `self`.
        unsafe {
            x86::digest(messages, blocks, &mut hashes);
        }
        hashes
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::x86_64::{
        __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_ror_epi32, _mm512_set1_epi32, _mm512_set4_epi32,
        _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_shuffle_i32x4, _mm512_srli_epi32, _mm512_storeu_si512,
        _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32,
        _mm512_unpacklo_epi64,
    };

    use super::SHA256_LANES;

    /// A word of each lane.
    type Words = __m512i;

    /// Initial state (FIPS 180-4, 5.3.3).
    const INITIAL: [u32; 8] =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

    /// Constants of the rounds (FIPS 180-4, 4.2.2).
    const ROUNDS: [[u32; 16]; 4] = [
        [
            0x428a_2f98,
            0x7137_4491,
            0xb5c0_fbcf,
            0xe9b5_dba5,
            0x3956_c25b,
            0x59f1_11f1,
            0x923f_82a4,
            0xab1c_5ed5,
            0xd807_aa98,
            0x1283_5b01,
            0x2431_85be,
            0x550c_7dc3,
            0x72be_5d74,
            0x80de_b1fe,
            0x9bdc_06a7,
            0xc19b_f174,
        ],
        [
            0xe49b_69c1,
            0xefbe_4786,
            0x0fc1_9dc6,
            0x240c_a1cc,
            0x2de9_2c6f,
            0x4a74_84aa,
            0x5cb0_a9dc,
            0x76f9_88da,
            0x983e_5152,
            0xa831_c66d,
            0xb003_27c8,
            0xbf59_7fc7,
            0xc6e0_0bf3,
            0xd5a7_9147,
            0x06ca_6351,
            0x1429_2967,
        ],
        [
            0x27b7_0a85,
            0x2e1b_2138,
            0x4d2c_6dfc,
            0x5338_0d13,
            0x650a_7354,
            0x766a_0abb,
            0x81c2_c92e,
            0x9272_2c85,
            0xa2bf_e8a1,
            0xa81a_664b,
            0xc24b_8b70,
            0xc76c_51a3,
            0xd192_e819,
            0xd699_0624,
            0xf40e_3585,
            0x106a_a070,
        ],
        [
            0x19a4_c116,
            0x1e37_6c08,
            0x2748_774c,
            0x34b0_bcb5,
            0x391c_0cb3,
            0x4ed8_aa4a,
            0x5b9c_ca4f,
            0x682e_6ff3,
            0x748f_82ee,
            0x78a5_636f,
            0x84c8_7814,
            0x8cc7_0208,
            0x90be_fffa,
            0xa450_6ceb,
            0xbef9_a3f7,
            0xc671_78f2,
        ],
    ];

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn digest(messages: &[[u8; 64]], blocks: usize, hashes: &mut [[u8; 32]; SHA256_LANES]) {
        let mut state = [_mm512_setzero_si512(); 8];
        for (words, word) in state.iter_mut().zip(INITIAL) {
            *words = all(word);
        }
        for block in 0..blocks {
            let mut rows = [_mm512_setzero_si512(); SHA256_LANES];
            for (row, message) in rows.iter_mut().zip(messages.chunks_exact(blocks)) {
                if let Some(bytes) = message.get(block) {
                    *row = load(bytes);
                }
            }
            compress(&mut state, &transposed(&rows));
        }
        let mut words = [_mm512_setzero_si512(); SHA256_LANES];
        for (word, last) in words.iter_mut().zip(state) {
            *word = last;
        }
        for (hash, row) in hashes.iter_mut().zip(transposed(&words)) {
            if let Some(bytes) = store(row).first_chunk() {
                *hash = *bytes;
            }
        }
    }

    /// The same word in each lane.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn all(word: u32) -> Words {
        _mm512_set1_epi32(word.cast_signed())
    }

    /// Between bytes and words, whose first byte is the highest.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn swapped(words: Words) -> Words {
        _mm512_shuffle_epi8(words, _mm512_set4_epi32(0x0c0d_0e0f, 0x0809_0a0b, 0x0405_0607, 0x0001_0203))
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    #[allow(unsafe_code, reason = "a load takes a pointer")]
    fn load(bytes: &[u8; 64]) -> Words {
        // SAFETY: the pointer is one to 64 bytes, and they need not be aligned.
        swapped(unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) })
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    #[allow(unsafe_code, reason = "a store takes a pointer")]
    fn store(words: Words) -> [u8; 64] {
        let mut bytes = [0; 64];
        // SAFETY: as in `load`, and the bytes are borrowed from nobody else.
        unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), swapped(words)) };
        bytes
    }

    /// From sixteen words of a message in a row to a word of each message in a row, and back.
    #[target_feature(enable = "avx512f,avx512bw")]
    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "within sixteen")]
    fn transposed(rows: &[Words; 16]) -> [Words; 16] {
        let mut twos = *rows;
        for i in (0..16).step_by(2) {
            twos[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
            twos[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
        }
        // Of rows 4g to 4g + 3: quarter q of number 4g + w has their words 4q + w.
        let mut fours = twos;
        for i in (0..16).step_by(4) {
            fours[i] = _mm512_unpacklo_epi64(twos[i], twos[i + 2]);
            fours[i + 1] = _mm512_unpackhi_epi64(twos[i], twos[i + 2]);
            fours[i + 2] = _mm512_unpacklo_epi64(twos[i + 1], twos[i + 3]);
            fours[i + 3] = _mm512_unpackhi_epi64(twos[i + 1], twos[i + 3]);
        }
        // Quarters 0 and 2 of two of them, or 1 and 3, and the same of what comes of that.
        let mut columns = fours;
        for w in 0..4 {
            let even = _mm512_shuffle_i32x4::<0x88>(fours[w], fours[w + 4]);
            let even_above = _mm512_shuffle_i32x4::<0x88>(fours[w + 8], fours[w + 12]);
            let odd = _mm512_shuffle_i32x4::<0xdd>(fours[w], fours[w + 4]);
            let odd_above = _mm512_shuffle_i32x4::<0xdd>(fours[w + 8], fours[w + 12]);
            columns[w] = _mm512_shuffle_i32x4::<0x88>(even, even_above);
            columns[w + 4] = _mm512_shuffle_i32x4::<0x88>(odd, odd_above);
            columns[w + 8] = _mm512_shuffle_i32x4::<0xdd>(even, even_above);
            columns[w + 12] = _mm512_shuffle_i32x4::<0xdd>(odd, odd_above);
        }
        columns
    }

    /// The exclusive or of three.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn xor(a: Words, b: Words, c: Words) -> Words {
        _mm512_ternarylogic_epi32::<0x96>(a, b, c)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    fn sum(a: Words, b: Words) -> Words {
        _mm512_add_epi32(a, b)
    }

    /// FIPS 180-4, 6.2.2, for a block of each message.
    #[target_feature(enable = "avx512f,avx512bw")]
    fn compress(state: &mut [Words; 8], block: &[Words; 16]) {
        let mut schedule = *block;
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        // Written out: the schedule stays in registers then.
        macro_rules! round {
            ($constants:ident $i:literal $a:ident $b:ident $c:ident $d:ident $e:ident $f:ident $g:ident $h:ident) => {
                let of_e = xor(_mm512_ror_epi32::<6>($e), _mm512_ror_epi32::<11>($e), _mm512_ror_epi32::<25>($e));
                let chosen = _mm512_ternarylogic_epi32::<0xca>($e, $f, $g);
                let first = sum(sum($h, sum(schedule[$i], all($constants[$i]))), sum(of_e, chosen));
                let of_a = xor(_mm512_ror_epi32::<2>($a), _mm512_ror_epi32::<13>($a), _mm512_ror_epi32::<22>($a));
                let majority = _mm512_ternarylogic_epi32::<0xe8>($a, $b, $c);
                $d = sum($d, first);
                $h = sum(first, sum(of_a, majority));
            };
        }
        macro_rules! extend {
            ($($i:literal)*) => {$(
                let (early, late) = (schedule[($i + 1) % 16], schedule[($i + 14) % 16]);
                let early = xor(_mm512_ror_epi32::<7>(early), _mm512_ror_epi32::<18>(early), _mm512_srli_epi32::<3>(early));
                let late = xor(_mm512_ror_epi32::<17>(late), _mm512_ror_epi32::<19>(late), _mm512_srli_epi32::<10>(late));
                schedule[$i] = sum(sum(schedule[$i], early), sum(schedule[($i + 9) % 16], late));
            )*};
        }
        for (sixteen, constants) in ROUNDS.iter().enumerate() {
            if sixteen > 0 {
                extend!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
            }
            round!(constants 0 a b c d e f g h);
            round!(constants 1 h a b c d e f g);
            round!(constants 2 g h a b c d e f);
            round!(constants 3 f g h a b c d e);
            round!(constants 4 e f g h a b c d);
            round!(constants 5 d e f g h a b c);
            round!(constants 6 c d e f g h a b);
            round!(constants 7 b c d e f g h a);
            round!(constants 8 a b c d e f g h);
            round!(constants 9 h a b c d e f g);
            round!(constants 10 g h a b c d e f);
            round!(constants 11 f g h a b c d e);
            round!(constants 12 e f g h a b c d);
            round!(constants 13 d e f g h a b c);
            round!(constants 14 c d e f g h a b);
            round!(constants 15 b c d e f g h a);
        }
        for (kept, new) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *kept = sum(*kept, new);
        }
    }
}
