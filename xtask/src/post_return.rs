//! One post-return for all functions of a component.
//!
//! A function whose result lies in the guest's memory has a post-return: the host calls it when it has read the result, and
//! before it calls anything else of the instance. An engine looks each of them up whenever it makes an instance, and that was
//! a third of what an instance costs. So a function notes here which post-return is its own, and the one that is left goes on
//! to that.
#![allow(clippy::arithmetic_side_effects, reason = "numbers of functions that were counted here")]

use anyhow::{Context, Result, anyhow};
use std::collections::HashMap;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    Module, ValType, reencode, reencode::Reencode,
};
use wasmparser::{
    CodeSectionReader, Export, ExternalKind, FunctionSectionReader, GlobalSectionReader, Parser, Payload, TypeRef,
};

/// What the name of a post-return begins with; the name of its function follows.
const PREFIX: &str = "cabi_post_";

/// The module with one post-return; as it is where it has none.
///
/// # Errors
/// It is no module, or a post-return belongs to no function.
pub(crate) fn united(module: &[u8]) -> Result<Vec<u8>> {
    let read = Read::of(module)?;
    let mut united = United::of(&read)?;
    let mut out = Module::new();
    united.parse_core_module(&mut out, Parser::new(0), module).map_err(|error| anyhow!("{error}"))?;
    Ok(if united.posts.is_empty() { module.to_vec() } else { out.finish() })
}

/// What has to be known of a module.
#[derive(Default)]
struct Read<'a> {
    /// By type: how many parameters it has.
    parameters: Vec<u32>,
    imported_functions: u32,
    imported_globals: u32,
    /// By function of its own: its type.
    types: Vec<u32>,
    globals: u32,
    /// Exported functions.
    exports: Vec<(&'a str, u32)>,
}

