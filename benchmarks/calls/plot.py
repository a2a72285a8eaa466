"""The plot of a report of calls, as SVG: CPU of a call by part, and what waits, memory and deliveries over time.

Belongs here: drawing. Does not: any number that the report does not have.
"""

from collections.abc import Iterator, Sequence

from benchmarks.calls.report import CallsReport

WIDTH, HEIGHT, LEFT, TOP = 900, 420, 48, 56
COLOUR, PLAIN = "#3b6fd4", "#b8bec7"
CHART_WIDTH, CHART_HEIGHT = 380, 70
OURS = ("ingest", "live workers", "postgres")


def svg(report: CallsReport) -> str:
    """Return the plot."""
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    title = f"{report.load.rate:g} calls/s, {report.size.workers} live workers, {report.release}"
    times = [look.seconds for look in report.looks]
    lines = {
        "calls open": [float(look.backlog) for look in report.looks],
        "activities owed": [float(look.owed) for look in report.looks],
        "activities delivered": [float(look.delivered) for look in report.looks],
        "MB of live workers": [look.mb["live workers"] for look in report.looks],
    }
    parts = [_text(LEFT, 28, title, 14), *_bars(report)]
    for place, (name, values) in enumerate(lines.items()):
        parts.extend(_line(name, times, values, TOP + place * (CHART_HEIGHT + 20)))
    ground = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([f'{frame} font-size="11">', ground, *parts, "</svg>\n"])


def _bars(report: CallsReport) -> Iterator[str]:
    yield _text(LEFT, TOP, "CPU-ms of a call; what is grey is the outside world and the lake's emulator")
    spent = report.cpu()
    scale = 220 / (max(spent.values()) or 1.0)
    for place, (name, ms) in enumerate(spent.items()):
        y, colour = TOP + 20 + 34 * place, COLOUR if name in OURS else PLAIN
        yield _text(LEFT, y + 14, name)
        yield f'<rect x="{LEFT + 90}" y="{y}" width="{max(1.0, ms * scale):.1f}" height="20" fill="{colour}"/>'
        yield _text(LEFT + 96 + ms * scale, y + 14, f"{ms:.1f}")


def _line(name: str, times: Sequence[float], values: Sequence[float], top: float) -> Iterator[str]:
    left, bottom = WIDTH / 2 + 20, top + CHART_HEIGHT
    highest, longest = max(values) or 1.0, times[-1] or 1.0
    across, up = CHART_WIDTH / longest, (CHART_HEIGHT - 16) / highest
    path = " ".join(
        f"{left + at * across:.1f},{bottom - value * up:.1f}" for at, value in zip(times, values, strict=True)
    )
    yield _text(left, top + 10, f"{name}: at most {max(values):,.0f}, {values[-1]:,.0f} after {times[-1]:.0f} s")
    yield f'<path d="M{left} {bottom}h{CHART_WIDTH}" stroke="{PLAIN}"/>'
    yield f'<polyline points="{path}" fill="none" stroke="{COLOUR}" stroke-width="1.5"/>'


def _text(x: float, y: float, words: str, size: int = 11) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}">{words}</text>'
