"""The command line: `heatbath run | resume | analyse | report | export | verify | backends`, each
with `--json`.

Commands print their table, or one JSON object, on stdout; progress, warnings of Python and errors
go to stderr.  Exit status: 0, or 2 after an error told in one sentence, or 130 after Ctrl-C.

>>> from click.testing import CliRunner
>>> from heatbath.cli import program
>>> print(CliRunner().invoke(program, ["run", "phi5"]).stderr.strip())
Error: unknown theory 'phi5'; did you mean 'phi4'? Known: phi4, gaussian, or your own file ...
"""

from heatbath.cli.entry import main, program

__all__ = ["main", "program"]
