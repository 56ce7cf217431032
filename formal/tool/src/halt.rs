//! The halt monitor: streams of scores around every limit, with everything that a double can be.
//!
//! The lines are those of `formal/oracle/halt.ml`.

use crate::Subsystem;
use crate::random::Random;
use anyhow::{Context, Result, bail, ensure};
use interlock_core::halt::{
    HaltConfig, HaltReason, MissingScore, Observation, StreamMonitor, Summary, Verdict, WarningKind,
};
use std::fmt::Write as _;

/// The halt monitor.
pub const SUBSYSTEM: Subsystem = Subsystem { name: "halt", request, answer, requests: 240_000 };

/// Doubles at which something changes.
const CORNERS: [u64; 24] = [
    0,                     // 0.0
    1 << 63,               // -0.0
    1,                     // the least subnormal
    0x000f_ffff_ffff_ffff, // the greatest subnormal
    0x0010_0000_0000_0000, // the least normal
    0x3bf0_0000_0000_0000, // 2^-64
    0x3bff_ffff_ffff_ffff, // just below 2^-63
    0x3c00_0000_0000_0000, // 2^-63
    0x3c08_0000_0000_0000, // 1.5 x 2^-63
    0x3f3f_ffff_ffff_ffff, // just below 2^-11
    0x3f40_0000_0000_0000, // 2^-11
    0x3fdf_ffff_ffff_ffff, // just below 0.5
    0x3fe0_0000_0000_0000, // 0.5
    0x3fef_ffff_ffff_ffff, // just below 1
    0x3ff0_0000_0000_0000, // 1.0
    0x3ff0_0000_0000_0001, // just above 1
    0x4330_0000_0000_0000, // 2^52
    0x7fef_ffff_ffff_ffff, // the greatest double
    0x7ff0_0000_0000_0000, // infinity
    0xfff0_0000_0000_0000, // minus infinity
    0x7ff8_0000_0000_0000, // the usual NaN
    0x7ff0_0000_0000_0001, // a signalling NaN
    0xffff_ffff_ffff_ffff, // a NaN with every bit
    0xbfe0_0000_0000_0000, // -0.5
];

/// A number in [0, 1], often one at which something changes.
fn limit(random: &mut Random) -> u64 {
    match random.below(4) {
        0 => random.unit().to_bits(),
        1 => (random.unit() * 0.3).to_bits(),
        2 => random.pick(&[0.0_f64, 0.5, 0.55, 0.7, 1.0, 0.1, 0.15]).to_bits(),
        // The first of the corners that lie in [0, 1], and -0.0.
        _ => random.pick(CORNERS.get(..15).unwrap_or_default()),
    }
}

fn neighbour(random: &mut Random, bits: u64) -> u64 {
    match random.below(3) {
        0 => bits.wrapping_add(1),
        1 => bits.wrapping_sub(1),
        _ => bits,
    }
}

fn hex(out: &mut String, bits: Option<u64>) {
    let _ = match bits {
        Some(bits) => write!(out, "{bits:016x}"),
        None => write!(out, "-"),
    };
}

fn request(random: &mut Random) -> (String, u64) {
    let batch = random.percent(40);
    let hard = limit(random);
    let soft = limit(random);
    let window = if random.percent(90) { random.below(6) } else { random.below(4096) }.wrapping_add(1);
    let threshold = limit(random);
    let trend = if random.percent(90) { random.below(6) } else { random.below(4095) }.wrapping_add(2);
    let drop = match random.below(4) {
        0 => random.pick(&[0.15_f64, 0.5, 1.0, 2.0, f64::MAX, f64::MIN_POSITIVE]).to_bits(),
        1 => random.pick(&[1, 0x3c00_0000_0000_0000, 0x3fef_ffff_ffff_ffff, 0x3ff0_0000_0000_0001]),
        _ => (random.unit() + f64::MIN_POSITIVE).to_bits(),
    };
    let deadline = f64::from(random.pick(&[1_u32, 2, 50, 1000, u32::MAX])).to_bits();
    let entropy = random.percent(40).then(|| match random.below(3) {
        0 => random.pick(&[0.0_f64, 1.0, 2.5, f64::MAX, f64::MIN_POSITIVE]).to_bits(),
        _ => (random.unit() * 8.0).to_bits(),
    });
    let mut line = String::from(if batch { "batch" } else { "halt" });
    for bits in [hard, soft] {
        line.push(' ');
        hex(&mut line, Some(bits));
    }
    let _ = write!(line, " {window} {threshold:016x} {trend} {drop:016x} {deadline:016x} ");
    hex(&mut line, entropy);
    let _ = write!(line, " {} |", u8::from(random.percent(40)));

    let longest = if random.percent(2) { 400 } else { 24 };
    let tokens = random.below(longest);
    let (mut asked, mut before) = (0_u64, 1.0_f64.to_bits());
    // Streams differ in how often something odd comes, or hardly one would live long.
    let odd = random.pick(&[0_u64, 2, 10, 50]);
    for _ in 0..tokens {
        let score = if random.percent(odd) {
            match random.below(4) {
                0 => random.word(),
                1 => random.pick(&CORNERS),
                2 => 0x7ff0_0000_0000_0000 | (random.word() & 0x800f_ffff_ffff_ffff),
                _ => (random.unit() * 3.0 - 1.0).to_bits(),
            }
        } else {
            match random.below(8) {
                0 => neighbour(random, hard),
                1 => neighbour(random, soft),
                2 => neighbour(random, threshold),
                3 => neighbour(random, before),
                4 => neighbour(random, (f64::from_bits(before) - f64::from_bits(drop)).to_bits()),
                _ => {
                    let low = f64::from_bits(hard).max(f64::from_bits(threshold));
                    (low + (1.0 - low) * random.unit()).to_bits()
                }
            }
        };
        before = score;
        asked = asked.wrapping_add(1);
        line.push(' ');
        if batch {
            hex(&mut line, Some(score));
            if random.percent(15) {
                line.push_str(" /");
            }
            continue;
        }
        let elapsed = random.percent(20).then(|| match random.below(4) {
            0 => neighbour(random, deadline),
            1 => random.pick(&CORNERS),
            _ => (random.unit() * f64::from_bits(deadline) * 1.1).to_bits(),
        });
        let bits = random.percent(30).then(|| match random.below(4) {
            0 => neighbour(random, entropy.unwrap_or(0)),
            1 if random.percent(20) => random.pick(&CORNERS),
            _ => (random.unit() * f64::from_bits(entropy.unwrap_or(0))).to_bits(),
        });
        hex(&mut line, (!random.percent(3)).then_some(score));
        line.push(',');
        hex(&mut line, elapsed);
        line.push(',');
        hex(&mut line, bits);
    }
    (line, asked)
}

