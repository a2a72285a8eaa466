"""Plots are small, whatever they show, and say in words what they draw."""

import base64
import re
from xml.etree import ElementTree as ET

import pytest

from assets.plots import HEIGHT, WIDTH, line


def drawn(markdown: str) -> tuple[str, list[tuple[int, int]]]:
    found = re.fullmatch(r"!\[(.*)\]\(data:image/svg\+xml;base64,(.*)\)", markdown)
    assert found is not None
    svg = ET.fromstring(base64.b64decode(found[2]))
    points = svg.find("{http://www.w3.org/2000/svg}polyline").get("points", "")  # type: ignore[union-attr]  # it is there
    return found[1], [(int(x), int(y)) for x, y in (point.split(",") for point in points.split())]


def test_a_line_goes_through_all_values_from_the_left_to_the_right() -> None:
    words, points = drawn(line([0, 5, 10], "min", "lag over 24 h"))
    assert words == "lag over 24 h, at most 10 min, now 10 min"
    assert points == [(0, HEIGHT - 2), (WIDTH // 2, 36), (WIDTH, 14)]


@pytest.mark.parametrize("values", [[0.0], [7.0], [0.0, 0.0], [1e9, 0.0]], ids=["zero", "one", "flat", "huge"])
def test_whatever_the_values_the_line_stays_within_the_picture(values: list[float]) -> None:
    _, points = drawn(line(values, "min", "24 h"))
    assert len(points) >= 2
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_a_day_of_samples_takes_less_than_a_kilobyte() -> None:
    assert len(line([float(n % 7) for n in range(48)], "min", "lag over 24 h")) < 1024
