"""Two drawings, as SVG in plain text: the GPU's timeline, and seconds per picture against the size of a batch.

Their colours can be told apart in light and in dark, and by those who do not tell red from green.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.intervals import Interval

FOLDER = Path(__file__).parent.parent / "build" / "benchmarks"
"""Where drawings are left; `python -m benchmarks --keep` takes them from here."""
WIDTH = 720
INK = "#7d8590"
"""Text and axes: a grey with contrast enough on white and on black."""
COLOURS = ("#d98e04", "#2f81f7", "#a371f7")
"""Amber, blue, violet."""
LEFT, RIGHT = 110, 20
LANE, GAP = 34, 22
PLOT_HEIGHT, TOP, BOTTOM = 260, 40, 50


def keep(name: str, drawing: str) -> None:
    """Leave it where it is looked for."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_text(drawing, encoding="utf-8")


def draw_timelines(lanes: Mapping[str, Sequence[Interval]], seconds: float) -> str:
    """Each lane's first seconds, from its first interval on: coloured where something was under way."""
    parts = []
    scale = (WIDTH - LEFT - RIGHT) / seconds
    for number, (name, intervals) in enumerate(lanes.items()):
        top, begin = 30 + number * (LANE + GAP), intervals[0].start
        parts.append(_text(LEFT - 12, top + LANE / 2 + 5, name, anchor="end"))
        parts.append(
            f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{LANE}" rx="3" '
            f'fill="{INK}" fill-opacity="0.15"/>'
        )
        for one in intervals:
            start, end = one.start - begin, min(one.end - begin, seconds)
            if start < seconds:
                parts.append(
                    f'<rect x="{LEFT + start * scale:.1f}" y="{top}" width="{(end - start) * scale:.1f}" '
                    f'height="{LANE}" fill="{COLOURS[number]}"/>'
                )
    bottom = 30 + len(lanes) * (LANE + GAP)
    parts += [
        _text(LEFT + second * scale, bottom, f"{second} s", anchor="middle") for second in range(int(seconds) + 1)
    ]
    return _svg(bottom + 16, "When the GPU is busy", parts)


def draw_curves(curves: Mapping[str, Mapping[int, float]], unit: str) -> str:
    """A line for each name: its values against their whole numbers, both axes from zero."""
    last = max(at for curve in curves.values() for at in curve)
    highest = max(value for curve in curves.values() for value in curve.values())
    width, floor = WIDTH - LEFT - 150, TOP + PLOT_HEIGHT

    def place(at: float, value: float) -> tuple[float, float]:
        return LEFT + at / last * width, floor - value / highest * PLOT_HEIGHT

    parts = [f'<path d="M{LEFT} {TOP}V{floor}H{LEFT + width}" fill="none" stroke="{INK}"/>']
    marks = [highest * share for share in (0, 0.5, 1)]
    parts += [_text(LEFT - 8, place(0, mark)[1] + 5, f"{mark:.2g}", anchor="end") for mark in marks]
    parts.append(_text(LEFT - 8, TOP - 18, unit, anchor="end"))
    ticks = sorted({at for curve in curves.values() for at in curve})
    parts += [_text(place(at, 0)[0], floor + 20, str(at), anchor="middle") for at in ticks]
    parts.append(_text(LEFT + width / 2, floor + 40, "pictures in a batch", anchor="middle"))
    for colour, (name, curve) in zip(COLOURS, curves.items(), strict=False):
        points = [place(at, value) for at, value in sorted(curve.items())]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
        parts.append(_text(points[-1][0] + 10, points[-1][1] + 5, name, colour=colour))
    return _svg(floor + BOTTOM, "Seconds per picture", parts)


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
    style = 'font-family="system-ui, sans-serif" font-size="14"'
    return "\n".join([f"{opening} {style}>", f"<title>{title}</title>", *parts, "</svg>", ""])
