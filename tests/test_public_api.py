"""The public interface: what `__all__` promises is there, documented, and all there is."""

import importlib
import inspect
import pkgutil
import types

import pytest

import heatbath


def public_modules(package):
    """Names of the rooms, and of those modules in them that declare an `__all__`."""
    yield package.__name__
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if found.name.rpartition(".")[2].startswith("_"):
            continue
        module = importlib.import_module(found.name)
        if found.ispkg:
            yield from public_modules(module)
        elif package is heatbath or hasattr(module, "__all__"):
            yield found.name


MODULES = list(public_modules(heatbath))
ROOMS = [name for name in MODULES if name.count(".") <= 1]


def is_code(thing):
    """Whether a thing is a class, a function or a decorated function: what has a docstring."""
    decorated = callable(thing) and hasattr(thing, "__wrapped__")
    return inspect.isclass(thing) or inspect.isroutine(thing) or decorated


def ruff_order(name):
    """Constants, then classes, then the rest: the order that ruff gives a literal `__all__`."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def public_objects(module):
    return [(name, getattr(module, name)) for name in module.__all__]


@pytest.fixture(params=MODULES)
def module(request):
    return importlib.import_module(request.param)


def test_a_public_module_has_a_docstring(module):
    assert inspect.getdoc(module)


def test_all_is_sorted_and_names_nothing_twice(module):
    names = list(module.__all__)
    assert names in (sorted(set(names)), sorted(set(names), key=ruff_order))


def test_every_name_in_all_exists(module):
    missing = [name for name in module.__all__ if not hasattr(module, name)]
    assert missing == []


def test_every_name_in_all_is_listed_by_dir(module):
    assert set(module.__all__) <= set(dir(module))


def test_every_public_function_and_class_has_a_docstring(module):
    bare = [name for name, thing in public_objects(module) if is_code(thing) and not thing.__doc__]
    assert bare == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_method_of_a_public_class_has_a_docstring(room):
    """Inherited words count: a method that keeps its parent's promise need not repeat it."""
    module = importlib.import_module(room)
    bare = [
        f"{name}.{method}"
        for name, cls in public_objects(module)
        if inspect.isclass(cls) and cls.__module__.startswith("heatbath")
        for method, thing in vars(cls).items()
        if not method.startswith("_")
        and isinstance(thing, types.FunctionType | property | classmethod | staticmethod)
        and not inspect.getdoc(getattr(cls, method))
    ]
    assert bare == []


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_shows_is_in_all(room):
    """A function or class without underscore is a promise, and promises are listed.

    A room promises what its own namespace holds; its modules choose for themselves what they list.
    """
    module = importlib.import_module(room)
    shown = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and is_code(thing)
        and (thing.__module__ == room or thing.__module__.startswith(room + "."))
    }
    assert shown - set(module.__all__) == set()


def test_a_name_means_one_thing_in_every_room():
    """Two rooms may show the same object; they may not give one name to two classes."""
    classes = {}
    for path in MODULES:
        for name, thing in public_objects(importlib.import_module(path)):
            if inspect.isclass(thing):
                classes.setdefault(name, set()).add(thing)
    assert {name: things for name, things in classes.items() if len(things) > 1} == {}
