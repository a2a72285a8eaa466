"""The plot of a report, as SVG: CPU by process beside the yardstick, and the memory of the sync over time.

Belongs here: drawing. Does not: any number that the report does not have.
"""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.report import Report

WIDTH, HEIGHT, MARGIN = 860, 360, 48
PLAIN = "#b8bec7"
COLOURS = {"sync": "#3b6fd4", "client": "#3b6fd4", "postgres": "#e08a2e"}
"""What counts in the comparison has a colour; the outside world is grey."""


def svg(report: Report) -> str:
    """Return the plot."""
    per_million = 1_000_000 / report.rows
    bars = {
        side: {name: cpu * per_million for name, cpu in phase.cpu.items()}
        for side, phase in (("platform", report.platform), ("COPY + merge", report.yardstick))
    }
    parts = [*_bars(bars), *_line(report.memory)]
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    title = _text(
        MARGIN,
        22,
        f"{report.title}: {report.share:.0%} of COPY + merge",
        14,
    )
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    return "\n".join([f'{frame} font-size="11">', ground, title, *parts, "</svg>\n"])


def _bars(bars: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Draw one stack for each side in the left half."""
    highest = max(sum(stack.values()) for stack in bars.values())
    scale = (HEIGHT - 3 * MARGIN) / highest
    yield _text(MARGIN, MARGIN, "CPU-seconds per million rows")
    for place, (side, stack) in enumerate(bars.items()):
        left, bottom = MARGIN + 190 * place, float(HEIGHT - MARGIN)
        yield _text(left, HEIGHT - MARGIN + 18, f"{side}: {sum(stack.values()):.1f}")
        for name, value in stack.items():
            height = value * scale
            bottom -= height
            colour = COLOURS.get(name, PLAIN)
            yield f'<rect x="{left}" y="{bottom:.1f}" width="70" height="{height:.1f}" fill="{colour}"/>'
            yield _text(left + 76, bottom + height / 2 + 4, f"{name} {value:.1f}") if height > 8 else ""


def _line(points: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Draw memory over time in the right half."""
    left, right, bottom = WIDTH / 2 + MARGIN, WIDTH - MARGIN / 2, HEIGHT - MARGIN
    longest = max((at for at, _ in points), default=1.0) or 1.0
    highest = max((mb for _, mb in points), default=1.0)
    across, up = (right - left) / longest, (HEIGHT - 3 * MARGIN) / highest
    path = " ".join(f"{left + at * across:.1f},{bottom - mb * up:.1f}" for at, mb in points)
    yield _text(left, MARGIN, f"memory of the sync: at most {highest:.0f} MB")
    yield f'<path d="M{left} {bottom - highest * up:.1f}V{bottom}H{right}" fill="none" stroke="{PLAIN}"/>'
    yield f'<polyline points="{path}" fill="none" stroke="{COLOURS["sync"]}" stroke-width="1.5"/>'
    yield _text(right - 30, bottom + 18, f"{longest:.0f} s")


def _text(x: float, y: float, words: str, size: int = 11) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}">{words}</text>'