fn answer(line: &str) -> Result<String> {
    let (head, items) = line.split_once('|').context("no `|`")?;
    let mut head = head.split_whitespace();
    let how = head.next();
    let monitor = StreamMonitor::new(&config(head)?)?;
    match how {
        Some("halt") => singles(monitor, items),
        Some("batch") => batches(monitor, items),
        other => bail!("neither halt nor batch: {other:?}"),
    }
}

fn bits(text: &str) -> Result<f64> {
    Ok(f64::from_bits(u64::from_str_radix(text, 16).with_context(|| format!("not a double's bits: {text}"))?))
}

fn optional(text: &str) -> Result<Option<f64>> {
    if text == "-" { Ok(None) } else { bits(text).map(Some) }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; written from a u32")]
fn config<'a>(mut fields: impl Iterator<Item = &'a str>) -> Result<HaltConfig> {
    let mut next = || fields.next().context("a configuration has nine fields");
    let config = HaltConfig {
        hard_limit: bits(next()?)?,
        soft_limit: bits(next()?)?,
        window_size: next()?.parse()?,
        window_threshold: bits(next()?)?,
        trend_window: next()?.parse()?,
        trend_threshold: bits(next()?)?,
        deadline_ms: bits(next()?)? as u32,
        logit_entropy_limit: optional(next()?)?,
        missing_score: if next()? == "1" { MissingScore::Skip } else { MissingScore::Halt },
        ..HaltConfig::default()
    };
    ensure!(fields.next().is_none(), "a configuration has nine fields");
    Ok(config)
}

fn reason(reason: HaltReason) -> char {
    match reason {
        HaltReason::HardLimit => 'H',
        HaltReason::WindowAverage => 'A',
        HaltReason::DownwardTrend => 'T',
        HaltReason::LogitEntropy => 'L',
        HaltReason::Deadline => 'D',
        HaltReason::NonFiniteScore => 'N',
        _ => '?',
    }
}

fn singles(mut monitor: StreamMonitor, items: &str) -> Result<String> {
    let mut out = String::new();
    for item in items.split_whitespace() {
        let fields: Vec<&str> = item.split(',').collect();
        let [score, elapsed, entropy] = fields[..] else { bail!("an observation has three fields: {item}") };
        let observation =
            Observation { score: optional(score)?, elapsed_ms: optional(elapsed)?, logit_entropy: optional(entropy)? };
        out.push(match monitor.push_observation(observation) {
            Err(_) => 'x',
            Ok(Verdict::Pass) => 'p',
            Ok(Verdict::Warn(warning)) => match warning.kind {
                WarningKind::SoftLimit => 'w',
                WarningKind::MissingScore => 'm',
            },
            Ok(Verdict::Halt(halt)) => reason(halt.reason),
        });
    }
    summary(&mut out, &monitor.summary());
    Ok(out)
}

fn batches(mut monitor: StreamMonitor, items: &str) -> Result<String> {
    let mut out = String::new();
    for group in items.split('/') {
        let scores: Vec<f64> = group.split_whitespace().map(bits).collect::<Result<_>>()?;
        match monitor.push_many(&scores) {
            Err(_) => out.push('x'),
            Ok(batch) => {
                let _ = write!(out, "{}", batch.consumed);
                out.extend(batch.halt.map(|halt| reason(halt.reason)));
            }
        }
        out.push(';');
    }
    summary(&mut out, &monitor.summary());
    Ok(out)
}

fn summary(out: &mut String, summary: &Summary) {
    let _ = write!(out, " {} {} {:x} ", summary.tokens, summary.warnings, summary.minimum.to_bits());
    let _ = match summary.halt_index {
        Some(index) => write!(out, "{index}"),
        None => write!(out, "-"),
    };
}
