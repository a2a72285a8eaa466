"""What the pages say exists, exists: links, files, commands with their options, settings, lines of `.env`."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from nooks_dagster.cli import app as nooks
from nooks_dagster.local.dotenv_file import complete
from nooks_dagster.settings import Settings
from sandbox.cli import app as nooks_sandbox
from tests.docs.pages import PAGES, PROJECT, blocks, headings, prose

FOLDERS = "assets|benchmarks|docs|nooks_dagster|resources|sandbox|schedules|scripts|sensors|tests"
PROGRAMS = {"nooks": nooks, "nooks-sandbox": nooks_sandbox}
TARGETS = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
SANDBOX_VARIABLES = {
    "NOOKS_SANDBOX_ACCOUNTS",
    "NOOKS_SANDBOX_BULK",
    "NOOKS_SANDBOX_HUBSPOT",
    "NOOKS_SANDBOX_JOURNAL",
    "NOOKS_SANDBOX_OPENAI",
    "NOOKS_SANDBOX_REFRESH_GRACE",
}  # of `nooks-sandbox serve`


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        aim = (page.parent / file).resolve() if file else page
        assert aim.is_file(), target
        assert not anchor or anchor in headings(aim), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    made = {block.detail for block in blocks("python") if block.order == "file"}
    named = re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", prose(page))
    missing = {file for file in named if not (PROJECT / file).exists()}
    assert missing <= made


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_their_options_are_there(page: Path) -> None:
    for program, words in _calls(page):
        used = {word for word in words[1:] if word.startswith("--")}
        assert used <= _options(program, words[0]) | {"--help"}, f"{program} {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_of_make_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?:`|^)make (?:PYTHON=\S+ )?([a-z]+)", text, re.MULTILINE)
    assert set(named) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_that_are_named_are_there(page: Path, tmp_path: Path) -> None:
    complete(tmp_path)
    known = {f"NOOKS_{name.upper()}" for name in Settings.model_fields} | set(_variables(tmp_path)) | SANDBOX_VARIABLES
    assert set(re.findall(r"\bNOOKS_[A-Z_]+\b", page.read_text(encoding="utf-8"))) <= known


def test_every_line_of_env_is_explained(tmp_path: Path) -> None:
    complete(tmp_path)
    rows = re.findall(r"^\| (`.*?) \|", (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8"), re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert explained >= set(_variables(tmp_path))


def test_every_option_of_the_commands_is_explained() -> None:
    for page, program, name in (
        ("operate.md", "nooks", "connect"),
        ("operate.md", "nooks", "connections"),
        ("sandbox.md", "nooks-sandbox", "serve"),
        ("sandbox.md", "nooks-sandbox", "world"),
        ("sandbox.md", "nooks-sandbox", "dial"),
        ("sandbox.md", "nooks-sandbox", "webhook"),
    ):
        text = (PROJECT / "docs" / page).read_text(encoding="utf-8")
        unexplained = {option for option in _options(program, name) if option not in text}
        assert {option for option in unexplained if not option.startswith("--no-")} <= {"--help", "--state", "-h"}


def test_python_is_python() -> None:
    for block in blocks("python"):
        ast.parse(block.text, filename=str(block))


def test_shell_is_shell() -> None:
    for block in blocks("sh"):
        read = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
        assert read.returncode == 0, f"{block}: {read.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_says_its_language(page: Path) -> None:
    fences = re.findall(r"^```(\w*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(fences[::2]) <= {"sh", "python", "json", "mermaid", ""}
    assert set(fences[1::2]) <= {""}


def _calls(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield program and words of every call in blocks of shell and in `code` whose first word is a program's."""
    shell = [block.text for block in blocks("sh") if block.page == page]
    inline = re.findall(r"`((?:\.venv/bin/)?nooks(?:-sandbox)? [^`]+)`", prose(page))
    for line in "\n".join([*shell, *inline]).splitlines():
        for program, words in re.findall(r"(?:^|[\s(/])(nooks(?:-sandbox)?) ([a-z][^|)\n]*)", line):
            yield program, words.partition("#")[0].replace('"', "").split()


def _options(program: str, name: str) -> set[str]:
    group = typer.main.get_command(PROGRAMS[program])
    assert isinstance(group, TyperGroup)
    assert name in group.commands, f"{program} {name}"
    options = [option for one in _within(group.commands[name]) for option in one.params]
    return {text for option in options for text in (*option.opts, *option.secondary_opts)}


def _within(command: Any) -> Iterator[Any]:
    """Yield a command, and those that are below it."""
    yield command
    for inner in command.commands.values() if isinstance(command, TyperGroup) else ():
        yield from _within(inner)


def _variables(root: Path) -> list[str]:
    return re.findall(r"^([A-Z_]+)=", (root / ".env").read_text(), re.MULTILINE)
