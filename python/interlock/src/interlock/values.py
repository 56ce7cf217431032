"""Values of the component's interfaces in Python, and back.

A record is a Record with attributes in snake_case, a variant is a Case, an enum is its name, an option is the value or None,
a list is a list (of bytes: bytes), a resource is an object. What is given may also be a dict for a record, a name for a
case without payload, and any iterable for a list.
"""

import keyword
import re

from wasmtime import component as wit

from .errors import InterlockError


def snake(name):
    """A name of an interface as Python spells it."""
    name = name.replace("-", "_").replace("%", "")
    return f"{name}_" if keyword.iskeyword(name) else name


def pascal(name):
    """The name of a class."""
    return re.sub(r"(?:^|-)(\w)", lambda match: match[1].upper(), name)


class Record:
    """Named values. Equal to another one with the same."""

    def __init__(self, **fields):
        self.__dict__.update(fields)

    def __eq__(self, other):
        return isinstance(other, Record) and self.__dict__ == other.__dict__

    def __hash__(self):
        return hash(tuple(self.__dict__))

    def __repr__(self):
        return f"Record({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


class Case:
    """One case of a variant: its tag, and what it carries."""

    __slots__ = ("tag", "payload")

    def __init__(self, tag, payload=None):
        self.tag, self.payload = tag, payload

    def __eq__(self, other):
        return isinstance(other, Case) and (self.tag, self.payload) == (other.tag, other.payload)

    def __hash__(self):
        return hash(self.tag)

    def __repr__(self):
        return f"Case({self.tag!r}, {self.payload!r})"

    def __str__(self):
        return self.tag if self.payload is None else f"{self.tag} {self.payload}"


class Converter:
    """Converts values of one type in both directions. Types are asked for once and not for every value."""

    def __init__(self, kind, wrap):
        self.kind, self.wrap = kind, wrap
        cases = None
        if isinstance(kind, wit.RecordType):
            self.fields = [(name, snake(name), Converter(ty, wrap)) for name, ty in kind.fields]
            self.lower, self.lift = self.lower_record, self.lift_record
        elif isinstance(kind, wit.ListType):
            self.element = Converter(kind.element, wrap)
            plain = isinstance(kind.element, wit.U8)
            self.lower = bytes if plain else self.lower_list
            self.lift = bytes if plain else self.lift_list
        elif isinstance(kind, wit.TupleType):
            self.elements = [Converter(ty, wrap) for ty in kind.elements]
            self.lower, self.lift = self.lower_tuple, self.lift_tuple
        elif isinstance(kind, wit.OptionType):
            self.some = Converter(kind.payload, wrap)
            self.tagged = kind._tagged()
            self.lower, self.lift = self.lower_option, self.lift_option
        elif isinstance(kind, wit.ResultType):
            cases = [("ok", kind.ok), ("err", kind.err)]
            self.lower, self.lift = self.lower_case, self.lift_case
        elif isinstance(kind, wit.VariantType):
            cases = kind.cases
            self.lower, self.lift = self.lower_case, self.lift_case
        elif isinstance(kind, (wit.OwnType, wit.BorrowType)):
            self.lower, self.lift = lambda value: value.handle, wrap
        elif isinstance(kind, wit.F64):
            self.lower, self.lift = float, same
        elif isinstance(kind, wit.EnumType):
            self.names = set(kind.names)
            self.lower, self.lift = self.lower_enum, same
        else:
            self.lower = self.lift = same
        if cases is not None:
            self.tagged = kind._tagged()
            self.cases = {tag: None if ty is None else Converter(ty, wrap) for tag, ty in cases}
            self.classes = {}
            for tag, ty in cases:
                classes = set()
                if ty is not None:
                    ty.add_classes(classes)
                self.classes[tag] = tuple(classes)

    def lower_record(self, value):
        record = wit.Record()
        given = value if isinstance(value, dict) else vars(value)
        unknown = set(given) - {name for _, name, _ in self.fields}
        if unknown:
            raise TypeError(f"{', '.join(sorted(unknown))}: no such field")
        for name, python, converter in self.fields:
            if python in given:
                setattr(record, name, converter.lower(given[python]))
            elif isinstance(converter.kind, wit.OptionType):
                setattr(record, name, None)
            else:
                raise TypeError(f"{python} is missing")
        return record

    def lift_record(self, value):
        return Record(**{python: converter.lift(getattr(value, name)) for name, python, converter in self.fields})

    def lower_list(self, value):
        return [self.element.lower(item) for item in value]

    def lift_list(self, value):
        return [self.element.lift(item) for item in value]

    def lower_tuple(self, value):
        return tuple(converter.lower(item) for converter, item in zip(self.elements, value, strict=True))

    def lift_tuple(self, value):
        return tuple(converter.lift(item) for converter, item in zip(self.elements, value))

    def lower_option(self, value):
        if self.tagged:
            return wit.Variant("none") if value is None else wit.Variant("some", self.some.lower(value))
        return None if value is None else self.some.lower(value)

    def lift_option(self, value):
        if self.tagged:
            return self.some.lift(value.payload) if value.tag == "some" else None
        return None if value is None else self.some.lift(value)

    def lower_enum(self, value):
        if value not in self.names:
            raise ValueError(f"{value!r} must be one of {', '.join(sorted(self.names))}")
        return value

    def lower_case(self, value):
        tag, payload = (value, None) if isinstance(value, str) else (value.tag, value.payload)
        if tag not in self.cases:
            raise ValueError(f"{tag!r} must be one of {', '.join(self.cases)}")
        converter = self.cases[tag]
        payload = None if converter is None else converter.lower(payload)
        return wit.Variant(tag, payload) if self.tagged else payload

    def lift_case(self, value):
        if self.tagged:
            tag, payload = value.tag, value.payload
        else:
            tag, payload = self.tag_of(value), value
        converter = self.cases[tag]
        return Case(tag, None if converter is None else converter.lift(payload))

    def tag_of(self, value):
        """The case that a value without its tag is of."""
        for tag, classes in self.classes.items():
            if classes and object not in classes and isinstance(value, classes):
                return tag
        empty = [tag for tag, classes in self.classes.items() if not classes or object in classes]
        return empty[0]


