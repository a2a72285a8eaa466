"""`scripts/bootstrap`: what it says when Python is not as it should be, and that an interrupted run is done again."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "bootstrap"
UNSUPPORTED = "exit 1"
WITHOUT_ENSUREPIP = """case "$2" in *ensurepip*) exit 1;; *print*) echo 3.12;; *) exit 0;; esac"""
# Notes every call; makes a .venv whose python is itself.
WORKING = """
echo "$*" >>"$CALLS"
case "$*" in
    *"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python;;
    *"-m pip"*) [ -z "${BREAK:-}" ] || exit 1;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a checkout"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, folder / "scripts")
    (folder / "requirements.lock").write_text("dagster==1\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    return folder


def run(checkout: Path, python: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script where the only Python is a shell script of this test."""
    programs = checkout.parent / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python"):
        (programs / name).write_text(f"#!/bin/sh\n{python}\n")
        (programs / name).chmod(0o755)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "CALLS": str(checkout.parent / "calls"), **variables}
    command = [str(checkout / "scripts" / "bootstrap")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def calls(checkout: Path, word: str) -> int:
    file = checkout.parent / "calls"
    return sum(word in line for line in file.read_text().splitlines()) if file.exists() else 0


def test_without_a_supported_python_it_says_which_to_install(checkout: Path) -> None:
    result = run(checkout, UNSUPPORTED)
    assert result.returncode == 1
    assert "This needs Python 3.11, 3.12 or 3.13" in result.stderr


def test_without_ensurepip_it_names_the_package_to_install(checkout: Path) -> None:
    result = run(checkout, WITHOUT_ENSUREPIP)
    assert result.returncode == 1
    assert "apt install python3.12-venv" in result.stderr
    assert not (checkout / ".venv").exists()


def test_what_is_installed_is_not_installed_again(checkout: Path) -> None:
    assert run(checkout, WORKING).returncode == 0
    assert calls(checkout, "--require-hashes") == 1
    assert run(checkout, WORKING).returncode == 0
    assert calls(checkout, "--require-hashes") == 1


def test_a_changed_lock_is_installed_into_the_same_environment(checkout: Path) -> None:
    run(checkout, WORKING)
    (checkout / "requirements.lock").write_text("dagster==2\n")
    run(checkout, WORKING)
    assert calls(checkout, "--require-hashes") == 2
    assert calls(checkout, "-m venv") == 1


def test_an_installation_that_failed_is_told_and_done_again(checkout: Path) -> None:
    result = run(checkout, WORKING, BREAK="1")
    assert result.returncode == 1
    assert "run the same command again" in result.stderr
    assert run(checkout, WORKING).returncode == 0
    assert calls(checkout, "--editable") == 1


def test_a_moved_checkout_gets_a_new_environment(checkout: Path) -> None:
    run(checkout, WORKING)
    moved = checkout.rename(checkout.with_name("moved"))
    assert run(moved, WORKING).returncode == 0
    assert calls(moved, "-m venv") == 2


def test_packages_are_compiled_for_every_later_process(checkout: Path) -> None:
    run(checkout, WORKING)
    assert calls(checkout, "-m compileall") == 1


def test_the_script_is_plain_sh() -> None:
    shell = shutil.which("dash") or "/bin/sh"
    subprocess.run([shell, "-n", str(SCRIPT)], check=True)
    assert os.access(SCRIPT, os.X_OK)
