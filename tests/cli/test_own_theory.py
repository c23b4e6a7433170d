"""`heatbath run my_action.py:Mine`: a file that need not be on sys.path."""

import sys

import pytest

MINE = """
import heatbath as hb


def site_energy(phi, *, m2, g):
    return 0.5 * m2 * phi * phi + g * phi**4


def bond_energy(phi, neighbour):
    return 0.5 * (neighbour - phi) * (neighbour - phi)


Mine = hb.Theory("mine", site=site_energy, bond=bond_energy, defaults={"g": 0.5})
"""


@pytest.fixture
def write(tmp_path):
    """Write a file into a folder that is not on sys.path; its path."""

    def write(text, name="my_action.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_it_runs(report, write, small):
    found = report("run", f"{write(MINE)}:Mine", *small, "--set", "m2=-0.5")
    assert found["theory"] == "mine"
    assert found["parameters"] == {"m2": -0.5, "g": 0.5}


def test_it_gives_the_numbers_of_the_same_built_in_theory(report, write, small):
    found = report("run", f"{write(MINE)}:Mine", *small, "--set", "m2=0.5", "--set", "g=0")
    known = report("run", "gaussian", *small)
    for name, e in known["observables"].items():
        assert found["observables"][name]["value"] == pytest.approx(e["value"], rel=1e-6)


def test_it_may_import_its_neighbours(report, write, small):
    write("CHARGE = 0.25", "my_constants_next_door.py")
    text = MINE.replace("import heatbath as hb", "import heatbath as hb, my_constants_next_door")
    before = list(sys.path)
    assert report("run", f"{write(text)}:Mine", *small, "--set", "m2=1")["theory"] == "mine"
    assert sys.path == before


def test_its_run_is_resumed(report, write, small, tmp_path):
    first = report("run", f"{write(MINE)}:Mine", *small, "--set", "m2=1", "--out", tmp_path / "run")
    again = report("resume", tmp_path / "run")
    assert again["observables"] == first["observables"]


def test_its_run_is_resumed_with_its_neighbours(report, write, small, tmp_path):
    write("CHARGE = 0.25", "my_other_constants.py")
    path = write(MINE.replace("import heatbath as hb", "import heatbath as hb, my_other_constants"))
    report("run", f"{path}:Mine", *small, "--set", "m2=1", "--out", tmp_path / "run")
    del sys.modules["my_other_constants"]
    assert report("resume", tmp_path / "run")["theory"] == "mine"


def test_formulas_that_changed_stop_resume(report, refused, write, small, tmp_path):
    report("run", f"{write(MINE)}:Mine", *small, "--set", "m2=1", "--out", tmp_path / "run")
    write(MINE.replace("0.5 * m2", "0.25 * m2"))
    assert "have changed since" in refused("resume", tmp_path / "run")


def test_a_coupling_without_a_value(refused, write):
    assert refused("run", f"{write(MINE)}:Mine") == "mine needs its couplings: add --set m2=…"


def test_without_a_name_the_theories_are_listed(refused, write):
    path = write(MINE)
    assert refused("run", path) == f"say which theory of {path}: {path}:Mine"
    assert "holds no theory" in refused("run", write("x = 1"))


def test_a_misspelt_name(refused, write):
    path = write(MINE)
    assert refused("run", f"{path}:Mien") == (
        f"{path} defines no 'Mien': unknown theory 'Mien'; did you mean 'Mine'? Known: Mine"
    )
    assert "holds no hb.Theory" in refused("run", f"{write('x = 1')}:Mine")


def test_a_name_that_is_no_theory(refused, write):
    path = write(MINE + "\nnumber = 3\n")
    assert refused("run", f"{path}:number").startswith(f"number in {path} is a int, not a theory")
    assert "is a function, not a theory" in refused("run", f"{path}:site_energy")


BROKEN = {
    "import heatbath as hb\n\n1 / 0\n": "line 3: ZeroDivisionError: division by zero",
    "def f(:\n": "line 1: SyntaxError: invalid syntax",
    "import no_such_package_here\n": "line 1: ModuleNotFoundError: No module named",
    "raise SystemExit('no more')\n": "line 1: SystemExit: no more",
    "assert False\n": "line 1: AssertionError",
    "import heatbath as hb\n\n\ndef site(phi, *, a):\n    return a if phi > 0 else 0\n\n\n"
    "Mine = hb.Theory('mine', site=site)\n": "line 5: FormulaError: ",
    "import heatbath as hb\n\nMine = hb.Theory('mine')\n": "line 3: ValueError: theory 'mine'",
}


@pytest.mark.parametrize("text", BROKEN)
def test_an_error_in_the_file_is_told_with_its_line(refused, write, text):
    path = write(text)
    assert refused("run", f"{path}:Mine").startswith(f"{path}, {BROKEN[text]}")
