"""Public names: `hb.sample` on a page links to its entry, and none may lack an entry."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

import heatbath

CALL = re.compile(r"(hb(?:\.\w+)+)(\(.*\))?$", re.S)
UNLINKED = nodes.reference | nodes.title | addnodes.pending_xref
ROOMS = [name for name in heatbath.__all__ if inspect.ismodule(getattr(heatbath, name))]


def entries() -> dict[str, str]:
    """Public name, such as heatbath.sample -> where it is described: heatbath.sampling.sample."""
    places = {f"heatbath.{room}": f"heatbath.{room}" for room in ROOMS}
    homes: dict[int, str] = {}
    for room in ROOMS:
        module = importlib.import_module(f"heatbath.{room}")
        for name in module.__all__:
            path = f"heatbath.{room}.{name}"
            places[path] = homes.setdefault(id(getattr(module, name)), path)
    for name in set(heatbath.__all__) - set(ROOMS):
        places[f"heatbath.{name}"] = homes[id(getattr(heatbath, name))]
    return places


class LinkNames(SphinxTransform):
    """Code spans that name a public thing become links to it."""

    default_priority = 5  # before references are resolved

    def apply(self, **_: Any) -> None:
        known = self.env.app.heatbath_entries
        for literal in list(self.document.findall(nodes.literal)):
            match = CALL.match(literal.astext())
            target = match and known.get(match[1].replace("hb", "heatbath", 1))
            if not target or isinstance(literal.parent, UNLINKED):
                continue
            reference = addnodes.pending_xref(
                "",
                refdomain="py",
                reftype="obj",
                reftarget=target,
                refexplicit=True,
                refdoc=self.env.docname,
                refwarn=True,
            )
            literal.replace_self(reference)
            reference += literal


def require_entries(app: Any, env: Any) -> None:
    """Warn, and so end a build with -W, where a public name is described nowhere."""
    described = env.domains["py"].objects
    for name, place in sorted(app.heatbath_entries.items()):
        if place not in described:
            logging.getLogger(__name__).warning("%s has no entry under docs/api", name)


def setup(app: Any) -> dict[str, bool]:
    app.heatbath_entries = entries()
    app.add_transform(LinkNames)
    app.connect("env-check-consistency", require_entries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
