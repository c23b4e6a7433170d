"""Links that lead out of docs/ on GitHub lead to a page of the site instead."""

from __future__ import annotations

from typing import Any

PAGES = {
    "](../README.md)": "](/index.md)",
    "](../CONTRIBUTING.md": "](/contributing.md",
    "](../CHANGELOG.md": "](/changelog.md",
}


def redirect(_: Any, __: str, source: list[str]) -> None:
    for outside, page in PAGES.items():
        source[0] = source[0].replace(outside, page)


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", redirect)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
