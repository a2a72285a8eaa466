"""`nooks doctor`: look at everything the platform stands on, and say what is wrong and what to do.

Belongs here: running the checks and what a person sees. Does not: the checks (`cli.checks`).
"""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from nooks_dagster.cli.checks import Finding, connection_checks, machine_checks
from nooks_dagster.cli.printing import console, print_json
from nooks_dagster.cli.project import project


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """Check this machine, its services and each connection. Ends with 1 when something is wrong."""
    findings: list[Finding] = []
    for finding in (*machine_checks(project()), *connection_checks()):
        findings.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    problems = sum(not finding.ok for finding in findings)
    if problems:
        if not as_json:
            console.print(f"\n{problems} of {len(findings)} checks found something wrong.")
        raise typer.Exit(1)


def _show(finding: Finding) -> None:
    mark = "[green]✓[/green]" if finding.ok else "[red]✗[/red]"
    console.print(f"{mark} {escape(finding.name)}: {escape(finding.what)}")
    if finding.next_step:
        console.print(f"  {escape(finding.next_step)}")
