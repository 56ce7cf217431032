//! Terms as text: `seq(0, par(a3, id(1 1)))`.
//!
//! A slot is its number, an agent `a` and its number, an identity `id` and the sorts of its wires; `seq`, `par` and `branch`
//! have their children in brackets, `fix` its bound before them, `trace` its label. White space may stand
//! between tokens. What is written is read back the same.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::OperadError;
use super::term::{Node, Term};
use super::wire::Wires;
use crate::numeric::digits;

/// Why a text is no term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermError {
    /// It is not written like one.
    Syntax {
        /// Byte of the text.
        offset: u32,
        /// What must stand there.
        expected: &'static str,
    },
    /// It is written like one and refused.
    Refused(OperadError),
}

impl From<OperadError> for TermError {
    fn from(error: OperadError) -> Self {
        Self::Refused(error)
    }
}

impl TermError {
    /// What is wrong and where, in words.
    #[must_use]
    #[cold]
    pub fn message(&self) -> String {
        match self {
            Self::Syntax { offset, expected } => {
                ["expected ", expected, " at byte ", &digits(u64::from(*offset))].concat()
            }
            Self::Refused(error) => error.message(),
        }
    }
}

impl fmt::Display for TermError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for TermError {}

/// The nodes that are written as a word and brackets.
const WORDS: [Node; 6] =
    [Node::Identity(Wires::NONE), Node::Seq, Node::Par, Node::Branch, Node::Fix(0), Node::Trace(0)];

const fn word_of(node: Node) -> &'static str {
    match node {
        Node::Slot(_) => "",
        Node::Agent(_) => "a",
        Node::Identity(_) => "id",
        Node::Seq => "seq",
        Node::Par => "par",
        Node::Branch => "branch",
        Node::Fix(_) => "fix",
        Node::Trace(_) => "trace",
    }
}

struct Text<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Text<'_> {
    fn expected<T>(&self, expected: &'static str) -> Result<T, TermError> {
        Err(TermError::Syntax { offset: u32::try_from(self.at).unwrap_or(u32::MAX), expected })
    }

    fn peek(&mut self) -> u8 {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at = self.at.saturating_add(1);
        }
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn token(&mut self, byte: u8, expected: &'static str) -> Result<(), TermError> {
        if self.peek() != byte {
            return self.expected(expected);
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// A decimal number of 32 bits without leading zeros, here.
    fn number(&mut self) -> Result<u32, TermError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let figures = rest.get(..length).unwrap_or_default();
        let number = figures.iter().try_fold(0_u32, |number, figure| {
            number.checked_mul(10)?.checked_add(u32::from(figure.wrapping_sub(b'0')))
        });
        match number {
            Some(number) if length == 1 || (length > 1 && figures.first() != Some(&b'0')) => {
                self.at = self.at.saturating_add(length);
                Ok(number)
            }
            _ => self.expected("a whole number from 0 to 4294967295"),
        }
    }

    /// A number and the comma behind it.
    fn parameter(&mut self) -> Result<u32, TermError> {
        self.peek();
        let number = self.number()?;
        self.token(b',', ",")?;
        Ok(number)
    }

    fn node(&mut self) -> Result<Node, TermError> {
        const NODE: &str = "a slot's number, a and an agent's number, id, seq, par, branch, fix or trace";
        if self.peek().is_ascii_digit() {
            return Ok(Node::Slot(self.number()?));
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        let word = rest.get(..length).unwrap_or_default();
        if word == b"a" {
            self.at = self.at.saturating_add(1);
            return Ok(Node::Agent(self.number()?));
        }
        let Some(node) = WORDS.into_iter().find(|node| word_of(*node).as_bytes() == word) else {
            return self.expected(NODE);
        };
        self.at = self.at.saturating_add(length);
        self.token(b'(', "(")?;
        match node {
            Node::Identity(_) => {
                let mut wires = Wires::NONE;
                while self.peek() != b')' {
                    let sort = self.number()?;
                    match u8::try_from(sort) {
                        Ok(sort) if sort > 0 => wires = wires.beside(Wires::of(sort))?,
                        _ => return Err(OperadError::UnknownSort { sort, sorts: 255 }.into()),
                    }
                }
                self.token(b')', ")")?;
                Ok(Node::Identity(wires))
            }
            Node::Fix(_) => Ok(Node::Fix(self.parameter()?)),
            Node::Trace(_) => Ok(Node::Trace(self.parameter()?)),
            other => Ok(other),
        }
    }
}

impl Term {
    /// Reads a term.
    ///
    /// # Errors
    /// [`TermError`], with the byte that is wrong.
    pub fn from_text(text: &str) -> Result<Self, TermError> {
        let mut text = Text { bytes: text.as_bytes(), at: 0 };
        let mut nodes = Vec::new();
        // How many children are still to come in each bracket that is open.
        let mut open: Vec<u32> = Vec::new();
        loop {
            let node = text.node()?;
            super::term::bounded("nodes", (nodes.len() as u64).saturating_add(1), u64::from(super::MAX_NODES))?;
            nodes.push(node);
            if node.children() > 0 {
                open.push(node.children());
                continue;
            }
            // A child is whole: the brackets that end with it are closed.
            while let Some(left) = open.last_mut() {
                *left = left.saturating_sub(1);
                if *left > 0 {
                    text.token(b',', ",")?;
                    break;
                }
                text.token(b')', ")")?;
                open.pop();
            }
            if open.is_empty() {
                break;
            }
        }
        if text.peek() != 0 || text.at < text.bytes.len() {
            return text.expected("the end");
        }
        Ok(Self::checked(nodes)?)
    }

    /// Writes a term.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let mut open: Vec<u32> = Vec::new();
        for node in self.nodes() {
            out.push_str(word_of(*node));
            if node.children() > 0 {
                out.push('(');
            }
            match *node {
                Node::Slot(number) | Node::Agent(number) | Node::Fix(number) | Node::Trace(number) => {
                    out.push_str(&digits(u64::from(number)));
                }
                Node::Identity(wires) => out.push_str(&wires.words()),
                Node::Seq | Node::Par | Node::Branch => {}
            }
            if matches!(node, Node::Fix(_) | Node::Trace(_)) {
                out.push_str(", ");
            }
            if node.children() > 0 {
                open.push(node.children());
                continue;
            }
            while let Some(left) = open.last_mut() {
                *left = left.saturating_sub(1);
                if *left > 0 {
                    out.push_str(", ");
                    break;
                }
                out.push(')');
                open.pop();
            }
        }
        out
    }
}
