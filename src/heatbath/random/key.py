"""Keys: which stream of random numbers a chain reads.

A key is the 64-bit hash of (seed, chain, path); the counter within the stream is made of the
step, the purpose and the site (`heatbath.random.philox`).  Chains are named, so that chain 3
reads the same numbers alone or inside any batch; samplers inside a cycle have paths of their
own, so that no counter is used twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

__all__ = ["Key", "key"]

Name = int | str


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

    def leaf(self, name: Name) -> Key:
        """The key of the part `name` of a composed sampler."""
        if not _is_name(name):
            raise TypeError(f"a part of a sampler is named by a number or a text; got {name!r}")
        return replace(self, path=(*self.path, name))

    @property
    def words(self) -> tuple[tuple[int, int], ...]:
        """The two 32-bit key words of each chain: low and high half of its 64-bit hash."""
        return _words(self.seed, self.chains, self.path)


def key(seed: int, *, chains: int | Iterable[Name] = 1) -> Key:
    """The key of a batch of chains.

    seed: any whole number.
    chains: how many (named 0, 1, …) or their names, which must differ.

    >>> key(1, chains=4).words[3] == key(1, chains=[3]).words[0]
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"seed must be a whole number; got {seed!r}")
    alone = isinstance(chains, bool | str) or not isinstance(chains, int | Iterable)
    names = () if alone else tuple(range(chains) if isinstance(chains, int) else chains)
    if not names or not all(map(_is_name, names)):
        raise ValueError(
            f"chains must be a positive number or a list of numbers and texts; got {chains!r}"
        )
    if len(set(names)) != len(names):
        raise ValueError(f"the names of chains must differ, or they would be copies; got {names}")
    return Key(seed, names)


def _is_name(name: object) -> bool:
    return isinstance(name, int | str) and not isinstance(name, bool)


@lru_cache(maxsize=256)
def _words(
    seed: int, chains: tuple[Name, ...], path: tuple[Name, ...]
) -> tuple[tuple[int, int], ...]:
    return tuple(_hash(seed, chain, path) for chain in chains)


def _hash(seed: int, chain: Name, path: tuple[Name, ...]) -> tuple[int, int]:
    """BLAKE2b with 8 bytes of the JSON text ["heatbath",1,seed,chain,[path…]], little-endian."""
    text = json.dumps(["heatbath", 1, seed, chain, list(path)], separators=(",", ":"))
    digest = hashlib.blake2b(text.encode("ascii"), digest_size=8).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")
