//! Grants: patterns, their inclusion, lives of grants and what is derived from them.
//!
//! The lines are those of `formal/oracle/grant.ml`.

use crate::Subsystem;
use crate::random::Random;
use anyhow::{Context, Result, bail};
use interlock_core::covenant::{Ceiling, Enforcer, Grant, GrantError, Outcome, Pattern, Permission, Terms};
use std::fmt::Write as _;

/// Grants and the patterns of their permissions.
pub const SUBSYSTEM: Subsystem = Subsystem { name: "grant", request, answer, requests: 200_000 };

const CAPABILITIES: [&str; 3] = ["read", "write", "call"];

/// A text of few letters, so that things meet.
fn letters(random: &mut Random, with_star: bool) -> String {
    let mut text = String::new();
    for _ in 0..random.below(7) {
        let choices: &[char] = if with_star { &['a', 'b', '/', '*'] } else { &['a', 'a', 'b', '/'] };
        text.push(random.pick(choices));
    }
    text
}

fn pattern(random: &mut Random) -> String {
    for _ in 0..50 {
        let mut text = letters(random, true);
        if random.percent(30) {
            text.push_str(if text.is_empty() || text.ends_with('/') { "**" } else { "/**" });
        }
        if Pattern::new(&text).is_ok() {
            return text;
        }
    }
    "a".to_owned()
}

/// A resource, often one that a pattern might have meant.
fn resource(random: &mut Random, pattern: &str) -> String {
    if random.percent(40) {
        let plain = letters(random, false);
        return if plain.is_empty() { "a".to_owned() } else { plain };
    }
    let mut text = String::new();
    for letter in pattern.chars() {
        if letter == '*' {
            text.push_str(random.pick(&["", "a", "b", "ab", "a/b", "*"]));
        } else if !random.percent(4) {
            text.push(letter);
        }
    }
    if text.is_empty() { "b".to_owned() } else { text }
}

fn expiry(random: &mut Random) -> String {
    if random.percent(50) { "-".to_owned() } else { random.below(40).to_string() }
}

fn terms(random: &mut Random, patterns: &mut Vec<String>) -> String {
    let mut text = expiry(random);
    text.push(';');
    for index in 0..random.below(4) {
        // A part of what there is already, or something new.
        let old = usize::try_from(random.below(patterns.len().max(1) as u64)).ok().and_then(|at| patterns.get(at));
        let resources = match old {
            Some(old) if random.percent(50) => {
                let narrower = resource(random, old);
                if Pattern::new(&narrower).is_ok() { narrower } else { old.clone() }
            }
            _ => pattern(random),
        };
        let _ = write!(text, "{}{}~{resources}", if index == 0 { "" } else { "," }, random.pick(&CAPABILITIES));
        patterns.push(resources);
    }
    text.push(';');
    let mut first = true;
    for name in ["calls", "tokens"] {
        if random.percent(40) {
            let _ = write!(text, "{}{name}={}", if first { "" } else { "," }, random.below(4));
            first = false;
        }
    }
    text
}

fn request(random: &mut Random) -> (String, u64) {
    match random.below(4) {
        0 => {
            let pattern = pattern(random);
            let resource = resource(random, &pattern);
            (format!("match ~{pattern} ~{resource}"), 1)
        }
        1 => {
            let one = pattern(random);
            let other = if random.percent(50) { pattern(random) } else { resource(random, &one) };
            let other = if Pattern::new(&other).is_ok() { other } else { pattern(random) };
            let (one, other) = if random.percent(50) { (one, other) } else { (other, one) };
            (format!("within ~{one} ~{other}"), 1)
        }
        _ => life(random),
    }
}

