"""Landscapes: a sky with its light, and the sea, a house, mountains or hills below it."""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.canvas import Canvas, Field, coverage, grid, lay
from training.world import Scene, Subject, Time

Colour = tuple[float, float, float]

SKY = {
    Time.DAY: ((0.36, 0.64, 0.92), (0.80, 0.91, 0.97)),
    Time.SUNSET: ((0.42, 0.30, 0.56), (0.99, 0.66, 0.36)),
    Time.NIGHT: ((0.04, 0.06, 0.18), (0.16, 0.19, 0.38)),
}
"""At the top, and at the horizon."""
SUN = {Time.DAY: (1.0, 0.90, 0.42), Time.SUNSET: (1.0, 0.52, 0.26), Time.NIGHT: (0.95, 0.94, 0.84)}
LIGHT = {Time.DAY: (1.0, 1.0, 1.0), Time.SUNSET: (1.0, 0.74, 0.60), Time.NIGHT: (0.34, 0.38, 0.56)}
"""What the light does to the colour of anything on the ground."""


@dataclass(frozen=True, kw_only=True)
class Landscape:
    """A canvas that already has its sky, and what the ground has to know of it."""

    canvas: Canvas
    time: Time
    horizon: float
    """Where the ground begins, as a part of the height."""
    sun_x: float
    chance: random.Random

    @property
    def side(self) -> int:
        """Pixels across and down."""
        return int(self.canvas.shape[0])

    @property
    def places(self) -> tuple[Field, Field]:
        """How far each pixel is from the left and from the top."""
        return grid(self.side)

    def lit(self, colour: Colour) -> NDArray[np.float32]:
        """What the light makes of a colour."""
        return np.asarray(colour, np.float32) * np.asarray(LIGHT[self.time], np.float32)

    def fill(self, distance: Field, colour: NDArray[np.float32]) -> None:
        """Paint all that lies inside a shape."""
        lay(self.canvas, coverage(distance.astype(np.float32), self.side), colour.astype(np.float32))

    def fill_box(self, left: float, top: float, right: float, bottom: float, colour: NDArray[np.float32]) -> None:  # noqa: PLR0917
        """Paint a box."""
        across, down = self.places
        outside = np.maximum(np.maximum(left - across, across - right), np.maximum(top - down, down - bottom))
        self.fill(outside, colour)

    def fill_ground(self, height: Field, near: NDArray[np.float32], far: NDArray[np.float32]) -> None:
        """Everything below a line that has a height for each column; darker towards the front."""
        _, down = self.places
        depth = np.clip((down - height) / 0.35, 0.0, 1.0)[..., None]
        self.fill(height - down, far + depth * (near - far))


def paint_landscape(scene: Scene, side: int) -> Canvas:
    """The sky, the sun or the moon, then the ground."""
    chance = random.Random(scene.seed)  # noqa: S311 - pictures, not secrets
    horizon = chance.uniform(0.60, 0.68)
    canvas = _sky(scene.time, horizon, side)
    if scene.time is Time.NIGHT:
        _stars(canvas, horizon, random.Random(~scene.seed))  # noqa: S311 - not the chance that places the rest
    low = scene.time is Time.SUNSET and scene.subject is Subject.SEA
    sun_x = chance.uniform(0.42, 0.58) if low else chance.choice([0.22, 0.78]) + chance.uniform(-0.04, 0.04)
    sun_y = horizon - 0.02 if low else chance.uniform(0.18, 0.24)
    _disc(canvas, (sun_x, sun_y), 0.15 if low else 0.095, SUN[scene.time])
    paint_ground = {
        Subject.SEA: _sea,
        Subject.HOUSE: _house,
        Subject.MOUNTAINS: _mountains,
        Subject.HILLS: _hills,
    }[scene.subject]
    paint_ground(Landscape(canvas=canvas, time=scene.time, horizon=horizon, sun_x=sun_x, chance=chance))
    return canvas


def _sky(time: Time, horizon: float, side: int) -> Canvas:
    _, down = grid(side)
    top, bottom = (np.asarray(colour, np.float32) for colour in SKY[time])
    part = np.clip(down / horizon, 0.0, 1.0)[..., None]
    sky: Canvas = (top + part * (bottom - top)).astype(np.float32)
    return sky


def _stars(canvas: Canvas, horizon: float, chance: random.Random) -> None:
    across, down = grid(canvas.shape[0])
    for _ in range(chance.randint(12, 18)):
        x, y = chance.uniform(0.03, 0.97), chance.uniform(0.03, horizon - 0.12)
        glow = chance.uniform(0.6, 1.0) * np.exp(-((across - x) ** 2 + (down - y) ** 2) / 0.00016)
        lay(canvas, glow.astype(np.float32), np.asarray((1.0, 0.98, 0.88), np.float32))


def _disc(canvas: Canvas, middle: tuple[float, float], radius: float, colour: Colour) -> None:
    """The sun or the moon, with its glow."""
    across, down = grid(canvas.shape[0])
    distance = np.hypot(across - middle[0], down - middle[1]) - radius
    glow = 0.45 * np.exp(-np.clip(distance, 0.0, None) / 0.07)
    lay(canvas, glow.astype(np.float32), np.asarray(colour, np.float32))
    lay(canvas, coverage(distance.astype(np.float32), canvas.shape[0]), np.asarray(colour, np.float32))


