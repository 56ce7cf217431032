//! `Operad` and `verify_operad_laws`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use interlock_core::operad::{self, Counterexample, LawError, OperadError};
use pyo3::exceptions::{PyKeyError, PyLookupError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

pyo3::create_exception!(
    kgents_core,
    OperadLawError,
    PyValueError,
    "A law that does not hold. law, operations and slots are the smallest counterexample."
);

/// The most operations whose laws are checked at once: they are checked by threes.
const MOST: usize = 256;

/// An operad as a table, immutable.
///
/// operations: the inputs and the output of each operation by its name, such as `{"add": (["num", "num"], "num")}`.
/// identities: the identity of each colour. compositions: (outer, slot, inner) to what comes of it. Where the table has
/// no entry the operad ends.
#[pyclass(module = "kgents_core", frozen)]
#[derive(Clone)]
pub(crate) struct Operad {
    names: Vec<String>,
    signatures: Vec<(Vec<String>, String)>,
    identities: HashMap<String, usize>,
    compositions: HashMap<(usize, u32, usize), usize>,
}

impl Operad {
    fn number(&self, name: &str) -> PyResult<usize> {
        let found = self.names.iter().position(|other| other == name);
        found.ok_or_else(|| PyKeyError::new_err(format!("{name:?} is no operation")))
    }

    fn signature(&self, operation: usize) -> Option<&(Vec<String>, String)> {
        self.signatures.get(operation)
    }
}

#[pymethods]
impl Operad {
    #[new]
    #[pyo3(signature = (operations, identities, compositions))]
    fn new(
        operations: &Bound<'_, PyDict>,
        identities: HashMap<String, String>,
        compositions: HashMap<(String, u32, String), String>,
    ) -> PyResult<Self> {
        let mut operad = Self {
            names: Vec::new(),
            signatures: Vec::new(),
            identities: HashMap::new(),
            compositions: HashMap::new(),
        };
        for (name, signature) in operations {
            operad.names.push(name.extract()?);
            operad.signatures.push(signature.extract()?);
        }
        for (color, name) in identities {
            let number = operad.number(&name)?;
            operad.identities.insert(color, number);
        }
        for ((outer, slot, inner), result) in compositions {
            let key = (operad.number(&outer)?, slot, operad.number(&inner)?);
            let result = operad.number(&result)?;
            let fits = operad.signature(key.0).is_some_and(|signature| (slot as usize) < signature.0.len());
            if !fits {
                return Err(PyValueError::new_err(format!("{outer:?} has no slot {slot}")));
            }
            operad.compositions.insert(key, result);
        }
        Ok(operad)
    }

    /// The operations' names.
    #[getter]
    fn operations(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// What comes of an operation in a slot of another one. Raises KeyError where the operad ends.
    #[pyo3(signature = (outer, slot, inner))]
    fn compose(&self, outer: &str, slot: u32, inner: &str) -> PyResult<&str> {
        let key = (self.number(outer)?, slot, self.number(inner)?);
        let found = self.compositions.get(&key).and_then(|result| self.names.get(*result));
        found
            .map(String::as_str)
            .ok_or_else(|| PyKeyError::new_err(format!("no composition {outer:?} {slot} {inner:?}")))
    }

    fn __repr__(&self) -> String {
        format!("Operad(operations={}, compositions={})", self.names.len(), self.compositions.len())
    }
}

impl operad::Operad for Operad {
    type Operation = usize;
    type Color = String;
    type Witness = ();

    fn arity(&self, operation: &usize) -> u32 {
        self.signature(*operation).map_or(0, |signature| u32::try_from(signature.0.len()).unwrap_or(u32::MAX))
    }
    fn input(&self, operation: &usize, slot: u32) -> String {
        let inputs = self.signature(*operation).map(|signature| &signature.0);
        inputs.and_then(|inputs| inputs.get(slot as usize)).cloned().unwrap_or_default()
    }
    fn output(&self, operation: &usize) -> String {
        self.signature(*operation).map_or_else(String::new, |signature| signature.1.clone())
    }
    fn identity(&self, color: &String) -> Result<usize, OperadError> {
        self.identities.get(color).copied().ok_or(OperadError::Undefined)
    }
    fn compose(&self, outer: &usize, slot: u32, inner: &usize) -> Result<usize, OperadError> {
        self.compositions.get(&(*outer, slot, *inner)).copied().ok_or(OperadError::Undefined)
    }
    fn difference(&self, left: &usize, right: &usize) -> Result<Option<()>, OperadError> {
        Ok((left != right).then_some(()))
    }
}

/// An operad of objects: everything has one slot, and what is composed is what the object's methods say.
struct Duck<'py> {
    object: Bound<'py, PyAny>,
    /// What a method raised.
    raised: RefCell<Option<PyErr>>,
}

impl Duck<'_> {
    /// What a method gave. Where it raises a LookupError the operad ends; anything else ends the check.
    fn took<T>(&self, result: PyResult<T>) -> Result<T, OperadError> {
        result.map_err(|error| {
            if !error.is_instance_of::<PyLookupError>(self.object.py()) {
                self.raised.borrow_mut().get_or_insert(error);
            }
            OperadError::Undefined
        })
    }
}

