//! Reads a WIT package into its public surface.

// Ids are of the arena that they came from.
#![allow(clippy::indexing_slicing)]

use super::surface::{Item, Surface};
use anyhow::{Context, Result, anyhow, bail};
use semver::Version;
use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};
use wit_parser::{
    Function, FunctionKind, Handle, InterfaceId, Resolve, SourceMap, Stability, Type, TypeDef, TypeDefKind, TypeId,
    TypeOwner, WorldItem, WorldKey,
};

/// The package in a folder.
///
/// # Errors
/// It cannot be read, or is no package.
pub(super) fn of_folder(folder: &Path) -> Result<Surface> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wit") {
            files.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    files.sort();
    of_files(files)
}

/// The package as it was at a tag or another revision.
///
/// # Errors
/// There is no such revision, or no package in it.
pub(super) fn of_revision(tag: &str) -> Result<Surface> {
    let list = super::git(&["ls-tree", "--name-only", tag, "wit/"])?;
    let list = list.ok_or_else(|| anyhow!("{tag} is no revision that git knows"))?;
    let paths = list.lines().filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "wit"));
    let files = paths.map(|path| Ok((format!("{tag}:{path}"), super::show(tag, path)?)));
    of_files(files.collect::<Result<_>>()?)
}

/// The package of these files, each with its name.
pub(super) fn of_files(files: Vec<(String, String)>) -> Result<Surface> {
    let mut map = SourceMap::default();
    for (name, text) in files {
        map.push_str(&name, text);
    }
    let group = map.parse().map_err(|(map, error)| anyhow!("{}", error.render(&map)))?;
    let Some(version) = group.main.name.version.clone() else { bail!("the WIT package has no version") };
    let mut resolve = Resolve::default();
    let package = resolve.push_group(group)?;
    let reader = Reader { resolve: &resolve };
    let mut surface = Surface { version, items: BTreeMap::new() };
    for (name, id) in &resolve.packages[package].interfaces {
        reader.interface(&mut surface, name, *id);
    }
    for (name, id) in &resolve.packages[package].worlds {
        reader.world(&mut surface, name, *id);
    }
    Ok(surface)
}

fn of_world_item(item: &WorldItem) -> Option<&Stability> {
    match item {
        WorldItem::Interface { stability, .. } => Some(stability),
        WorldItem::Function(function) => Some(&function.stability),
        WorldItem::Type { .. } => None,
    }
}

fn since(stability: &Stability) -> Option<&Version> {
    match stability {
        Stability::Stable { since, .. } => Some(since),
        Stability::Unknown | Stability::Unstable { .. } => None,
    }
}

struct Reader<'a> {
    resolve: &'a Resolve,
}

impl Reader<'_> {
    fn interface(&self, surface: &mut Surface, name: &str, id: InterfaceId) {
        let interface = &self.resolve.interfaces[id];
        let mut add = |path: String, text: String, stability| {
            surface.items.insert(path, Item { text, since: since(stability).cloned() });
        };
        add(format!("interface {name}"), String::new(), &interface.stability);
        for (type_name, id) in &interface.types {
            let definition = &self.resolve.types[*id];
            add(format!("{name}/{type_name}"), self.definition(definition), &definition.stability);
        }
        for (function_name, function) in &interface.functions {
            add(format!("{name}/{function_name}()"), self.function(function), &function.stability);
        }
    }

    fn world(&self, surface: &mut Surface, name: &str, id: wit_parser::WorldId) {
        let world = &self.resolve.worlds[id];
        let since_world = since(&world.stability).cloned();
        surface.items.insert(format!("world {name}"), Item { text: String::new(), since: since_world.clone() });
        for (direction, items) in [("import", &world.imports), ("export", &world.exports)] {
            for (key, item) in items {
                let what = match key {
                    WorldKey::Name(name) => name.clone(),
                    WorldKey::Interface(id) => self.resolve.interfaces[*id].name.clone().unwrap_or_default(),
                };
                let text = match item {
                    WorldItem::Interface { .. } => "interface".to_owned(),
                    WorldItem::Function(function) => self.function(function),
                    WorldItem::Type { id, .. } => self.definition(&self.resolve.types[*id]),
                };
                // What has no mark of its own came with its world.
                let since = of_world_item(item).map_or_else(|| since_world.clone(), |mark| since(mark).cloned());
                surface.items.insert(format!("world {name} {direction} {what}"), Item { text, since });
            }
        }
    }

    fn function(&self, function: &Function) -> String {
        let kind = match function.kind {
            FunctionKind::AsyncFreestanding | FunctionKind::AsyncMethod(_) | FunctionKind::AsyncStatic(_) => "async ",
            _ => "",
        };
        let params = function.params.iter().map(|param| format!("{}: {}", param.name, self.name(&param.ty)));
        let mut text = format!("{kind}func({})", params.collect::<Vec<_>>().join(", "));
        if let Some(result) = &function.result {
            let _ = write!(text, " -> {}", self.name(result));
        }
        text
    }

    /// What a named type is.
    fn definition(&self, definition: &TypeDef) -> String {
        let case = |name: &str, ty: Option<&Type>| match ty {
            Some(ty) => format!("{name}({})", self.name(ty)),
            None => name.to_owned(),
        };
        let body: Vec<String> = match &definition.kind {
            TypeDefKind::Record(record) => {
                record.fields.iter().map(|field| format!("{}: {}", field.name, self.name(&field.ty))).collect()
            }
            TypeDefKind::Variant(variant) => {
                variant.cases.iter().map(|each| case(&each.name, each.ty.as_ref())).collect()
            }
            TypeDefKind::Enum(names) => names.cases.iter().map(|each| each.name.clone()).collect(),
            TypeDefKind::Flags(flags) => flags.flags.iter().map(|each| each.name.clone()).collect(),
            _ => return self.structure(&definition.kind),
        };
        format!("{} {{ {} }}", definition.kind.as_str(), body.join(", "))
    }

    fn name(&self, ty: &Type) -> String {
        match ty {
            Type::Id(id) => self.reference(*id),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    /// A named type by its owner and name, another by its structure.
    fn reference(&self, id: TypeId) -> String {
        let definition = &self.resolve.types[id];
        let Some(name) = &definition.name else { return self.structure(&definition.kind) };
        match definition.owner {
            TypeOwner::Interface(owner) => {
                format!("{}/{name}", self.resolve.interfaces[owner].name.as_deref().unwrap_or_default())
            }
            TypeOwner::World(_) | TypeOwner::None => name.clone(),
        }
    }

    fn structure(&self, kind: &TypeDefKind) -> String {
        let optional = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), |ty| self.name(ty));
        let name = kind.as_str();
        match kind {
            TypeDefKind::Type(ty) => self.name(ty),
            TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => format!("{name}<{}>", self.reference(*id)),
            TypeDefKind::Option(ty) | TypeDefKind::List(ty) => format!("{name}<{}>", self.name(ty)),
            TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", self.name(ty)),
            TypeDefKind::Map(key, value) => format!("{name}<{}, {}>", self.name(key), self.name(value)),
            TypeDefKind::Result(result) => format!("{name}<{}, {}>", optional(&result.ok), optional(&result.err)),
            TypeDefKind::Future(ty) | TypeDefKind::Stream(ty) => format!("{name}<{}>", optional(ty)),
            TypeDefKind::Tuple(tuple) => {
                let types = tuple.types.iter().map(|ty| self.name(ty)).collect::<Vec<_>>();
                format!("{name}<{}>", types.join(", "))
            }
            _ => name.to_owned(),
        }
    }
}
