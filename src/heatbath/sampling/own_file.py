"""Theories and samplers in a user's own file, whose folder need not be on sys.path."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from heatbath._sampler import Sampler
from heatbath._suggest import unknown
from heatbath.actions import Action, Theory

__all__ = ["sampler_in", "theory_in", "which"]


def theory_in(file: Path, name: str) -> Theory:
    """The theory called `name` in a Python file, whose folder need not be on sys.path."""
    module = _loaded(file)
    found = _theories(module)
    if not hasattr(module, name):
        known = f" {unknown('theory', name, found)}" if found else " it holds no hb.Theory"
        raise ValueError(f"{file} defines no {name!r}:{known}")
    theory: Any = getattr(module, name)
    if not isinstance(theory, Theory):
        raise TypeError(
            f"{name} in {file} is a {type(theory).__name__}, not a theory: make it with "
            f"{name} = hb.Theory('my name', site=…, bond=…)"
        )
    return theory


def sampler_in(file: Path, name: str, action: Action) -> Any:
    """The sampler that `name` in a Python file makes of an action: a class or a function."""
    module = _loaded(file)
    make = getattr(module, name, None)
    if not callable(make):
        own = [n for n, thing in vars(module).items() if callable(thing) and not n.startswith("_")]
        known = f" {unknown('sampler', name, own)}" if own else ""
        raise ValueError(f"{file} defines no class or function {name!r}.{known}")
    try:
        sampler = make(action)
    except Exception as error:
        raise ValueError(f"{name}(action): {_told(file, error)}") from error
    if not isinstance(sampler, Sampler):
        raise TypeError(
            f"{name}(action) in {file} must return a sampler with init, step, on, action and "
            f"exact; it returned {type(sampler).__name__}"
        )
    return sampler


def which(file: Path) -> str:
    """What to type when a file was named without one of its theories."""
    found = _theories(_loaded(file))
    if not found:
        return f"{file} holds no theory: write NAME = hb.Theory('my name', site=…, bond=…)"
    return f"say which theory of {file}: {' or '.join(f'{file}:{name}' for name in found)}"


def _theories(module: ModuleType) -> list[str]:
    return [name for name, thing in vars(module).items() if isinstance(thing, Theory)]


def _loaded(file: Path) -> ModuleType:
    """The file as a module; whatever goes wrong in it is told with its line."""
    if not file.is_file():
        raise ValueError(f"there is no file {str(file)!r}; name your theory as my_action.py:NAME")
    spec = importlib.util.spec_from_file_location(f"heatbath_own_{file.stem}", file.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # dataclasses and pickles look themselves up there
    with _beside(file):
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[module.__name__]
            raise ValueError(_told(file, error)) from error
    return module


@contextmanager
def _beside(file: Path) -> Iterator[None]:
    """The file may import its neighbours, as a script may."""
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        with suppress(ValueError):  # the file may have changed the list itself
            sys.path.remove(folder)


def _told(file: Path, error: BaseException) -> str:
    line = error.lineno if isinstance(error, SyntaxError) else _line(file, error)
    where = f"{file}, line {line}" if line is not None else str(file)
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    return " ".join(f"{where}: {type(error).__name__}: {what}".split()).rstrip(": ")


def _line(file: Path, error: BaseException) -> int | None:
    """The deepest line of the user's own file that was running."""
    frames = traceback.extract_tb(error.__traceback__)
    own_lines = [f.lineno for f in frames if f.filename == str(file.resolve())]
    return own_lines[-1] if own_lines else None
