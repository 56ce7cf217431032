//! What comes from Python, read to the end before anything changes.

use interlock_core::Fidelity;
use interlock_core::error::InputError;
use interlock_core::halt::ConfigError;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyException, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyByteArray, PyBytes, PyFloat, PyList, PySequence, PyString, PyTuple};

/// A dict with interned keys.
macro_rules! dict {
    ($py:expr, { $($key:literal: $value:expr),* $(,)? }) => {{
        let dict = pyo3::types::PyDict::new($py);
        $( dict.set_item(pyo3::intern!($py, $key), $value)?; )*
        dict
    }};
}
pub(crate) use dict;

/// Which rules hold, by name.
pub(crate) fn fidelity(name: Option<&str>, default: Fidelity) -> PyResult<Fidelity> {
    match name {
        None => Ok(default),
        Some("published") => Ok(Fidelity::Published),
        Some("corrected") => Ok(Fidelity::Corrected),
        Some(other) => {
            Err(PyValueError::new_err(format!("fidelity is {other:?}, must be \"published\" or \"corrected\"")))
        }
    }
}

/// The name of a fidelity.
pub(crate) const fn fidelity_name(fidelity: Fidelity) -> &'static str {
    if fidelity.is_published() { "published" } else { "corrected" }
}

/// A refused number as the exception of refused values.
pub(crate) fn refused(error: InputError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// A refused configuration as the exception of refused values.
pub(crate) fn invalid(error: ConfigError) -> PyErr {
    PyValueError::new_err(format!("config error: {error}"))
}

/// A list of numbers: a sequence, or a buffer of doubles (`array`, numpy) whatever its strides.
pub(crate) struct Reals(pub(crate) Vec<f64>);

impl<'py> FromPyObject<'_, 'py> for Reals {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(list) = object.cast_exact::<PyList>() {
            return items(&list.to_tuple());
        }
        if let Ok(tuple) = object.cast_exact::<PyTuple>() {
            return items(&tuple);
        }
        if object.is_instance_of::<PyString>()
            || object.is_instance_of::<PyBytes>()
            || object.is_instance_of::<PyByteArray>()
        {
            return Err(PyTypeError::new_err("a text or bytes where a list of numbers is wanted"));
        }
        if let Ok(buffer) = PyBuffer::<f64>::get(&object) {
            if buffer.dimensions() != 1 {
                let found = buffer.dimensions();
                return Err(PyTypeError::new_err(format!("an array of {found} dimensions where one of 1 is wanted")));
            }
            return buffer.to_vec(object.py()).map(Self);
        }
        let sequence = object.cast::<PySequence>().map_err(|_| {
            let found = kind(&object);
            PyTypeError::new_err(format!("{found} where a list of numbers is wanted"))
        })?;
        items(&sequence.to_tuple()?)
    }
}

/// Of a tuple, which cannot change while its items are asked for their values, and keeps them: to count references to each
/// takes longer than to copy a list.
fn items(tuple: &Bound<'_, PyTuple>) -> PyResult<Reals> {
    let mut reals = Vec::with_capacity(tuple.len());
    for item in tuple.iter_borrowed() {
        reals.push(real(&item)?);
    }
    Ok(Reals(reals))
}

fn real(item: &Bound<'_, PyAny>) -> PyResult<f64> {
    if let Ok(float) = item.cast_exact::<PyFloat>() {
        return Ok(float.value());
    }
    item.extract()
}

/// Refuses a list with a number that is none. The published classes let some of them through.
pub(crate) fn finite_all(what: &'static str, values: &[f64]) -> PyResult<()> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => {
            let value = values.get(index).copied().unwrap_or(f64::NAN);
            Err(PyValueError::new_err(format!("{what}[{index}] is {value}, must be a finite number")))
        }
    }
}

/// Refuses the first of some numbers that is none.
pub(crate) fn finite(values: &[(&'static str, f64)]) -> PyResult<()> {
    match values.iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((what, value)) => Err(PyValueError::new_err(format!("{what} is {value}, must be a finite number"))),
    }
}

/// Tokens as an immutable tuple of texts, each of which can be encoded.
pub(crate) fn tokens<'py>(tokens: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let tuple = texts(tokens)?;
    for token in tuple.iter_borrowed() {
        // Half a surrogate pair cannot.
        token.cast::<PyString>()?.to_str()?;
    }
    Ok(tuple)
}

/// A list of integers of 64 bits.
pub(crate) struct Integers(pub(crate) Vec<i64>);

impl<'py> FromPyObject<'_, 'py> for Integers {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let wanted = |found: &str| PyTypeError::new_err(format!("{found} where a list of integers is wanted"));
        if object.is_instance_of::<PyString>() {
            return Err(wanted("a str"));
        }
        let tuple = object.cast::<PySequence>().map_err(|_| wanted(&kind(&object)))?.to_tuple()?;
        Ok(Self(tuple.iter_borrowed().map(Borrowed::extract).collect::<PyResult<_>>()?))
    }
}

/// A list of texts to be read.
pub(crate) struct Strings(pub(crate) Vec<PyBackedStr>);

impl<'py> FromPyObject<'_, 'py> for Strings {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(texts(&object)?.iter_borrowed().map(Borrowed::extract).collect::<PyResult<_>>()?))
    }
}

/// A list of pairs of texts to be read.
pub(crate) struct Pairs(pub(crate) Vec<(PyBackedStr, PyBackedStr)>);

impl<'py> FromPyObject<'_, 'py> for Pairs {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let sequence = object.cast::<PySequence>().map_err(|_| {
            let found = kind(&object);
            PyTypeError::new_err(format!("{found} where a list of pairs of texts is wanted"))
        })?;
        // A tuple, since a sequence may lie about its length.
        let tuple = sequence.to_tuple()?;
        Ok(Self(tuple.iter_borrowed().map(Borrowed::extract).collect::<PyResult<_>>()?))
    }
}

/// As [`tokens`] and does not look into the texts, which is for whoever does so before they leave.
pub(crate) fn texts<'py>(tokens: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let tuple = if let Ok(list) = tokens.cast_exact::<PyList>() {
        list.to_tuple()
    } else if tokens.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err("a str where a list of tokens is wanted"));
    } else {
        let sequence = tokens.cast::<PySequence>().map_err(|_| {
            let found = kind(tokens);
            PyTypeError::new_err(format!("{found} where a list of tokens is wanted"))
        })?;
        sequence.to_tuple()?
    };
    for token in tuple.iter_borrowed() {
        if token.cast_exact::<PyString>().is_err() {
            token
                .cast::<PyString>()
                .map_err(|_| PyTypeError::new_err(format!("{} where a token is wanted", kind(&token))))?;
        }
    }
    Ok(tuple)
}

fn kind(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| String::from("an object"), |name| name.to_string())
}

/// Whether an exception is one that a source may fail with. Others (an interrupt, an exit) are meant for the program.
pub(crate) fn is_failure(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyException>(py)
}