def _sea(land: Landscape) -> None:
    across, down = land.places
    time, horizon = land.time, land.horizon
    deep = {Time.DAY: (0.08, 0.34, 0.60), Time.SUNSET: (0.30, 0.20, 0.42), Time.NIGHT: (0.03, 0.06, 0.16)}[time]
    pale = {Time.DAY: (0.36, 0.66, 0.84), Time.SUNSET: (0.86, 0.46, 0.36), Time.NIGHT: (0.12, 0.18, 0.34)}[time]
    land.fill_ground(np.full_like(down, horizon), np.asarray(deep, np.float32), np.asarray(pale, np.float32))
    depth = np.clip((down - horizon) / (1.0 - horizon), 0.0, 1.0)
    waves = np.sin((down - horizon) * (95.0 - 45.0 * depth) + land.chance.uniform(0, 6.28)) > 0.25
    width = 0.05 + 0.13 * depth
    glint = 0.65 * np.exp(-(((across - land.sun_x) / width) ** 2)) * waves * (down > horizon + 0.01)
    lay(land.canvas, glint.astype(np.float32), np.asarray(SUN[time], np.float32))


def _hills(land: Landscape) -> None:
    across, _ = land.places
    for step, (far, near) in enumerate(
        [((0.42, 0.66, 0.44), (0.32, 0.56, 0.38)), ((0.28, 0.56, 0.30), (0.16, 0.40, 0.22))]
    ):
        phase = land.chance.uniform(0, 6.28)
        wave = np.sin(across * land.chance.uniform(5.0, 7.5) + phase)
        height = land.horizon + 0.14 * step + 0.05 * wave
        land.fill_ground(height.astype(np.float32), land.lit(near), land.lit(far))


def _mountains(land: Landscape) -> None:
    across, down = land.places
    chance, foot = land.chance, land.horizon + 0.04
    peaks = [
        (chance.uniform(0.16, 0.30), chance.uniform(0.26, 0.32)),
        (chance.uniform(0.70, 0.84), chance.uniform(0.26, 0.32)),
        (chance.uniform(0.44, 0.56), chance.uniform(0.36, 0.42)),
    ]
    for x, height in sorted(peaks, key=lambda peak: peak[1]):
        body = coverage((foot - height + np.abs(across - x) * 1.15 - down).astype(np.float32), land.side)
        shade = np.where(across < x, 1.0, 0.78)[..., None].astype(np.float32)
        lay(land.canvas, body, land.lit((0.48, 0.47, 0.56)) * shade)
        jagged = 0.10 + 0.025 * np.cos(across * 70.0 + x * 40.0)
        snow = body * (down < foot - height + jagged)
        lay(land.canvas, snow.astype(np.float32), land.lit((0.97, 0.98, 1.0)) * (0.5 + 0.5 * shade))
    meadow = np.full_like(down, foot)
    land.fill_ground(meadow, land.lit((0.18, 0.40, 0.24)), land.lit((0.36, 0.60, 0.36)))


def _house(land: Landscape) -> None:
    across, down = land.places
    slope = land.horizon + 0.02 * np.sin(across * 5.0 + land.chance.uniform(0, 6.28))
    land.fill_ground(slope.astype(np.float32), land.lit((0.22, 0.48, 0.24)), land.lit((0.46, 0.70, 0.38)))
    x = (0.36 if land.sun_x > 0.5 else 0.64) + land.chance.uniform(-0.03, 0.03)
    base = land.horizon + 0.13
    land.fill_box(x - 0.17, base - 0.22, x + 0.17, base, land.lit((0.93, 0.86, 0.72)))
    eaves = base - 0.22
    roof = np.maximum(np.abs(across - x) - 0.23 * (down - (eaves - 0.17)) / 0.17, down - eaves)
    land.fill(roof * 0.6, land.lit((0.74, 0.30, 0.24)))
    land.fill_box(x - 0.045, base - 0.13, x + 0.035, base, land.lit((0.45, 0.28, 0.18)))
    lamp = np.asarray((1.0, 0.86, 0.45), np.float32)
    window = lamp if land.time is Time.NIGHT else land.lit((0.62, 0.82, 0.92))
    land.fill_box(x + 0.075, base - 0.15, x + 0.135, base - 0.085, window)
    _tree(land, 1.0 - x + (0.06 if x < 0.5 else -0.06), base + 0.02)


def _tree(land: Landscape, x: float, foot: float) -> None:
    across, down = land.places
    land.fill_box(x - 0.025, foot - 0.20, x + 0.025, foot, land.lit((0.42, 0.28, 0.18)))
    for shift, rise, radius in ((-0.06, 0.25, 0.10), (0.06, 0.26, 0.10), (0.0, 0.34, 0.11)):
        crown = np.hypot(across - x - shift, down - foot + rise) - radius
        light = (1.08 - 1.6 * (down - foot + rise))[..., None]
        land.fill(crown, land.lit((0.20, 0.52, 0.26)) * light)
