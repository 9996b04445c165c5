"""Shapes as signed distances: negative inside, positive outside."""

import functools
import math

import numpy as np

from training.canvas import Field

TABLE_REACH = 1.8
TABLE_STEPS = 360


def distance_to(shape: str, across: Field, down: Field) -> Field:
    """The signed distance to a shape of radius 1 around the origin; it is looked up in a table."""
    table = _table(shape)
    scale = TABLE_STEPS / (2 * TABLE_REACH)
    column = np.clip((across + TABLE_REACH) * scale, 0, TABLE_STEPS).astype(np.int32)
    row = np.clip((down + TABLE_REACH) * scale, 0, TABLE_STEPS).astype(np.int32)
    found: Field = table[row, column]
    return found


@functools.cache
def _table(shape: str) -> Field:
    ticks = np.linspace(-TABLE_REACH, TABLE_REACH, TABLE_STEPS + 1, dtype=np.float32)
    down, across = np.meshgrid(ticks, ticks, indexing="ij")
    if shape == "circle":
        return (np.hypot(across, down) - 1.0).astype(np.float32)
    return _distance_to_polygon(_corners(shape), across, down)


def _corners(shape: str) -> list[tuple[float, float]]:
    """Of the polygon that a shape is, clockwise as it is seen."""
    if shape == "square":
        return [(-0.87, -0.87), (0.87, -0.87), (0.87, 0.87), (-0.87, 0.87)]
    if shape == "triangle":
        return [(0.0, -1.0), (1.02, 0.82), (-1.02, 0.82)]
    if shape == "star":
        return [
            (radius * math.sin(turn * math.pi / 5), -radius * math.cos(turn * math.pi / 5) + 0.06)
            for turn, radius in enumerate((1.15, 0.50) * 5)
        ]
    turns = [index / 72 * 2 * math.pi for index in range(72)]  # a heart
    return [
        (
            math.sin(turn) ** 3,
            (-13 * math.cos(turn) + 5 * math.cos(2 * turn) + 2 * math.cos(3 * turn) + math.cos(4 * turn)) / 15.5
            - 0.12,
        )
        for turn in turns
    ]


def _distance_to_polygon(corners: list[tuple[float, float]], across: Field, down: Field) -> Field:
    """After Inigo Quilez, "2D distance functions": the nearest edge, and an odd number of crossings is inside."""
    nearest = np.full_like(across, np.inf)
    inside = np.zeros(across.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        edge_x, edge_y = x1 - x0, y1 - y0
        along = np.clip(
            ((across - x0) * edge_x + (down - y0) * edge_y) / (edge_x**2 + edge_y**2 + 1e-12), 0.0, 1.0
        )
        nearest = np.minimum(nearest, np.hypot(across - x0 - along * edge_x, down - y0 - along * edge_y))
        crosses = (y0 <= down) != (y1 <= down)
        left_of = across < x0 + (down - y0) * edge_x / (edge_y if edge_y else 1e-12)
        inside ^= crosses & left_of
    return np.where(inside, -nearest, nearest).astype(np.float32)
