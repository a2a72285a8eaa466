"""The plot of a report of signals, as SVG: one small chart a figure, one bar a side.

Belongs here: drawing. Does not: any number that the report does not have.
"""

from collections.abc import Iterator

from benchmarks.signals.report import SignalsReport

CHARTS = {
    "batch seconds, mean": "from start to 100 answers, mean (s)",
    "batch seconds, 95 %": "from start to 100 answers, 95 % (s)",
    "failed share": "without an answer (%)",
    "USD": "paid (USD)",
    "sold again": "bought more than once",
    "peak in flight": "most requests in flight",
}
ACROSS, WIDTH, HEIGHT = 3, 300, 190
TOP, LEFT, BAR = 44, 24, 110
COLOURS = {"ours": "#3b6fd4", "nested": "#e08a2e"}


def svg(report: SignalsReport) -> str:
    """Return the plot."""
    rows = -(-len(CHARTS) // ACROSS)
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {ACROSS * WIDTH + LEFT} {TOP + rows * HEIGHT}"'
    title = f"{report.accounts:,} accounts x {len(report.signals)} signals, {report.release}"
    parts = [_text(LEFT, 24, title, 14)]
    for place, (figure, words) in enumerate(CHARTS.items()):
        row, column = divmod(place, ACROSS)
        parts.extend(_chart(report, figure, words, LEFT + column * WIDTH, TOP + row * HEIGHT))
    ground = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([f'{frame} font-family="sans-serif" font-size="11">', ground, *parts, "</svg>\n"])


def _chart(report: SignalsReport, figure: str, words: str, left: int, top: int) -> Iterator[str]:
    yield _text(left, top + 14, words, 12)
    values = {name: side.figures()[figure] for name, side in report.sides.items()}
    highest = max(values.values()) or 1.0
    for place, (name, value) in enumerate(values.items()):
        y = top + 26 + 34 * place
        colour = COLOURS[name.partition(",")[0]]
        width = max(1.0, BAR * value / highest)
        yield f'<rect x="{left}" y="{y + 10}" width="{width:.1f}" height="14" fill="{colour}"/>'
        yield _text(left, y + 7, name, 10)
        yield _text(left + width + 6, y + 21, _told(figure, value))


def _told(figure: str, value: float) -> str:
    if figure == "failed share":
        return f"{value:.2%}"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def _text(x: float, y: float, words: str, size: int = 11) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}">{words}</text>'
