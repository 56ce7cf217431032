//! Which number each variable of a function has: those that make it look like the functions before it.
//!
//! Two of five bytes of a function's code say which variable is meant, and which of those of a type has which number is
//! free. So numbers are exchanged as long as that makes the function cheaper to pack.

use super::{packer::Packer, random::Random};
use anyhow::Result;
use std::ops::Range;
use wasmparser::{FunctionBody, Operator};

/// How many exchanges are tried, for each variable.
const TRIALS: usize = 200;
/// How many bytes are packed for that at most, for each function: few are so long that it matters.
const MOST_BYTES: usize = 1 << 26;

/// A function whose variables may be numbered anew.
pub(super) struct Numbered {
    bytes: Vec<u8>,
    /// Bytes that stay, each followed by the number of a variable; the last one by none.
    parts: Vec<(Range<usize>, Option<u32>)>,
    /// Variables of the same type, where there are several.
    groups: Vec<Vec<u32>>,
    /// By old number: the new one.
    numbers: Vec<u32>,
}

impl Numbered {
    /// A function with so many parameters, which keep their numbers.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn of(body: &FunctionBody<'_>, parameters: u32) -> Result<Self> {
        let mut groups = Vec::new();
        let mut next = parameters;
        for group in body.get_locals_reader()? {
            let (count, _) = group?;
            let group: Vec<u32> = (next..next + count).collect();
            next += count;
            if group.len() > 1 {
                groups.push(group);
            }
        }
        let bytes = body.as_bytes().to_vec();
        let start = body.range().start;
        let mut parts = Vec::new();
        let mut from = 0;
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            if let Operator::LocalGet { local_index: number }
            | Operator::LocalSet { local_index: number }
            | Operator::LocalTee { local_index: number } = operator
            {
                let at = usize::try_from(offset - start + 1)?;
                parts.push((from..at, Some(number)));
                from = at + leb(number).count();
            }
        }
        parts.push((from..bytes.len(), None));
        Ok(Self { bytes, parts, groups, numbers: (0..next).collect() })
    }

    /// The function as it is now.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        for (range, number) in &self.parts {
            out.extend_from_slice(&self.bytes[range.clone()]);
            if let Some(number) = number {
                out.extend(leb(self.numbers[*number as usize]));
            }
        }
    }
}

/// A number as modules have it.
fn leb(number: u32) -> impl Iterator<Item = u8> {
    let mut rest = Some(number);
    std::iter::from_fn(move || {
        let number = rest?;
        let low = u8::try_from(number & 127).unwrap_or(0);
        rest = Some(number >> 7).filter(|rest| *rest > 0);
        Some(if rest.is_some() { low | 128 } else { low })
    })
}

/// Numbers the variables of functions, which lie in this order. What is tried is the same in every run.
pub(super) fn renumber(functions: &mut [Numbered]) -> Vec<Vec<u8>> {
    let mut random = Random::new();
    let mut bodies: Vec<Vec<u8>> = vec![Vec::new(); functions.len()];
    for (function, body) in functions.iter().zip(&mut bodies) {
        function.write(body);
    }
    let mut tried = Vec::new();
    let mut packer = Packer::new(&bodies.iter().map(Vec::as_slice));
    for (function, body) in functions.iter_mut().zip(&mut bodies) {
        let variables: usize = function.groups.iter().map(Vec::len).sum();
        let mut cost = packer.cost(body, u64::MAX);
        for _ in 0..(variables * TRIALS).min(MOST_BYTES / body.len().max(1)) {
            let group = &function.groups[random.below(function.groups.len())];
            let first = random.below(group.len());
            let other = (first + 1 + random.below(group.len() - 1)) % group.len();
            let [first, other] = [first, other].map(|place| group[place] as usize);
            function.numbers.swap(first, other);
            function.write(&mut tried);
            let new = packer.cost(&tried, cost + 1);
            if new <= cost {
                cost = new;
                std::mem::swap(body, &mut tried);
            } else {
                function.numbers.swap(first, other);
            }
        }
        packer.keep(body);
    }
    bodies
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType};
    use wasmparser::{Parser, Payload};

    /// Functions with these variables behind one parameter, that use variables in turn.
    fn module(functions: &[Vec<u32>], variables: &[ValType]) -> Vec<u8> {
        let (mut types, mut numbers, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([ValType::I32], []);
        for used in functions {
            numbers.function(0);
            let mut function = Function::new_with_locals_types(variables.iter().copied());
            for number in used {
                function.instruction(&Instruction::LocalGet(*number)).instruction(&Instruction::LocalSet(*number));
            }
            code.function(&function.instruction(&Instruction::End).clone());
        }
        let mut module = Module::new();
        module.section(&types).section(&numbers).section(&code);
        module.finish()
    }

    fn numbered(module: &[u8]) -> Vec<Numbered> {
        let bodies = Parser::new(0).parse_all(module).filter_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => Some(Numbered::of(&body, 1).unwrap()),
            _ => None,
        });
        bodies.collect()
    }

    #[test]
    fn functions_that_differ_in_numbers_alone_become_the_same() {
        let types: Vec<ValType> = [ValType::I32; 9].into_iter().chain([ValType::F64; 3]).collect();
        let first: Vec<u32> = (0..=12).chain([3, 3, 0, 12, 5, 9, 1]).collect();
        // The same with other numbers of the variables of a type; the parameter is the one of number 0.
        let exchanged = [0, 4, 2, 9, 1, 3, 5, 8, 7, 6, 11, 12, 10];
        let second: Vec<u32> = first.iter().map(|number| exchanged[*number as usize]).collect();
        let module = module(&[first.clone(), second], &types);
        let mut functions = numbered(&module);
        let bodies = renumber(&mut functions);
        assert_eq!(bodies[0], bodies[1]);
        assert_eq!(bodies, renumber(&mut numbered(&module)), "the same in every run");
        for function in &functions {
            let mut numbers = function.numbers.clone();
            assert_eq!(numbers[0], 0, "a parameter stays where it is");
            assert!(numbers[1..10].iter().all(|number| (1..10).contains(number)), "{numbers:?}");
            numbers.sort_unstable();
            assert_eq!(numbers, (0..13).collect::<Vec<_>>(), "each number once");
        }
    }

    #[test]
    fn what_is_not_renumbered_is_written_as_it_was() {
        let types = [ValType::I32; 300];
        let module = module(&[(0..300).collect(), vec![299, 128, 127, 0]], &types);
        let mut out = Vec::new();
        for function in numbered(&module) {
            function.write(&mut out);
            assert_eq!(out, function.bytes);
        }
    }
}
