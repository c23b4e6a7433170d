"""The command line in this process, and as a process of its own."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from heatbath.cli import program

# A small run of every kind: seconds matter here, physics does not.
SMALL = ("--shape", "4,4", "--samples", "16", "--chains", "2", "--warmup", "20")


@pytest.fixture
def heatbath(monkeypatch):
    """heatbath("run", "phi4", …): exit_code, stdout and stderr of the command."""
    monkeypatch.setenv("HEATBATH_NUM_THREADS", "1")
    monkeypatch.delenv("HEATBATH_DEBUG", raising=False)

    def run(*arguments):
        result = CliRunner().invoke(program, [str(a) for a in arguments], prog_name="heatbath")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def report(heatbath):
    """The JSON object of a command that succeeds."""

    def run(*arguments):
        result = heatbath(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout, parse_constant=pytest.fail)

    return run


@pytest.fixture
def refused(heatbath):
    """The sentence with which a command is refused: alone on stderr, exit status 2."""

    def run(*arguments):
        result = heatbath(*arguments)
        assert (result.exit_code, result.stdout) == (2, ""), result.output
        (sentence,) = result.stderr.splitlines()
        assert sentence.startswith("Error: ")
        return sentence.removeprefix("Error: ")

    return run


@pytest.fixture
def small():
    return SMALL


@pytest.fixture
def process():
    """`python -m heatbath …` as a process; keyword arguments go to Popen."""
    running = []

    def start(*arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        environment = os.environ | {"PYTHONWARNINGS": "error"} | options.pop("env", {})
        command = [sys.executable, "-m", "heatbath", *map(str, arguments)]
        running.append(subprocess.Popen(command, env=environment, **options))
        return running[-1]

    yield start
    for p in running:
        if p.poll() is None:
            p.kill()
        p.communicate()