impl<'a> Read<'a> {
    fn of(module: &'a [u8]) -> Result<Self> {
        let mut read = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(groups) => {
                    for one in groups.into_iter().flatten().flat_map(wasmparser::RecGroup::into_types) {
                        read.parameters.push(u32::try_from(one.unwrap_func().params().len())?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        match import?.ty {
                            TypeRef::Func(_) => read.imported_functions += 1,
                            TypeRef::Global(_) => read.imported_globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(own) => read.types = own.into_iter().collect::<Result<_, _>>()?,
                Payload::GlobalSection(own) => read.globals = own.count(),
                Payload::ExportSection(own) => {
                    for export in own {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            read.exports.push((export.name, export.index));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(read)
    }

    fn type_of(&self, function: u32) -> Result<u32> {
        let own = function.checked_sub(self.imported_functions).and_then(|own| usize::try_from(own).ok());
        own.and_then(|own| self.types.get(own)).copied().context("an exported function that is imported")
    }
}

/// A function that notes which post-return is its own.
struct Noting {
    function: u32,
    type_index: u32,
    parameters: u32,
    /// The place of its post-return in [`United::posts`].
    post: u32,
}

/// Writes the module anew.
struct United<'a> {
    noting: Vec<Noting>,
    /// By name: the place in `noting`.
    by_name: HashMap<&'a str, u32>,
    /// The functions that were post-returns, each once.
    posts: Vec<u32>,
    post_type: u32,
    /// The first function that is new: those that note, and the post-return behind them.
    first_new: u32,
    /// The global that holds which post-return is to be called.
    global: u32,
}

impl<'a> United<'a> {
    fn of(read: &Read<'a>) -> Result<Self> {
        let mut united = Self {
            noting: Vec::new(),
            by_name: HashMap::new(),
            posts: Vec::new(),
            post_type: 0,
            first_new: read.imported_functions + u32::try_from(read.types.len())?,
            global: read.imported_globals + read.globals,
        };
        for (name, post) in &read.exports {
            let Some(name) = name.strip_prefix(PREFIX) else { continue };
            let of = read.exports.iter().find(|(other, _)| *other == name);
            let (name, function) = *of.with_context(|| format!("{PREFIX}{name} belongs to no function"))?;
            united.post_type = read.type_of(*post)?;
            let place = united.posts.iter().position(|known| known == post).unwrap_or_else(|| {
                united.posts.push(*post);
                united.posts.len() - 1
            });
            let type_index = read.type_of(function)?;
            let parameters = *read.parameters.get(usize::try_from(type_index)?).context("a function without a type")?;
            united.by_name.insert(name, u32::try_from(united.noting.len())?);
            united.noting.push(Noting { function, type_index, parameters, post: u32::try_from(place)? });
        }
        Ok(united)
    }

    /// The one post-return: a jump by the global to a call of what it stands for.
    fn post_return(&self) -> Function {
        let mut body = Function::new([]);
        let mut code = body.instructions();
        let last = u32::try_from(self.posts.len()).unwrap_or(u32::MAX).saturating_sub(1);
        for _ in &self.posts {
            code.block(BlockType::Empty);
        }
        code.global_get(self.global).br_table(0..last, last);
        for post in &self.posts {
            code.end().local_get(0).call(*post).return_();
        }
        code.end();
        body
    }
}

impl Noting {
    fn body(&self, global: u32) -> Function {
        let mut body = Function::new([]);
        let mut code = body.instructions();
        for parameter in 0..self.parameters {
            code.local_get(parameter);
        }
        code.call(self.function).i32_const(self.post.cast_signed()).global_set(global).end();
        body
    }
}

type Done = Result<(), reencode::Error<std::convert::Infallible>>;

impl Reencode for United<'_> {
    type Error = std::convert::Infallible;

    fn parse_function_section(&mut self, functions: &mut FunctionSection, section: FunctionSectionReader<'_>) -> Done {
        reencode::utils::parse_function_section(self, functions, section)?;
        for noting in &self.noting {
            functions.function(noting.type_index);
        }
        functions.function(self.post_type);
        Ok(())
    }

    fn parse_global_section(&mut self, globals: &mut GlobalSection, section: GlobalSectionReader<'_>) -> Done {
        reencode::utils::parse_global_section(self, globals, section)?;
        globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
        Ok(())
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: Export<'_>) -> Done {
        let post_return = u32::try_from(self.noting.len()).unwrap_or(u32::MAX);
        let new = if export.name.starts_with(PREFIX) {
            Some(&post_return)
        } else {
            self.by_name.get(export.name).filter(|_| export.kind == ExternalKind::Func)
        };
        match new {
            Some(place) => {
                exports.export(export.name, ExportKind::Func, self.first_new + place);
                Ok(())
            }
            None => reencode::utils::parse_export(self, exports, export),
        }
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Done {
        reencode::utils::parse_code_section(self, code, section)?;
        for noting in &self.noting {
            code.function(&noting.body(self.global));
        }
        code.function(&self.post_return());
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use wasm_encoder::TypeSection;
    use wasmparser::Validator;

    /// A module with a function, exported under each name.
    fn module(names: &[(&str, u32)]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32, ValType::I64], [ValType::I32]);
        types.ty().function([ValType::I32], []);
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        for function in 0..5 {
            functions.function(u32::from(function > 1));
            let mut body = Function::new([]);
            if function < 2 {
                body.instructions().i32_const(function);
            }
            body.instructions().end();
            code.function(&body);
        }
        let mut exports = ExportSection::new();
        for (name, function) in names {
            exports.export(name, ExportKind::Func, *function);
        }
        let mut globals = GlobalSection::new();
        globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(7));
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&globals).section(&exports).section(&code);
        module.finish()
    }

    #[test]
    fn one_post_return_is_left_and_functions_note_theirs() {
        let names =
            [("a", 0), ("b", 1), ("c", 0), ("d", 1), ("cabi_post_a", 2), ("cabi_post_b", 3), ("cabi_post_c", 2)];
        let united = united(&module(&names)).unwrap();
        Validator::new().validate_all(&united).unwrap();
        let read = Read::of(&united).unwrap();
        let at: HashMap<&str, u32> = read.exports.iter().copied().collect();
        // Behind the five there are three that note, and the post-return.
        assert_eq!([at["a"], at["b"], at["c"], at["d"]], [5, 6, 7, 1]);
        assert_eq!([at["cabi_post_a"], at["cabi_post_b"], at["cabi_post_c"]], [8; 3]);
        assert_eq!(read.globals, 2);
        assert_eq!((read.type_of(5).unwrap(), read.type_of(8).unwrap()), (0, 1));
    }

    #[test]
    fn a_module_without_is_left_alone_and_one_that_belongs_to_nothing_is_refused() {
        let plain = module(&[("a", 0)]);
        assert_eq!(united(&plain).unwrap(), plain);
        assert!(united(&module(&[("a", 0), ("cabi_post_b", 2)])).is_err());
        assert!(united(b"\0asm").is_err());
    }
}
