"""The sandbox starts quickly: hundreds of tests, and each `make up`, wait for it."""

import subprocess
import sys

from tests.sandbox.process import PROJECT


def test_its_process_does_not_load_pandas() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "sandbox", "--help"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "pyarrow.lib" in told.stderr
    assert "pandas.core" not in told.stderr
