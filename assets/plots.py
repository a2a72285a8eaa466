"""Small plots in metadata: a line over time as an SVG that the UI draws, a few hundred bytes whatever it shows.

Belongs here: drawing. Does not: what is worth a plot; the asset knows.
"""

import base64
from collections.abc import Sequence

WIDTH, HEIGHT = 480, 60
COLOUR = "#4f43dd"


def line(values: Sequence[float], unit: str, span: str) -> str:
    """Return a line as Markdown with an image in it.

    Args:
        values: At equal distances, the last one now; at least one.
        unit: Of the values, such as "min".
        span: What they cover, such as "24 h".
    """
    top = max(values) or 1.0
    values = values if len(values) > 1 else [*values, *values]  # a point alone would not show
    step = WIDTH / (len(values) - 1)
    points = " ".join(
        f"{n * step:.0f},{HEIGHT - 2 - value / top * (HEIGHT - 16):.0f}" for n, value in enumerate(values)
    )
    words = f"{span}, at most {top:,.0f} {unit}, now {values[-1]:,.0f} {unit}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        f'<polyline fill="none" stroke="{COLOUR}" points="{points}"/>'
        f'<text x="2" y="10" font-size="10" font-family="sans-serif">{words}</text></svg>'
    )
    return f"![{words}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
