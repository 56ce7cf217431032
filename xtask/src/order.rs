//! The order of a module's functions: those that look alike near each other, where gzip sees that they do. And the numbers
//! of each function's variables: those with which it looks most like the functions before it.
//!
//! gzip looks back 32 KB, and its short distances are cheap. Nothing but order and numbers changes.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "numbers of functions that were counted here"
)]

mod chain;
mod cost;
mod matches;
mod packer;
mod random;
mod search;
mod variables;

use anyhow::{Context, Result, anyhow};
use std::{fs, path::Path};
use variables::Numbered;
use wasm_encoder::{CodeSection, FunctionSection, Module, reencode, reencode::Reencode};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser, Payload, TypeRef};

/// Puts the functions of a module in order, and their variables.
///
/// # Errors
/// The file is no module.
pub(crate) fn apply(wasm: &Path) -> Result<()> {
    let module = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let ordered = ordered(&module).and_then(|module| numbered(&module));
    let ordered = ordered.with_context(|| format!("{} is not understood", wasm.display()))?;
    fs::write(wasm, ordered).with_context(|| format!("cannot write {}", wasm.display()))
}

fn ordered(module: &[u8]) -> Result<Vec<u8>> {
    let mut imported = 0;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if matches!(import?.ty, TypeRef::Func(_)) {
                        imported += 1;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
            _ => {}
        }
    }
    let order = search::best(&bodies);
    let mut places = vec![0; order.len()];
    for (place, function) in order.iter().enumerate() {
        places[*function] = u32::try_from(place)?;
    }
    let mut out = Module::new();
    Renumbering { imported, order, places }
        .parse_core_module(&mut out, Parser::new(0), module)
        .map_err(|error| anyhow!("{error}"))?;
    Ok(out.finish())
}

/// The module with the variables of its functions in other places.
fn numbered(module: &[u8]) -> Result<Vec<u8>> {
    let (mut parameters, mut types, mut functions) = (Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(groups) => {
                for one in groups.into_iter().flatten().flat_map(wasmparser::RecGroup::into_types) {
                    parameters.push(u32::try_from(one.unwrap_func().params().len())?);
                }
            }
            Payload::FunctionSection(own) => types = own.into_iter().collect::<Result<Vec<u32>, _>>()?,
            Payload::CodeSectionEntry(body) => {
                let own = types.get(functions.len()).context("a function without a type")?;
                functions.push(Numbered::of(&body, parameters[usize::try_from(*own)?])?);
            }
            _ => {}
        }
    }
    let mut out = Module::new();
    Bodies(variables::renumber(&mut functions))
        .parse_core_module(&mut out, Parser::new(0), module)
        .map_err(|error| anyhow!("{error}"))?;
    Ok(out.finish())
}

/// Writes a module anew with other bodies of its functions.
struct Bodies(Vec<Vec<u8>>);

impl Reencode for Bodies {
    type Error = std::convert::Infallible;

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        _: CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        for body in &self.0 {
            code.raw(body);
        }
        Ok(())
    }
}

/// Writes a module anew with its functions in order.
struct Renumbering {
    imported: u32,
    /// By new place: which function it was, imported ones left out.
    order: Vec<usize>,
    /// By old place: the new one.
    places: Vec<u32>,
}

impl Reencode for Renumbering {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Self::Error>> {
        let own = function.checked_sub(self.imported).and_then(|own| self.places.get(usize::try_from(own).ok()?));
        Ok(own.map_or(function, |place| self.imported + place))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for function in &self.order {
            functions.function(types[*function]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for function in self.order.clone() {
            self.parse_function_body(code, bodies[function].clone())?;
        }
        Ok(())
    }
}
