//! The suite `ledger` on the component.

use super::super::backend::{Answer, Refused};
use super::super::component::Wasmtime;
use super::NodeText;
use super::backend::{Ledgering, Ledgers, ReadFile, WritingFile};
use interlock_core::ledger::Hash;
use serde_json::Value;

impl Ledgers for Wasmtime {
    fn node(&self, _node: &NodeText, _payload: &[u8]) -> Answer<[Vec<u8>; 3]> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn header(&self, _header: &[u8]) -> Answer<Value> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn ledger(&self) -> Answer<Box<dyn Ledgering>> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn verify_inclusion(&self, _leaf: &Hash, _index: u64, _size: u64, _proof: &[Hash], _root: &Hash) -> Answer<()> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn verify_consistency(
        &self,
        _first: u64,
        _first_root: &Hash,
        _second: u64,
        _second_root: &Hash,
        _proof: &[Hash],
    ) -> Answer<()> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn sign_checkpoint(
        &self,
        _origin: &str,
        _size: u64,
        _root: &Hash,
        _extensions: &[String],
        _keys: &[String],
    ) -> Answer<String> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn open_checkpoint(&self, _note: &[u8], _origin: &str, _keys: &[String]) -> Answer<(u64, Hash, Vec<String>)> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn public_key(&self, _private: &str) -> Answer<String> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn tile_path(&self, _path: &str) -> Answer<String> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn new_tiles(&self, _from: u64, _to: u64) -> Answer<Vec<String>> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn create_file(&self, _id: [u8; 16]) -> Answer<Box<dyn WritingFile>> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn read_file(&self, _bytes: &[u8], _piece: u32) -> Answer<ReadFile> {
        Err(Refused(String::from("not on this host yet")))
    }
}
