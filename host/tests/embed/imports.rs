//! The components import nothing and export their whole worlds.

use interlock_host::embed::{HostError, Interlock};
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use crate::support::{advanced_bytes, component_bytes};

/// The names of what a component imports.
fn imports(component: &[u8]) -> Vec<String> {
    let engine = Engine::default();
    let component = Component::from_binary(&engine, component).unwrap();
    component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect()
}

/// `(component (import "x" (func)))`
const IMPORTER: [u8; 23] = [
    0, b'a', b's', b'm', 0x0d, 0, 1, 0, // a component
    7, 5, 1, 0x40, 0, 1, 0, // types: one function, from nothing to nothing
    10, 6, 1, 0, 1, b'x', 1, 0, // imports: "x", a function of that type
];

#[test]
fn the_component_imports_nothing() {
    assert_eq!(imports(&component_bytes()), Vec::<String>::new());
    for variant in ["interlock-advanced", "interlock-advanced-scalar"] {
        assert_eq!(imports(&advanced_bytes(variant)), Vec::<String>::new());
    }
}

#[test]
fn an_import_would_be_seen() {
    assert_eq!(imports(&IMPORTER), ["x"]);
}

#[test]
fn a_component_that_imports_is_refused() {
    assert!(matches!(Interlock::new(&IMPORTER), Err(HostError::Component(_))));
}

#[test]
fn every_interface_is_exported_with_its_version() {
    let engine = Engine::default();
    let exports = |bytes: &[u8]| {
        let component = Component::from_binary(&engine, bytes).unwrap();
        let component = component.component_type();
        let interface = |(name, item): (&str, wasmtime::component::types::ComponentExtern<'_>)| {
            assert!(matches!(item.ty, ComponentItem::ComponentInstance(_)), "{name} is no interface");
            name.to_owned()
        };
        let mut names: Vec<_> = component.exports(&engine).map(interface).collect();
        names.sort_unstable();
        names
    };
    let named =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| format!("interlock:kernel/{name}@0.1.0")).collect() };
    let default = ["covenant", "halt", "ledger", "operad", "rules", "score", "session", "signals", "types"];
    assert_eq!(exports(&component_bytes()), named(&default));
    for variant in ["interlock-advanced", "interlock-advanced-scalar"] {
        let names = named(&["geometry", "numeric", "observers", "physics", "types"]);
        assert_eq!(exports(&advanced_bytes(variant)), names);
    }
}

/// Every item of every interface has a doc comment and says since when it exists.
#[test]
fn every_item_of_the_world_is_documented_and_dated() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        files += 1;
        let mut before = ["", ""];
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let is_item = line.ends_with('{') || (line.ends_with(';') && !line.starts_with("package"));
            let item = is_item && !line.starts_with("///");
            let place = || format!("{}:{}: {line}", path.display(), number + 1);
            if item && !line.starts_with("use ") {
                assert_eq!(before[1], "@since(version = 0.1.0)", "{} is not dated", place());
                assert!(before[0].starts_with("///"), "{} is not documented", place());
            } else if line.ends_with(',') && !line.starts_with("///") {
                // Cases and fields.
                assert!(before[1].starts_with("///"), "{} is not documented", place());
            }
            before = [before[1], line];
        }
    }
    assert_eq!(files, 15, "one file an interface, and one a world");
}
