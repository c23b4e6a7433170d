"""Docstrings as they are written here, made ready for Sphinx.

Ours are plain text, to be read in a terminal.  They need no markup, and these habits are enough:

- paragraphs, lists with hyphens and examples that begin with ``>>>`` are what they look like;
- ``name: what it is`` (one or several names, further lines indented) describes an argument;
- an indented paragraph is a formula, kept as it is;
- `backticks` hold code, and stars, bars and underscores mean themselves.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

NAME = r"[a-z_]\w*(?: \([^)]*\))?"
ITEM = re.compile(rf"({NAME}(?:, {NAME})*|[A-Z]\w*Error):(?: (.*))?$")
NEXT_ITEM = re.compile(r"(?<=[.;])  (?=[a-z_]\w*(?:, [a-z_]\w*)*: )")
CODE = re.compile(r"(``.+?``|:[a-z:]+:`[^`]+`|`[^`]+`|https?://\S+)")
TITLE = re.compile(r"(?<!\w)\*([A-Z][^*]*\w)\*(?!\w)")


def escaped(text: str) -> str:
    """Words whose stars, bars and underscores mean themselves; *A Title* stays emphasised."""
    parts = TITLE.split(text)
    plain = [re.sub(r"([\\*|`]|_(?!\w))", r"\\\1", part) for part in parts]
    return "".join(f"*{part}*" if odd % 2 else part for odd, part in enumerate(plain))


def inline(text: str) -> str:
    """A line with its code spans marked as reStructuredText does."""
    pieces = []
    for odd, piece in enumerate(CODE.split(text)):
        single = odd % 2 and piece.startswith("`") and not piece.startswith("``")
        pieces.append(f"`{piece}`" if single else piece if odd % 2 else escaped(piece))
    return "".join(pieces)


def paragraphs(lines: list[str]) -> list[list[str]]:
    """The lines between empty ones; an example ends at an empty line too."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def items(block: list[str]) -> list[tuple[str, str]] | None:
    """The (names, text) pairs of a paragraph that describes arguments, else None."""
    pieces = [piece for line in block for piece in NEXT_ITEM.split(line)]
    if not ITEM.match(pieces[0]):
        return None
    found: list[tuple[str, str]] = []
    for piece in pieces:
        match = None if piece.startswith(" ") else ITEM.match(piece)
        if match:
            found.append((match[1], match[2] or ""))
        else:
            names, text = found[-1]
            found[-1] = (names, f"{text} {piece.strip()}".strip())
    return found


def listed(pairs: list[tuple[str, str]]) -> list[str]:
    """A definition list."""
    out = []
    for names, text in pairs:
        words = re.split(r"(, | \(.*\))", names)
        marked = [escaped(word) if odd % 2 else f"``{word}``" for odd, word in enumerate(words)]
        shown = "".join(word for word in marked if word != "````")
        out += [shown, *textwrap.wrap(inline(text), 10_000, initial_indent="    "), ""]
    return out


def converted(lines: list[str], *, module: bool = False) -> list[str]:
    """The docstring as reStructuredText."""
    out: list[str] = []
    for number, block in enumerate(paragraphs(lines)):
        pairs = None if module and not number else items(block)
        if block[0].lstrip().startswith(">>>"):
            out += textwrap.dedent("\n".join(block)).split("\n")
        elif all(line.startswith("    ") for line in block):
            out += ["::", "", *block]
        elif pairs:
            out += listed(pairs)
        else:
            out += [inline(line) for line in block]
        out.append("")
    return out


def process(_: Any, what: str, __: str, thing: Any, ___: Any, lines: list[str]) -> None:
    if lines and getattr(type(thing), "__doc__", None) == getattr(thing, "__doc__", None):
        lines.clear()  # a number or a dict has the words of its class, which say nothing here
    lines[:] = converted(lines, module=what == "module")


def setup(app: Any) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
