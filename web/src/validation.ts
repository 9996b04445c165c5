// What is wrong with a request, said before it is sent: the security rules only say that they refuse.

import type { MediaType } from './generated/contract';
import { limits } from './generated/limits';
import type { Request } from './generations';
import { numberOf, type Model, type Parameter } from './models';
import { fieldName, formatNumber } from './words';

/** One sentence about one field. */
export interface Problem {
  field: string;
  message: string;
}

/** The contract's own limits of one field, wider than any model's. */
interface Limit {
  type?: string;
  minimum?: number;
  maximum?: number;
  'x-max-utf16-units'?: number;
}

/** The first thing that would make the request fail, or nothing. */
export function problemIn(mediaType: MediaType, request: Request, model: Model): Problem | undefined {
  if (request.prompt.trim() === '') return { field: 'prompt', message: 'Prompt is empty: say what to make.' };
  const allowed: Readonly<Record<string, Limit>> = limits[mediaType];
  for (const [field, value] of Object.entries(request)) {
    const wrong = limitProblem(value, allowed[field] ?? {}) ?? parameterProblem(value, model.parameters[field] ?? {});
    if (wrong !== undefined) return { field, message: `${fieldName(field)} ${wrong}.` };
  }
  return pixelProblem(request, model);
}

function limitProblem(value: unknown, limit: Limit): string | undefined {
  const units = limit['x-max-utf16-units'];
  if (typeof value === 'string' && units !== undefined && value.length > units) {
    return `is ${formatNumber(value.length)} characters long: at most ${formatNumber(units)} are allowed`;
  }
  if (limit.type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
  if (limit.type === 'number' && !Number.isFinite(value)) return 'must be a number';
  return rangeProblem(value, limit);
}

function parameterProblem(value: unknown, parameter: Parameter): string | undefined {
  const outside = rangeProblem(value, parameter);
  if (outside !== undefined || typeof value !== 'number') return outside;
  const { multiple_of: step, one_more_than_a_multiple_of: packed } = parameter;
  if (step !== undefined && value % step !== 0) return `must be a multiple of ${step}`;
  if (packed !== undefined && value % packed !== 1) return `must be one more than a multiple of ${packed}`;
  return undefined;
}

function rangeProblem(value: unknown, range: { minimum?: number; maximum?: number }): string | undefined {
  if (typeof value !== 'number') return undefined;
  const { minimum = -Infinity, maximum = Infinity } = range;
  if (value < minimum) return `must be at least ${formatNumber(minimum)}`;
  if (value > maximum) return `must be at most ${formatNumber(maximum)}`;
  return undefined;
}

function pixelProblem(request: Request, model: Model): Problem | undefined {
  const factors = ['width', 'height', 'num_frames', 'num_images'].filter((name) => name in model.parameters);
  const pixels = factors.reduce((product, name) => product * (numberOf({ ...request }, name, model) ?? 1), 1);
  if (pixels <= model.max_pixels) return undefined;
  const product = factors.map((name) => fieldName(name).toLowerCase()).join(' × ');
  const field = 'num_frames' in model.parameters ? 'num_frames' : 'width';
  return { field, message: `Too big: ${product} must be at most ${formatNumber(model.max_pixels)} pixels in all.` };
}
