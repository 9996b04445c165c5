"""The drawings hold what was measured."""

import xml.etree.ElementTree as ET

import pytest

from benchmarks.intervals import Interval
from benchmarks.plots import COLOURS, draw_curves, draw_timelines

SVG = "{http://www.w3.org/2000/svg}"


def shapes(drawing: str, kind: str) -> list[dict[str, str]]:
    return [one.attrib for one in ET.fromstring(drawing).iter(SVG + kind)]  # noqa: S314 - drawn just now


def busy(drawing: str, colour: str) -> list[tuple[float, float]]:
    """Left edge and width of each rectangle of a colour."""
    found = [one for one in shapes(drawing, "rect") if one["fill"] == colour]
    return [(float(one["x"]), float(one["width"])) for one in found]


def test_a_lane_is_coloured_for_as_long_as_it_was_busy_and_cut_where_the_drawing_ends() -> None:
    lane = [Interval(start=50.0, end=51.0), Interval(start=53.0, end=55.0), Interval(start=57.0, end=58.0)]

    drawing = draw_timelines({"one": lane, "other": lane[:1]}, seconds=4.0)

    (first, second), (alone,) = busy(drawing, COLOURS[0]), busy(drawing, COLOURS[1])
    assert first == alone
    assert second[0] - first[0] == pytest.approx(3 * first[1], abs=0.2)
    assert second[1] == pytest.approx(first[1], abs=0.2)  # its second second lies beyond the end


def test_a_curve_has_a_point_for_each_value_and_the_highest_is_at_the_top() -> None:
    drawing = draw_curves({"64x64": {1: 0.1, 8: 0.05}, "128x128": {1: 0.4, 8: 0.4}}, "s")

    points = [(one["fill"], float(one["cx"]), float(one["cy"])) for one in shapes(drawing, "circle")]
    small = [(x, y) for colour, x, y in points if colour == COLOURS[0]]
    large = [(x, y) for colour, x, y in points if colour == COLOURS[1]]
    assert [x for x, _ in small] == [x for x, _ in large]
    assert small[0][0] < small[1][0]
    assert large[0][1] == large[1][1] < small[0][1] < small[1][1]  # downwards is less
