//! Compiled rules.

use alloc::vec::Vec;

use interlock_core::rules::{self, ActorConfig, Dependency, RuleHeader, RuleMetadata, Target};
use wasm_bindgen::prelude::wasm_bindgen;

use super::key;
use crate::refusal::{Fault, made, read};
use crate::tree::{Tree, TreeSource};
use interlock_core::read::Source as _;

/// A compiled rule.
#[wasm_bindgen]
pub struct CompiledRule(pub(super) rules::CompiledRule);

#[wasm_bindgen]
impl CompiledRule {
    /// A rule of a header, a list as [`read_header`] says, and a payload.
    ///
    /// # Errors
    /// The header or the payload is none.
    pub fn create(header: &[u8], payload: &[u8]) -> Option<CompiledRule> {
        made(read(header, read_header).and_then(|header| Ok(rules::CompiledRule::new(header, payload)?))).map(Self)
    }

    /// Reads the canonical encoding.
    ///
    /// # Errors
    /// It is none.
    pub fn decode(bytes: Vec<u8>) -> Option<CompiledRule> {
        made(rules::CompiledRule::decode(bytes)).map(Self)
    }

    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        self.0.as_bytes().into()
    }

    /// What runs, or is loaded.
    pub fn payload(&self) -> Vec<u8> {
        self.0.payload().into()
    }

    /// Everything that it says apart from its payload, and its hash.
    pub fn header(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        write_header(&mut tree, &self.0);
        tree.into_bytes()
    }
}

/// Reads a header: `[id, version, target, [[id, least version]…], [x, y, z, x, y, z, shared memory, in flight], language,
/// source hash or null, compiled at or null, compiler, author]`.
fn read_header(source: &mut TreeSource<'_>) -> Result<RuleHeader, Fault> {
    source.begin_list()?;
    let (id, version) = (source.string()?, source.whole()?);
    let mut header = RuleHeader::new(id, version, Target::parse(source.string()?)?);
    source.each(|source| -> Result<(), Fault> {
        source.begin_list()?;
        header.depends_on.push(Dependency { rule_id: source.string()?.into(), min_version: source.whole()? });
        end(source)
    })?;
    let mut numbers = [0_u32; 8];
    source.begin_list()?;
    for number in &mut numbers {
        *number = source.small()?;
    }
    end(source)?;
    let [bx, by, bz, gx, gy, gz, shared_mem_bytes, max_in_flight] = numbers;
    header.actor_config =
        ActorConfig { block_dim: [bx, by, bz], grid_dim: [gx, gy, gz], shared_mem_bytes, max_in_flight };
    header.metadata = RuleMetadata {
        source_language: source.string()?.into(),
        source_hash: if source.is_null()? { None } else { Some(key(source.bytes()?)?) },
        compiled_at_ms: if source.is_null()? { None } else { Some(source.whole()?) },
        compiler_version: source.string()?.into(),
        author: source.string()?.into(),
    };
    end(source)?;
    Ok(header)
}

fn end(source: &mut TreeSource<'_>) -> Result<(), Fault> {
    if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
}

/// Writes `{ruleId, version, target, dependsOn, actorConfig, metadata, contentHash}`.
pub(super) fn write_header(tree: &mut Tree, rule: &rules::CompiledRule) {
    let header = rule.header();
    tree.object();
    tree.key("ruleId").text(&header.rule_id);
    tree.key("version").whole(header.version);
    tree.key("target").text(&header.compute_cap.name());
    tree.key("dependsOn").list();
    for need in &header.depends_on {
        tree.object();
        tree.key("ruleId").text(&need.rule_id);
        tree.key("minVersion").whole(need.min_version);
        tree.end();
    }
    tree.end();
    let actor = &header.actor_config;
    tree.key("actorConfig").object();
    for (name, sizes) in [("blockDim", actor.block_dim), ("gridDim", actor.grid_dim)] {
        tree.key(name).list();
        for size in sizes {
            tree.whole(size.into());
        }
        tree.end();
    }
    tree.key("sharedMemBytes").whole(actor.shared_mem_bytes.into());
    tree.key("maxInFlight").whole(actor.max_in_flight.into());
    tree.end();
    let metadata = &header.metadata;
    tree.key("metadata").object();
    tree.key("sourceLanguage").text(&metadata.source_language);
    match &metadata.source_hash {
        Some(hash) => tree.key("sourceHash").bytes(hash),
        None => tree.key("sourceHash").null(),
    }
    tree.key("compiledAtMs").optional_whole(metadata.compiled_at_ms);
    tree.key("compilerVersion").text(&metadata.compiler_version);
    tree.key("author").text(&metadata.author);
    tree.end();
    tree.key("contentHash").bytes(rule.content_hash());
    tree.end();
}
