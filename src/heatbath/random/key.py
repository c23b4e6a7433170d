"""Keys: which stream of random numbers a chain reads.

A key is the 64-bit hash of (seed, chain, path); the counter within the stream is made of the
step, the purpose and the site (`heatbath.random.philox`).  Chains are named, so that chain 3
reads the same numbers alone or inside any batch; samplers inside a cycle have paths of their
own, so that no counter is used twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from heatbath._checks import is_whole, require_memory
from heatbath._suggest import shown
from heatbath.random.philox import Words, philox4x32

__all__ = ["Key", "key"]

Name = int | str
_NAME_TYPES = {int, str}


@dataclass(frozen=True)
class Key:
    """A seed, the names of the chains of a batch, and the path to a part of a sampler.

    seed: any whole number.
    chains: one name (number or text) per chain, in the C order of the batch axes.
    path: names of the parts of nested samplers, outermost first.
    """

    seed: int
    chains: tuple[Name, ...] = (0,)
    path: tuple[Name, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", _checked_seed(self.seed))
        for field, names in (("chains", self.chains), ("path", self.path)):
            if not isinstance(names, tuple):
                raise TypeError(f"{field} must be a tuple of names; got {shown(names)}")
            if not _NAME_TYPES.issuperset(map(type, names)):
                object.__setattr__(self, field, tuple(_checked_name(field, n) for n in names))
        if not self.chains:
            raise ValueError("chains must name at least one chain; got ()")

    def leaf(self, name: Name) -> Key:
        """The key of the part `name` of a composed sampler."""
        return replace(self, path=(*self.path, _checked_name("name", name)))

    @property
    def words(self) -> tuple[tuple[int, int], ...]:
        """The two 32-bit key words of each chain: low and high half of its 64-bit hash."""
        return _words(self.seed, self.chains, self.path)

    def blocks(self, counter: Words, xp: Any, device: Any) -> Words:
        """The Philox blocks of every chain at counters (1, blocks): four words, each
        (chains, blocks).  References read all their random numbers here."""
        words = xp.asarray(self.words, dtype=xp.int64, device=device)
        return philox4x32(counter, (words[:, :1], words[:, 1:]))


def key(seed: int, *, chains: int | Iterable[Name] = 1) -> Key:
    """The key of a batch of chains.

    seed: any whole number.
    chains: how many (named 0, 1, …) or their names, which must differ.

    >>> key(1, chains=4).words[3] == key(1, chains=[3]).words[0]
    True
    """
    names = _names(chains)
    if len(set(names)) != len(names):
        raise ValueError(
            f"the names of chains must differ, or they would be copies; got {shown(names)}"
        )
    return Key(seed, names)


def _names(chains: Any) -> tuple[Name, ...]:
    """The names of the chains that were counted or named."""
    names: tuple[Name, ...] = ()
    if is_whole(chains):
        require_memory(128 * int(chains), f"the names of {shown(chains)} chains")
        names = tuple(range(int(chains)))
    elif isinstance(chains, Iterable) and not isinstance(chains, str | bytes | Set | Mapping):
        several = bool(getattr(chains, "shape", True))  # an array without axes holds no names
        names = tuple(chains) if several else ()
    if not names or not all(map(_is_name, names)):
        raise ValueError(
            f"chains must be a positive number or a list of numbers and texts; got {shown(chains)}"
        )
    return tuple(_checked_name("chains", name) for name in names)


def _is_name(name: object) -> bool:
    return isinstance(name, str) or is_whole(name)


def _checked_name(what: str, name: Any) -> Name:
    """name as a Python int or str."""
    if not _is_name(name):
        raise TypeError(
            f"{what}: a chain or a part of a sampler is named by a number or a text; got "
            f"{shown(name)}"
        )
    return str(name) if isinstance(name, str) else _with_digits(what, int(name))


def _checked_seed(seed: Any) -> int:
    if not is_whole(seed):
        raise TypeError(f"seed must be a whole number; got {shown(seed)}")
    return _with_digits("seed", int(seed))


def _with_digits(what: str, number: int) -> int:
    """A number that Python writes out; it refuses those of more than 4300 digits."""
    if number.bit_length() > 10_000:
        raise ValueError(f"{what} must have less than 3000 digits; got {shown(number)}")
    return number


@lru_cache(maxsize=256)
def _words(
    seed: int, chains: tuple[Name, ...], path: tuple[Name, ...]
) -> tuple[tuple[int, int], ...]:
    return tuple(_hash(seed, chain, path) for chain in chains)


def _hash(seed: int, chain: Name, path: tuple[Name, ...]) -> tuple[int, int]:
    """BLAKE2b with 8 bytes of the JSON text ["heatbath",1,seed,chain,[path…]], little-endian."""
    try:
        text = json.dumps(["heatbath", 1, seed, chain, list(path)], separators=(",", ":"))
    except ValueError:
        raise ValueError("the name of a chain must have less than 3000 digits") from None
    digest = hashlib.blake2b(text.encode("ascii"), digest_size=8).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")
