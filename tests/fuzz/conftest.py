"""Where the runs of the rows are made."""

import pytest

import fuzz_rows


@pytest.fixture(autouse=True, scope="session")
def _places(tmp_path_factory):
    fuzz_rows.PLACES.append(tmp_path_factory.mktemp("fuzz"))