impl<'py> operad::Operad for Duck<'py> {
    type Operation = Rc<Bound<'py, PyAny>>;
    type Color = ();
    type Witness = ();

    fn arity(&self, _operation: &Self::Operation) -> u32 {
        1
    }
    fn input(&self, _operation: &Self::Operation, _slot: u32) {}
    fn output(&self, _operation: &Self::Operation) {}
    fn identity(&self, _color: &()) -> Result<Self::Operation, OperadError> {
        self.took(self.object.call_method0("identity")).map(Rc::new)
    }
    fn compose(
        &self,
        outer: &Self::Operation,
        _slot: u32,
        inner: &Self::Operation,
    ) -> Result<Self::Operation, OperadError> {
        self.took(self.object.call_method1("compose", (&**outer, &**inner))).map(Rc::new)
    }
    fn difference(&self, left: &Self::Operation, right: &Self::Operation) -> Result<Option<()>, OperadError> {
        self.took(left.eq(&**right)).map(|equal| (!equal).then_some(()))
    }
}

/// Verifies the laws of an operad: identities, and associativity in sequence and in parallel.
///
/// operad: an Operad, or any object with compose(a, b) and identity(). operations: those to check, the simplest first;
/// the operad's own where none are given. Gives how many equations were compared, at least 1.
///
/// Raises OperadLawError with the smallest counterexample, ValueError where there is nothing to compare, and whatever
/// the object's methods raise; a LookupError says that the operad ends there.
#[pyfunction]
#[pyo3(signature = (operad, operations = None))]
pub(crate) fn verify_operad_laws(operad: &Bound<'_, PyAny>, operations: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
    let py = operad.py();
    let listed = match operations {
        Some(operations) => operations.clone(),
        None => operad
            .getattr("operations")
            .map_err(|_| PyTypeError::new_err("operations must be given for an operad that has no list of them"))?,
    };
    let listed: Vec<Bound<'_, PyAny>> = listed.try_iter()?.take(MOST.saturating_add(1)).collect::<PyResult<_>>()?;
    if listed.len() > MOST {
        return Err(PyValueError::new_err(format!("more than {MOST} operations")));
    }
    let compared = if let Ok(table) = operad.cast::<Operad>() {
        let table = table.get();
        let numbers: Vec<usize> = listed.iter().map(|name| table.number(name.extract()?)).collect::<PyResult<_>>()?;
        operad::verify_laws(table, &numbers).map_err(|error| {
            law_error(py, error, |number| {
                table.names.get(number).map(|name| name.into_pyobject(py).map(Bound::into_any))
            })
        })?
    } else {
        let duck = Duck { object: operad.clone(), raised: RefCell::new(None) };
        let operations: Vec<_> = listed.into_iter().map(Rc::new).collect();
        let result = operad::verify_laws(&duck, &operations);
        if let Some(error) = duck.raised.into_inner() {
            return Err(error);
        }
        result.map_err(|error| law_error(py, error, |operation| Some(PyResult::Ok((*operation).clone()))))?
    };
    if compared == 0 {
        return Err(PyValueError::new_err("no equation could be compared"));
    }
    Ok(compared)
}

fn law_error<'py, O, E>(
    py: Python<'py>,
    error: LawError<Counterexample<O, ()>>,
    object: impl Fn(O) -> Option<Result<Bound<'py, PyAny>, E>>,
) -> PyErr {
    match error {
        LawError::Refused(error) => PyValueError::new_err(error.message()),
        LawError::Broken(broken) => {
            let law = broken.law.as_str();
            let operations: Vec<Bound<'_, PyAny>> =
                broken.operations.into_iter().filter_map(|operation| object(operation)?.ok()).collect();
            let shown: Vec<String> = operations.iter().map(ToString::to_string).collect();
            let text = format!("{law} does not hold for {} in slots {:?}", shown.join(", "), broken.slots);
            let error = OperadLawError::new_err(text);
            let value = error.value(py);
            // An exception that takes no attributes still says it in words.
            let _ = value.setattr("law", law);
            let _ = value.setattr("operations", operations);
            let _ = value.setattr("slots", broken.slots);
            error
        }
    }
}
