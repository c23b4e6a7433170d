"""The page as a file: whole, self-contained, escaped."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from heatbath import plot

VOID = {"meta", "link", "img", "source", "br"}


class Balanced(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.names = [], []

    def handle_starttag(self, tag, attrs):
        self.names.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def page_of(folder, **changes):
    values = {
        "title": "t", "summary": "s", "warnings": (), "columns": ("observable", "value"),
        "rows": (("a & b", "1 < 2"),), "words": (), "sections": (), "settings": (),
        "command": "heatbath run phi4", "command_note": "", "record": "{}", "made": "",
    }  # fmt: skip
    written = plot.Report(**(values | changes)).write(folder)
    return written, written[-1].read_text(encoding="utf-8")


def test_it_is_well_formed_and_refers_to_nothing_outside(tmp_path):
    picture = plot.History.of(np.arange(50.0), "x")
    section = plot.Section("x", ("words",), (picture,), ("t", "C"), (("0", "1.0(1)"),))
    _, page = page_of(tmp_path, sections=(section,), warnings=("careful",))
    seen = Balanced()
    seen.feed(page)
    assert seen.open == []
    for tag, attributes in seen.names:
        assert tag not in ("script", "iframe", "object")
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "srcset"):
            assert attributes.get(name, "data:").startswith(("data:", "#"))
    assert not re.search(r"url\(|@import|https?://", page)


@pytest.mark.parametrize("place", ["title", "summary", "command", "command_note", "record", "made"])
def test_every_text_is_escaped(tmp_path, place):
    _, page = page_of(tmp_path, **{place: "<script>alert('&')</script>"})
    assert "<script>" not in page
    assert "&lt;script&gt;alert(&#39;&amp;&#39;)" in page


def test_files_are_replaced_and_others_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    section = plot.Section("x", (), (plot.History.of(np.arange(50.0), "x"),))
    page_of(tmp_path, sections=(section,))
    written, _ = page_of(tmp_path, sections=(section,))
    assert [path.name for path in written] == ["history-x.png", "report.html"]
    assert {p.name for p in tmp_path.iterdir()} == {"notes.txt", "history-x.png", "report.html"}


def test_without_warnings_the_page_says_so(tmp_path):
    assert "No warnings" in page_of(tmp_path)[1]
    assert "No warnings" not in page_of(tmp_path, warnings=("a",))[1]
