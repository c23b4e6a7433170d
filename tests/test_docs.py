"""The pages: their links, their tables and their skeletons hold.  Doctests run beside them."""

import inspect
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest

import heatbath as hb

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
HOW_TO = sorted((DOCS / "how-to").glob("add-*.md"))
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
ROOMS = [name for name in hb.__all__ if inspect.ismodule(getattr(hb, name))]

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


def directives(text, name):
    """The contents of the directives of a name, each with its argument."""
    return re.findall(rf"^```\{{{name}\}} ?([^\n]*)\n(.*?)^```$", text, re.M | re.S)


def children(page):
    """The pages that a page's tables of contents name."""
    listed = [
        line
        for _, content in directives(text_of(page), "toctree")
        for line in content.splitlines()
        if line and not line.startswith(":")
    ]
    return [(page.parent / f"{name}.md").resolve() for name in listed]


def of_the_site_alone(page):
    """Whether a page only navigates, includes another one, or describes a room."""
    directive = re.search(r"^```\{(toctree|include)\}", text_of(page), re.M)
    return bool(directive) or page.parent.name == "api"


def test_the_list_of_pages_is_complete():
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in links(DOCS / "README.md")}
    own = [page for page in PAGES if not of_the_site_alone(page) and page != DOCS / "README.md"]
    assert [page_name(page) for page in own if page not in listed] == []


def test_the_site_leads_to_every_page():
    """Each once, from the front page through tables of contents."""
    found, waiting = [], [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        found.append(page)
        waiting += children(page)
    assert sorted(found) == sorted(set(DOCS.rglob("*.md")) - {DOCS / "README.md"})


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_has_its_entry(room):
    entries = directives(text_of(DOCS / "api" / f"{room}.md"), "entries")
    assert {where for where, _ in entries} == {f"heatbath.{room}"}
    names = [name for _, content in entries for name in content.split()]
    assert sorted(names) == sorted(getattr(hb, room).__all__)


def test_the_api_reference_names_what_stands_at_the_top():
    shown = re.findall(r"`hb\.(\w+)`", text_of(DOCS / "api" / "index.md"))
    assert sorted(shown) == sorted(set(hb.__all__) - set(ROOMS))


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_asserts_its_claims_and_says_what_to_do_next(page):
    """That it runs is seen by `make docs`."""
    text = text_of(page)
    assert "file_format: mystnb" in text
    assert re.findall(r"^## (.*)$", text, re.M)[-1] == "What to do next"
    hidden = [cell for _, cell in directives(text, "code-cell") if ":tags: [hide-cell]" in cell]
    assert any("assert " in cell for cell in hidden)


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


def markdown_table(lines):
    """The lines of a table whose first one is the heading."""
    heading, *rows = lines
    return "".join(
        f"| {' | '.join(line)} |\n" for line in (heading, ("---",) * len(heading), *rows)
    )


def agreement_and_tolerance(kernel):
    """Of a row, as the page writes them: "exact" leaves nothing to tolerate."""
    exact = kernel.agreement == "exact"
    return ("exact", "0") if exact else ("relative", str(kernel.agreement))


def expected_kernels():
    """The table of docs/kernels.md, from the rows of the library's own."""
    columns = ("Operation", "Array", "Device", "Dtypes")
    columns += ("Agreement", "Tolerance", "Differentiable", "Kernel")
    rows = [
        (
            f"`{k.operation}`",
            f"`{k.array_type}`",
            k.device,
            ", ".join(k.dtypes),
            *agreement_and_tolerance(k),
            "yes" if k.differentiable else "no",
            f"`{k.provider}`",
        )
        for k in hb.backends.table()
    ]
    return markdown_table([columns, *rows])


def cells(name):
    """The cells of a table of docs/kernels.md, without its heading."""
    rows = table(text_of(DOCS / "kernels.md"), name).splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def test_the_table_of_kernels():
    shown = table(text_of(DOCS / "kernels.md"), "kernels")
    assert shown == expected_kernels(), f"put this between the markers:\n{expected_kernels()}"


def test_each_operation_has_the_reason_of_its_tolerance():
    tolerances = {}
    for kernel in hb.backends.table():
        _, tolerance = agreement_and_tolerance(kernel)
        tolerances.setdefault(f"`{kernel.operation}`", set()).add(tolerance)
    shown = {operation: set(tolerance.split(", ")) for operation, tolerance, _ in cells("reasons")}
    assert shown == tolerances
    assert all(why for *_, why in cells("reasons"))


def what_explain_says(field, array_type):
    """Of the kernel of Langevin steps that takes `array_type` on the CPU."""
    action = hb.actions.Phi4(kappa=0.27, lam=0.022, lattice=(4, 4))
    (reason,) = (
        why
        for row, why in hb.backends.explain("sde.langevin.steps", field, action).rows
        if (row.array_type, row.device) == (array_type, "cpu")
    )
    return reason


def test_explain_gives_the_reasons_of_the_page():
    import array_api_strict
    import torch

    def said_under_vmap():
        said = []
        ask = lambda field: (said.append(what_explain_says(field, "torch.Tensor")), field)[1]  # noqa: E731
        torch.vmap(ask)(tensor[None])
        return said[0]

    zeros, tensor = np.zeros((4, 4)), torch.zeros((4, 4), dtype=torch.float64)
    said = [
        what_explain_says(np.ma.masked_array(zeros), "numpy.ndarray"),
        what_explain_says(torch.nn.Parameter(tensor), "torch.Tensor"),
        what_explain_says(tensor.clone().requires_grad_(), "torch.Tensor"),
        said_under_vmap(),
        what_explain_says(tensor.to("meta"), "torch.Tensor"),
        what_explain_says(array_api_strict.asarray(zeros), "numpy.ndarray"),
    ]
    assert [says for _, says, _ in cells("references")] == said


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
