//! What can be written in many ways is written in one, so that it packs well.
//!
//! Loads and stores claim no alignment: what they claim is a hint that engines do not use, and no part of what they do.
//! A function's variables are numbered by type and by how often they are used. And the list of target features goes, which is
//! for tools and not for engines.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "numbers of variables in a module that is valid"
)]

use anyhow::{Context, Result, anyhow};
use std::{cmp::Reverse, fs, path::Path};
use wasm_encoder::{CodeSection, Function, MemArg, Module, reencode, reencode::Reencode};
use wasmparser::{CustomSectionReader, FunctionBody, FunctionSectionReader, Operator, Parser, Payload, ValType};

/// Writes a module anew in the one way.
///
/// # Errors
/// The file is no module.
pub(crate) fn apply(wasm: &Path) -> Result<()> {
    let module = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let uniform = uniform(&module).with_context(|| format!("{} is not understood", wasm.display()))?;
    fs::write(wasm, uniform).with_context(|| format!("cannot write {}", wasm.display()))
}

fn uniform(module: &[u8]) -> Result<Vec<u8>> {
    let mut parameters = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::TypeSection(groups) = payload? {
            for group in groups {
                for one in group?.into_types() {
                    parameters.push(u32::try_from(one.unwrap_func().params().len())?);
                }
            }
        }
    }
    let mut writing = Writing { parameters, types: Vec::new(), written: 0 };
    let mut out = Module::new();
    writing.parse_core_module(&mut out, Parser::new(0), module).map_err(|error| anyhow!("{error}"))?;
    Ok(out.finish())
}

struct Writing {
    /// By type of function: how many parameters it has.
    parameters: Vec<u32>,
    /// By function: its type.
    types: Vec<u32>,
    /// How many functions are written.
    written: usize,
}

/// A function's variables behind its parameters.
struct Variables {
    parameters: u32,
    /// Their types, by their new place.
    types: Vec<ValType>,
    /// By old place: the new one.
    places: Vec<u32>,
}

impl Reencode for Writing {
    type Error = std::convert::Infallible;

    fn mem_arg(&mut self, memory: wasmparser::MemArg) -> Result<MemArg, reencode::Error<Self::Error>> {
        Ok(MemArg { offset: memory.offset, align: 0, memory_index: memory.memory })
    }

    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut wasm_encoder::FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        self.types = section.clone().into_iter().collect::<Result<_, _>>()?;
        reencode::utils::parse_function_section(self, functions, section)
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let parameters = self.parameters[self.types[self.written] as usize];
        self.written += 1;
        let variables = Variables::of(&body, parameters)?;
        let types = variables.types.iter().map(|one| self.val_type(*one)).collect::<Result<Vec<_>, _>>()?;
        let mut function = Function::new_with_locals_types(types);
        for operator in body.get_operators_reader()? {
            function.instruction(&self.instruction(variables.renumbered(operator?))?);
        }
        code.function(&function);
        Ok(())
    }
}

impl Variables {
    fn of(body: &FunctionBody<'_>, parameters: u32) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut old = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, one) = group?;
            old.extend((0..count).map(|_| one));
        }
        let mut uses = vec![0_u32; old.len()];
        for operator in body.get_operators_reader()? {
            if let Operator::LocalGet { local_index: number }
            | Operator::LocalSet { local_index: number }
            | Operator::LocalTee { local_index: number } = operator?
                && let Some(own) = number.checked_sub(parameters)
            {
                uses[own as usize] += 1;
            }
        }
        let kind = |one: ValType| match one {
            ValType::I32 => 0,
            ValType::I64 => 1,
            ValType::F64 => 2,
            ValType::F32 => 3,
            ValType::V128 => 4,
            ValType::Ref(_) => 5,
        };
        let mut order: Vec<usize> = (0..old.len()).collect();
        order.sort_by_key(|place| (kind(old[*place]), Reverse(uses[*place])));
        let mut places = vec![0; old.len()];
        for (new, place) in (parameters..).zip(&order) {
            places[*place] = new;
        }
        Ok(Self { parameters, types: order.iter().map(|place| old[*place]).collect(), places })
    }

    fn renumbered<'a>(&self, operator: Operator<'a>) -> Operator<'a> {
        let new = |number: u32| number.checked_sub(self.parameters).map_or(number, |own| self.places[own as usize]);
        match operator {
            Operator::LocalGet { local_index } => Operator::LocalGet { local_index: new(local_index) },
            Operator::LocalSet { local_index } => Operator::LocalSet { local_index: new(local_index) },
            Operator::LocalTee { local_index } => Operator::LocalTee { local_index: new(local_index) },
            other => other,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use wasm_encoder::{CustomSection, FunctionSection, Instruction, TypeSection, ValType};

    /// A module of one function of one parameter, with a list of features behind it.
    fn module(variables: &[ValType], instructions: &[Instruction<'_>], features: bool) -> Vec<u8> {
        let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([ValType::F64], []);
        functions.function(0);
        let mut function = Function::new_with_locals_types(variables.iter().copied());
        for instruction in instructions {
            function.instruction(instruction);
        }
        code.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        if features {
            module.section(&CustomSection { name: "target_features".into(), data: (&[0_u8]).into() });
        }
        module.finish()
    }

    #[test]
    fn variables_claims_and_lists_are_as_in_every_module() {
        let load = |align| Instruction::I32Load(MemArg { offset: 8, align, memory_index: 0 });
        let (get, set) = (Instruction::LocalGet, Instruction::LocalSet);
        // The parameter stays the first; of the two numbers, the second is used more often.
        let given = [ValType::I64, ValType::I32, ValType::I32];
        let body = |long, once, twice, align| {
            [get(twice), load(align), set(twice), get(once), set(once), get(long), set(long), get(twice), get(0)]
        };
        let expected = module(&[ValType::I32, ValType::I32, ValType::I64], &body(3, 2, 1, 0), false);
        assert_eq!(uniform(&module(&given, &body(1, 2, 3, 2), true)).unwrap(), expected);
        assert_eq!(uniform(&expected).unwrap(), expected);
        assert!(uniform(b"no module").is_err());
    }
}
