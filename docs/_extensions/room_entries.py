"""The directive of the pages under api/: a table of names, then the entry of each.

```{entries} heatbath.stats
estimate Estimate
```
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any, ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


def directive_for(thing: Any) -> str:
    """Which directive of autodoc describes a thing."""
    if inspect.ismodule(thing):
        return "automodule"
    if inspect.isclass(thing):
        return "autoexception" if issubclass(thing, BaseException) else "autoclass"
    return "autofunction" if callable(thing) else "autodata"


class Entries(SphinxDirective):
    """Describe the names of one theme of a room."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        room = self.arguments[0]
        names = " ".join(self.content).split()
        lines = [f".. currentmodule:: {room}", "", ".. autosummary::", "   :nosignatures:", ""]
        lines += [f"   {name}" for name in names]
        for name in names:
            thing = getattr(importlib.import_module(room), name)
            lines += ["", f".. {directive_for(thing)}:: {room}.{name}"]
            if isinstance(thing, dict | int | float | str):
                lines += ["   :no-value:"]
        markdown = ["```{eval-rst}", *lines, "```"]
        container = nodes.Element()
        self.state.nested_parse(StringList(markdown, source=room), self.content_offset, container)
        return container.children


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("entries", Entries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