fn life(random: &mut Random) -> (String, u64) {
    let mut patterns = Vec::new();
    let mut clock = random.below(20);
    let first = terms(random, &mut patterns);
    let mut line = format!("grant {clock} {first} |");
    let steps = random.below(16);
    for _ in 0..steps {
        clock = if random.percent(5) { random.below(50) } else { clock.saturating_add(random.below(4)) };
        match random.below(12) {
            0 => line.push_str(" n"),
            1 | 2 => line.push_str(" g"),
            3 => line.push_str(" v"),
            4 => line.push_str(" x"),
            5..10 => {
                let at = usize::try_from(random.below(patterns.len().max(1) as u64)).unwrap_or(0);
                let pattern = patterns.get(at).cloned().unwrap_or_default();
                let wanted = resource(random, &pattern);
                let _ = write!(line, " c@{clock}@{}~{wanted}", random.pick(&CAPABILITIES));
                continue;
            }
            _ => {
                let narrower = terms(random, &mut patterns);
                let _ = write!(line, " d@{clock}@{narrower}");
                continue;
            }
        }
        let _ = write!(line, "@{clock}");
    }
    (line, steps)
}

fn read_terms(word: &str) -> Result<Terms> {
    let parts: Vec<&str> = word.split(';').collect();
    let [expiry, permissions, ceilings] = parts[..] else { bail!("not terms: {word}") };
    let mut terms = Terms::default();
    if expiry != "-" {
        terms.expires_at_ms = Some(expiry.parse()?);
    }
    for it in permissions.split(',').filter(|it| !it.is_empty()) {
        let (capability, resources) = it.split_once('~').context("not a permission")?;
        terms.permissions.push(Permission::new(capability, resources)?);
    }
    for it in ceilings.split(',').filter(|it| !it.is_empty()) {
        let (counter, units) = it.split_once('=').context("not a ceiling")?;
        terms.ceilings.push(Ceiling { counter: counter.to_owned(), units: units.parse()? });
    }
    Ok(terms)
}

fn letter(done: Result<(), GrantError>) -> Result<char> {
    Ok(match done {
        Ok(()) => '+',
        Err(GrantError::State { .. }) => 'W',
        Err(GrantError::Clock { .. }) => 'C',
        Err(GrantError::NotOver { .. }) => 'N',
        Err(GrantError::Over { .. }) => 'O',
        Err(other) => bail!("an error that the model does not know: {other}"),
    })
}

fn step(grant: &mut Grant, word: &str) -> Result<char> {
    let parts: Vec<&str> = word.splitn(3, '@').collect();
    Ok(match parts[..] {
        ["n", now] => letter(grant.negotiate("a", now.parse()?).map(|_| ()))?,
        ["g", now] => letter(grant.grant("a", now.parse()?).map(|_| ()))?,
        ["v", now] => letter(grant.revoke("a", now.parse()?).map(|_| ()))?,
        ["x", now] => letter(grant.expire("a", now.parse()?).map(|_| ()))?,
        ["c", now, wanted] => {
            let (capability, resource) = wanted.split_once('~').context("not a check")?;
            let mut enforcer = Enforcer::new(grant.clone())?;
            let decision = enforcer.check(capability, resource, &[], now.parse()?);
            if matches!(decision.outcome, Outcome::Allow { .. }) { '1' } else { '0' }
        }
        ["d", now, narrower] => match grant.attenuate("b", read_terms(narrower)?, "a", now.parse()?) {
            Ok(child) => {
                *grant = child;
                'd'
            }
            Err(_) => '-',
        },
        _ => bail!("not a step: {word}"),
    })
}

fn answer(line: &str) -> Result<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let verdict = |held: bool| if held { "1" } else { "0" }.to_owned();
    let marked = |word: &'_ str| word.strip_prefix('~').map(str::to_owned).context("no mark");
    Ok(match words[..] {
        ["match", pattern, resource] => verdict(Pattern::new(&marked(pattern)?)?.matches(&marked(resource)?)),
        ["within", pattern, other] => {
            verdict(Pattern::new(&marked(pattern)?)?.is_within(&Pattern::new(&marked(other)?)?))
        }
        ["grant", now, first, "|", ref steps @ ..] => {
            let mut grant = match Grant::propose("a", read_terms(first)?, "a", now.parse()?) {
                Ok(grant) => grant,
                Err(GrantError::Over { .. }) => return Ok("O".to_owned()),
                Err(error) => return Err(error.into()),
            };
            let said: String = steps.iter().map(|word| step(&mut grant, word)).collect::<Result<_>>()?;
            if said.is_empty() { ".".to_owned() } else { said }
        }
        _ => bail!("not a line of grants"),
    })
}
