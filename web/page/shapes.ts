// A few proportions that suit a model, so that nobody has to multiply.

import type { Model, Parameter } from '../client';

export interface Shape {
  name: string;
  width: number;
  height: number;
}

const RATIOS: readonly [string, number][] = [
  ['Square', 1],
  ['Portrait', 3 / 4],
  ['Tall', 9 / 16],
  ['Landscape', 4 / 3],
  ['Wide', 16 / 9],
];

/** Those that the model can make, with about the area of its default, in steps that it allows. */
export function shapesOf(model: Model): Shape[] {
  const { width, height } = model.parameters;
  if (typeof width?.default !== 'number' || typeof height?.default !== 'number') return [];
  const area = width.default * height.default;
  const shapes = RATIOS.map(([name, ratio]) => ({
    name,
    width: snapped(Math.sqrt(area * ratio), width),
    height: snapped(Math.sqrt(area / ratio), height),
  }));
  const isNew = ({ width: w, height: h }: Shape, index: number) =>
    shapes.findIndex((other) => other.width === w && other.height === h) === index;
  return shapes.filter(isNew);
}

function snapped(side: number, { multiple_of: step = 1, minimum = step, maximum = Infinity }: Parameter): number {
  const nearest = Math.round(side / step) * step;
  return Math.min(Math.max(nearest, Math.ceil(minimum / step) * step), Math.floor(maximum / step) * step);
}
