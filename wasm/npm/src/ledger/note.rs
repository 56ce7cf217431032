//! Keys, signed notes and checkpoints.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::ledger::{
    self, Checkpoint, Ed25519Signer, Ed25519Verifier, NoteSignature, Verifier, is_key_name, key_id,
};
use wasm_bindgen::prelude::wasm_bindgen;

use super::node::hash;
use crate::refusal::{Fault, given, made};
use crate::tree::Tree;

/// The text of a private key: of a name and 32 bytes, or, without bytes, of a text, which is checked.
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = privateKey)]
pub fn private_key(text: &str, secret: Option<Vec<u8>>) -> String {
    given(match secret {
        Some(secret) => hash(&secret).and_then(|secret| Ok(Ed25519Signer::new(text, &secret)?.encode())),
        None => Ed25519Signer::parse(text).map(|key| key.encode()).map_err(Fault::from),
    })
}

/// The text of a public key: as [`private_key`].
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = publicKey)]
pub fn public_key(text: &str, public: Option<Vec<u8>>) -> String {
    given(match public {
        Some(public) => hash(&public).and_then(|public| Ok(Ed25519Verifier::new(text, &public)?.encode())),
        None => Ed25519Verifier::parse(text).map(|key| key.encode()).map_err(Fault::from),
    })
}

/// The text of the public half of a private key.
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = publicHalf)]
pub fn public_half(private: &str) -> String {
    given(Ed25519Signer::parse(private).map(|key| key.verifier().encode()))
}

/// The number of a key of another type of signature.
#[wasm_bindgen(js_name = keyId)]
pub fn id_of_key(name: &str, signature_type: u8, public: &[u8]) -> u32 {
    key_id(name, signature_type, public)
}

/// Whether a key may have a name.
#[wasm_bindgen(js_name = isKeyName)]
pub fn may_be_key_name(name: &str) -> bool {
    is_key_name(name)
}

/// A note.
#[wasm_bindgen]
pub struct Note(ledger::Note);

#[wasm_bindgen]
impl Note {
    /// A note that nobody has signed.
    ///
    /// # Errors
    /// No note has such a text.
    pub fn create(text: &str) -> Option<Note> {
        made(ledger::Note::new(text)).map(Self)
    }

    /// Reads a note.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(bytes: &[u8]) -> Option<Note> {
        made(ledger::Note::parse(bytes)).map(Self)
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.0.text().into()
    }

    /// Its signatures, a list.
    pub fn signatures(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for NoteSignature { name, key_id, signature } in self.0.signatures() {
            tree.object();
            tree.key("name").text(name);
            tree.key("keyId").whole((*key_id).into());
            tree.key("signature").bytes(signature);
            tree.end();
        }
        tree.end();
        tree.into_bytes()
    }

    /// Signs it with a private key.
    ///
    /// # Errors
    /// The key is none, or the note full.
    pub fn sign(&mut self, key: &str) {
        given(self.signed(key));
    }

    fn signed(&mut self, key: &str) -> Result<(), Fault> {
        self.0.sign(&Ed25519Signer::parse(key)?)?;
        Ok(())
    }

    /// Adds a signature.
    ///
    /// # Errors
    /// It is none, or the note full.
    pub fn add(&mut self, name: &str, key_id: u32, signature: &[u8]) {
        given(self.0.add(NoteSignature { name: name.into(), key_id, signature: signature.into() }));
    }

    /// The note as it is written.
    pub fn encode(&self) -> String {
        self.0.encode()
    }

    /// Verifies the signatures of public keys, and gives the places of those that hold.
    ///
    /// # Errors
    /// None does, or one is false.
    #[allow(clippy::needless_pass_by_value, reason = "a list of texts crosses by value")]
    pub fn verify(&self, keys: Vec<String>) -> Vec<u32> {
        let places = verifiers(&keys).and_then(|keys| Ok(self.0.verify(&dynamic(&keys))?));
        given(places).into_iter().filter_map(|place| u32::try_from(place).ok()).collect()
    }
}

fn verifiers(keys: &[String]) -> Result<Vec<Ed25519Verifier>, Fault> {
    keys.iter().map(|key| Ok(Ed25519Verifier::parse(key)?)).collect()
}

fn dynamic(keys: &[Ed25519Verifier]) -> Vec<&dyn Verifier> {
    keys.iter().map(|key| key as &dyn Verifier).collect()
}

/// The note of a checkpoint.
///
/// # Errors
/// Its origin or extensions are no lines.
#[wasm_bindgen(js_name = checkpointNote)]
pub fn checkpoint_note(origin: String, size: u64, root: &[u8], extensions: Vec<String>) -> Option<Note> {
    made(hash(root).and_then(|root| Ok(Checkpoint { origin, size, root, extensions }.to_note()?))).map(Note)
}

/// What the text of a checkpoint says: `{origin, size, root, extensions}`.
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = parseCheckpoint)]
pub fn parse_checkpoint(text: &str) -> Vec<u8> {
    given(Checkpoint::parse(text).map(|checkpoint| written(&checkpoint)))
}

/// What a signed checkpoint of a log says.
///
/// # Errors
/// It is malformed, forged, unsigned or of another log.
#[wasm_bindgen(js_name = openCheckpoint)]
#[allow(clippy::needless_pass_by_value, reason = "a list of texts crosses by value")]
pub fn open_checkpoint(note: &[u8], origin: &str, keys: Vec<String>) -> Vec<u8> {
    let opened = verifiers(&keys).and_then(|keys| Ok(Checkpoint::open(note, origin, &dynamic(&keys))?));
    given(opened.map(|checkpoint| written(&checkpoint)))
}

fn written(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.object();
    tree.key("origin").text(&checkpoint.origin);
    tree.key("size").whole(checkpoint.size);
    tree.key("root").bytes(&checkpoint.root);
    tree.key("extensions").list();
    for extension in &checkpoint.extensions {
        tree.text(extension);
    }
    tree.end();
    tree.end();
    tree.into_bytes()
}
