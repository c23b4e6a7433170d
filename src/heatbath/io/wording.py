"""Paths and the system's errors in sentences of one line."""

from __future__ import annotations

import os
import shlex

__all__ = ["path_text", "reason", "shell_word"]


def path_text(path: str | os.PathLike[str]) -> str:
    r"""A path for one line of text: as it is, or with escapes if it holds line breaks and such.

    >>> print(path_text("my run"), path_text("two\nlines"))
    my run 'two\nlines'
    """
    text = os.fspath(path)
    return text if text.isprintable() else repr(text)


def shell_word(path: str | os.PathLike[str]) -> str:
    r"""A path as a word of a command.

    >>> for path in ("my-run", "my run", "two\nlines", "-run"):
    ...     print(shell_word(path))
    my-run
    'my run'
    $'two\x0alines'
    ./-run
    """
    text = os.fspath(path)
    text = f"./{text}" if text.startswith("-") else text
    if text.isprintable():
        return shlex.quote(text)
    safe = (chr(b) if 32 <= b < 127 and b not in b"'\\" else f"\\x{b:02x}" for b in _bytes(text))
    return f"$'{''.join(safe)}'"


def reason(trouble: BaseException) -> str:
    """What the system said, in its words, of an error that may stand for another one.

    >>> reason(OSError(28, "No space left on device"))
    'No space left on device'
    """
    first: BaseException | None = trouble
    while first is not None:
        if isinstance(first, OSError) and first.strerror:
            return first.strerror
        first = first.__cause__
    return str(trouble)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")
