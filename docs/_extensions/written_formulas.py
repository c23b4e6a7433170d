"""φ_x, τ_int and e^{−S}, as one types them, become indices and exponents on the site.

Also takes the empty line away that ends an example: it is there for doctest.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

# One letter that is a word of its own, or a closing bracket; _ or ^; a group or a short word.
INDEXED = re.compile(
    r"(?P<base>(?<!\w)[^\W\d_][\u0300-\u036f]?|[⟩)\]|])"
    r"(?P<kind>[_^])(?:\{(?P<group>[^{}]+)\}|(?P<word>[a-zA-Z0-9μ₋₊₀-₉]+))"
)
AS_TYPED = (
    nodes.literal
    | nodes.literal_block
    | nodes.doctest_block
    | nodes.math
    | nodes.math_block
    | nodes.raw
    | nodes.comment
    | addnodes.desc_signature
)


class WrittenFormulas(SphinxTransform):
    """Text nodes with indices and exponents set as such."""

    default_priority = 700

    def apply(self, **_: Any) -> None:
        for text in list(self.document.findall(nodes.Text)):
            if not inside(text, AS_TYPED) and INDEXED.search(text):
                text.parent.replace(text, typeset(text))
        for block in self.document.findall(nodes.literal_block):
            (*_, last) = block.children or [None]
            if isinstance(last, nodes.Text) and last.endswith("\n"):
                block.replace(last, nodes.Text(last.rstrip("\n")))


def inside(node: nodes.Node, kinds: Any) -> bool:
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def typeset(text: str) -> list[nodes.Node]:
    """The text in pieces: words, indices, exponents."""
    pieces: list[nodes.Node] = []
    end = 0
    for match in INDEXED.finditer(text):
        kind = nodes.subscript if match["kind"] == "_" else nodes.superscript
        script = match["group"] or match["word"]
        pieces += [nodes.Text(text[end : match.start()] + match["base"]), kind(script, script)]
        end = match.end()
    return [*pieces, nodes.Text(text[end:])]


def setup(app: Any) -> dict[str, bool]:
    app.add_transform(WrittenFormulas)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
