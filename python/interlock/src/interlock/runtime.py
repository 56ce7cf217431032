"""Components, compiled once, and their instances."""

import importlib.resources
import pathlib
import threading
import types

import wasmtime
from wasmtime import component as wit

from .errors import TrapError
from .values import Function, pascal, snake

PACKAGE = "interlock:kernel/"
# What an instance may use, in bytes: a guard's tables and what a stream holds back, many times over.
MEMORY = 256 * 1024 * 1024


class Interlock:
    """A compiled component, of which any number of instances can be made.

    file: the component; the one that comes with the package where none is given. advanced: that of the advanced runtime.
    """

    def __init__(self, file=None, *, advanced=False):
        name = "interlock-advanced.component.wasm" if advanced else "interlock.component.wasm"
        if file is None:
            code = importlib.resources.files(__package__).joinpath(name).read_bytes()
        else:
            code = pathlib.Path(file).read_bytes()
        self.engine = wasmtime.Engine()
        self.component = wit.Component(self.engine, code)
        exports = self.component.type.exports(self.engine)
        self.interfaces = {
            path.removeprefix(PACKAGE).partition("@")[0]: (path, list(kind.ty.exports(self.engine)))
            for path, kind in exports.items()
            if path.startswith(PACKAGE)
        }

    def instantiate(self):
        """A new instance with a memory of its own."""
        return Instance(self)


class Instance:
    """An instance: a namespace for each interface, with its functions and classes.

    instance.halt.StreamMonitor, instance.score.Bm25, instance.signals.word_overlap: the names are those of every other
    language. Objects of one instance can be given to each other. A trap ends the instance.
    """

    def __init__(self, runtime):
        self.store = wasmtime.Store(runtime.engine)
        self.store.set_limits(memory_size=MEMORY)
        linker = wit.Linker(runtime.engine)
        instance = linker.instantiate(self.store, runtime.component)
        self.lock = threading.RLock()
        self.trapped = None
        self.classes = {}
        self.instance, self.interfaces = instance, runtime.interfaces

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.interfaces:
            raise AttributeError(f"there is no interface {name}")
        namespace = self.make_interface(name)
        setattr(self, name, namespace)
        return namespace

    def make_interface(self, name):
        """The namespace of an interface, made when it is first asked for."""
        path, members = self.interfaces[name]
        index = self.instance.get_export_index(self.store, path)
        namespace = types.SimpleNamespace()
        methods = {}
        for member in members:
            at = self.instance.get_export_index(self.store, member, index)
            function = None if at is None else self.instance.get_func(self.store, at)
            if function is None:
                continue
            if member.startswith("["):
                resource, _, method = member.partition("]")[2].partition(".")
                kind = member[1 : member.index("]")]
                methods.setdefault(resource, {})[(kind, method)] = (member, function)
            else:
                setattr(namespace, snake(member), Function(self, member, function))
        for resource, found in methods.items():
            self.classes[resource] = self.make_class(name, resource, found)
            setattr(namespace, pascal(resource), self.classes[resource])
        return namespace

    def make_class(self, interface, resource, methods):
        """The class of a resource."""
        members = {
            "__slots__": ("handle", "__weakref__"),
            "__doc__": f"The resource {resource} of the interface {interface}.",
            # No method of an interface has a name that ends so: it is no word of Python.
            "instance_": self,
        }
        made = {}

        def member(kind, method):
            # The types of a function are looked at when it is first called.
            name, function = methods[(kind, method)]
            if name not in made:
                made[name] = Function(self, name, function)
            return made[name]

        for kind, method in methods:
            if kind == "method":

                def call(this, *arguments, method=method):
                    return member("method", method)(this, *arguments)

                members[snake(method)] = call
            elif kind == "static" and method != "new":

                def make(*arguments, method=method):
                    return member("static", method)(*arguments)

                members[snake(method)] = staticmethod(make)

        constructor = next((key for key in (("static", "new"), ("constructor", "")) if key in methods), None)
        instance = self

        def new(cls, *arguments):
            if len(arguments) == 1 and isinstance(arguments[0], wit.ResourceAny):
                this = object.__new__(cls)
                this.handle = arguments[0]
                return this
            if constructor is None:
                raise TypeError(f"a {cls.__name__} is made by others")
            return member(*constructor)(*arguments)

        def drop(this):
            handle = getattr(this, "handle", None)
            # What was given away with its ownership is dropped by whoever has it.
            if handle is not None and instance.trapped is None:
                try:
                    handle.drop(instance.store)
                except Exception:  # noqa: BLE001
                    pass

        members |= {"__new__": new, "__del__": drop}
        return type(pascal(resource), (), members)

    def call(self, function, arguments):
        """Calls a function; a trap ends the instance."""
        with self.lock:
            if self.trapped is not None:
                raise TrapError(f"the instance trapped before: {self.trapped}")
            try:
                return function(self.store, *arguments)
            except wasmtime.WasmtimeError as error:
                self.trapped = str(error).splitlines()[0]
                raise TrapError(self.trapped) from error