def same(value):
    return value


# What functions give that is no object of their own class.
MAKES = {
    ("agent-operad", "program"): "program",
    ("coherence-scorer", "begin-partial-review"): "review",
    ("coherence-scorer", "begin-review"): "review",
    ("envelope", "rule"): "compiled-rule",
    ("file-reader", "finish"): "trace-ledger",
    ("grant-registry", "attenuate"): "grant",
    ("grant-registry", "expire"): "grant",
    ("grant-registry", "get"): "grant",
    ("grant-registry", "grant"): "grant",
    ("grant-registry", "grants"): "grant",
    ("grant-registry", "revoke"): "grant",
    ("rule-registry", "active"): "compiled-rule",
    ("rule-registry", "pinned"): "compiled-rule",
    ("rule-registry", "version"): "compiled-rule",
    ("trusted-keys", "accept"): "verified-rule",
    ("trusted-keys", "verify"): "verified-rule",
    ("verified-rule", "rule"): "compiled-rule",
}


class Function:
    """A function of the component."""

    def __init__(self, instance, name, function):
        self.instance, self.name, self.function = instance, name, function
        kind = function.type(instance.store)
        own, _, method = name.partition("]")[2].partition(".")
        made = MAKES.get((own, method), own)

        def wrap(handle):
            return instance.classes[made](handle)

        self.params = [(parameter, Converter(ty, wrap)) for parameter, ty in kind.params]
        self.result = None if kind.result is None else Converter(kind.result, wrap)
        self.fallible = isinstance(kind.result, wit.ResultType)

    def __call__(self, *arguments):
        if len(arguments) != len(self.params):
            raise TypeError(f"{self.name} takes {len(self.params)} arguments, not {len(arguments)}")
        lowered = [converter.lower(value) for (_, converter), value in zip(self.params, arguments)]
        value = self.instance.call(self.function, lowered)
        if self.result is None:
            return None
        value = self.result.lift(value)
        if not self.fallible:
            return value
        if value.tag == "err":
            raise InterlockError(value.payload, self.name)
        return value.payload
