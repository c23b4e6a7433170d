"""The pages: their links, their tables and their skeletons hold.  Doctests run beside them."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import pytest

import heatbath as hb

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
HOW_TO = sorted((DOCS / "how-to").glob("*.md"))

COMMANDS = [
    "pip install . && heatbath run phi4",
    "pip install -c constraints.txt -e '.[test]' && pytest",
]


def page_name(page):
    return page.relative_to(ROOT).as_posix()


pages = pytest.mark.parametrize("page", PAGES, ids=page_name)


def text_of(page):
    return page.read_text(encoding="utf-8")


def blocks(text, language):
    """The contents of the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def unfenced(text):
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def links(page):
    words = re.sub(r"`[^`\n]*`", "", unfenced(text_of(page)))
    return re.findall(r"\]\(([^)\s]+)\)", words)


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", unfenced(text_of(page)), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def table(text, name):
    """The rows of the table between the markers `name: begin` and `name: end`."""
    inside = text.partition(f"<!-- {name}: begin -->\n")[2].partition(f"<!-- {name}: end -->")[0]
    assert inside, f"no table between the markers {name}: begin, {name}: end"
    return inside


def first_column(rows):
    """The code spans of the first column."""
    return [name for row in rows.splitlines() for name in re.findall(r"`(.*?)`", row.split("|")[1])]


@pages
def test_relative_links_lead_somewhere(page):
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)
    assert broken == []


def test_the_index_lists_every_page():
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in links(DOCS / "index.md")}
    assert [page_name(p) for p in PAGES if p not in listed and p.name != "index.md"] == []


def test_the_first_two_commands_of_the_readme():
    """A newcomer pastes them; `.ci/run` reads the second one from there."""
    first, second, *_ = re.findall(
        r"^```(?:sh|bash|shell|console)\n(.*?)^```$", text_of(ROOT / "README.md"), re.M | re.S
    )
    assert [first.strip(), second.strip()] == COMMANDS


@pages
def test_no_place_on_somebodys_machine(page):
    text = text_of(page)
    paths = r"(?<![\w.])/(?:home|root|tmp|work|Users|mnt|opt|srv)/\S*|\b[A-Z]:\\\S*"
    assert re.findall(paths, text) == []
    assert socket.gethostname() not in re.findall(r"[\w.-]+", text)


@pages
def test_sentences_are_plain(page):
    """No emoji: nothing beyond the mathematical and typographic characters that we use."""
    assert re.findall("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]", text_of(page)) == []


def expected_kernels():
    """The table of docs/kernels.md, from the rows of the library's own."""
    columns = ("Operation", "Array", "Device", "Dtypes", "Agreement", "Differentiable", "Kernel")
    rows = [
        (
            f"`{k.operation}`",
            f"`{k.array_type}`",
            k.device,
            ", ".join(k.dtypes),
            str(k.agreement),
            "yes" if k.differentiable else "no",
            f"`{k.provider}`",
        )
        for k in hb.backends.table()
    ]
    lines = [columns, ("---",) * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_the_table_of_kernels():
    shown = table(text_of(DOCS / "kernels.md"), "kernels")
    assert shown == expected_kernels(), f"put this between the markers:\n{expected_kernels()}"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run on disk, and its result."""
    directory = tmp_path_factory.mktemp("docs") / "run"
    action = hb.actions.Gaussian(m2=1.0, lattice=(2, 2))
    result = hb.sample(hb.Metropolis(action), samples=20, warmup=20, out=directory, progress=False)
    return directory, result


def test_the_fields_of_run_json(run):
    directory, _ = run
    record = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    assert sorted(first_column(table(text_of(DOCS / "runs.md"), "run.json"))) == sorted(record)


def test_the_fields_of_a_result(run):
    _, result = run
    shown = first_column(table(text_of(DOCS / "runs.md"), "result"))
    assert sorted(shown) == sorted(result.to_dict())


def test_the_arrays_of_a_run(run):
    directory, _ = run
    names = {path.name for path in directory.iterdir()}
    described = set(re.findall(r"`([\w.]+)`", text_of(DOCS / "runs.md")))
    assert names <= described


@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.stem)
def test_the_skeleton_works(page, tmp_path):
    """Its files are put into a copy of the library, and its checks are run there.

    A block begins with the path of the file that it is, with "PATH, in TABLE", or with "check".
    """
    for folder in ("src/heatbath", "backends/heatbath_numba"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    checks = []
    for block in blocks(text_of(page), "python"):
        head, _, rest = block.partition("\n")
        place = head.removeprefix("# ")
        if place == "check":
            checks.append(rest)
        elif place.endswith(", in TABLE"):
            add_row(tmp_path / place.removesuffix(", in TABLE"), rest)
        else:
            assert not (tmp_path / place).exists(), f"{place} exists already"
            (tmp_path / place).write_text(rest, encoding="utf-8")
    assert checks
    folders = os.pathsep.join(str(tmp_path / folder) for folder in ("src", "backends"))
    for check in checks:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", check],
            env={**os.environ, "PYTHONPATH": folders, "PYTHONIOENCODING": "utf-8"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        print(done.stdout)


def add_row(file, row):
    """Put a row at the end of the dict that ends the file."""
    text = file.read_text(encoding="utf-8").rstrip()
    assert text.endswith("\n}")
    file.write_text(text.removesuffix("}") + row + "}\n", encoding="utf-8")
