// What is wrong with a request, said before it is sent: the security rules only say that they refuse. The same
// checks, in the same order, as contracts/validation.py, which has the last word.

import type { MediaType } from './generated/contract.js';
import { limits, only_with, uploads } from './generated/limits.js';
import { findModel, modelsFor, numberOf, type Model, type Parameter } from './models.js';

/** One field, and what about it: `width`, `must be a multiple of 16`. */
export interface Problem {
  field: string;
  reason: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The contract's own limits of one field, wider than any model's. */
interface Limit {
  type?: string;
  enum?: readonly string[];
  const?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  'x-max-utf16-units'?: number;
}

const ONLY_WITH: Readonly<Record<string, readonly string[]>> = only_with;
const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** The first thing that would make the request fail, or nothing. */
export function problemIn(mediaType: MediaType, request: object, userId: string): Problem | undefined {
  const asked = request as Fields;
  const outside = limitsProblem(mediaType, asked) ?? uploadProblem(asked, userId);
  if (outside !== undefined) return outside;
  const model = findModel(mediaType, asked.model as string | undefined);
  if (model === undefined) {
    const offered = modelsFor(mediaType).map(({ id }) => id);
    return { field: 'model', reason: `must be one of those that make ${mediaType}: ${offered.join(', ')}` };
  }
  return modelProblem(mediaType, asked, model);
}

function limitsProblem(mediaType: MediaType, asked: Fields): Problem | undefined {
  const allowed: Readonly<Record<string, Limit>> = limits[mediaType];
  if (!('prompt' in asked)) return { field: 'prompt', reason: 'is missing' };
  for (const [field, limit] of Object.entries(allowed)) {
    const reason = field in asked ? limitProblem(asked[field], limit) : undefined;
    if (reason !== undefined) return { field, reason };
  }
  const unknown = Object.keys(asked).find((field) => !Object.hasOwn(allowed, field));
  return unknown === undefined ? undefined : { field: unknown, reason: 'is not a known field' };
}

function limitProblem(value: unknown, limit: Limit): string | undefined {
  switch (limit.type) {
    case 'string':
      return textProblem(value, limit);
    case 'integer':
      return Number.isInteger(value) ? rangeProblem(value as number, limit) : 'must be a whole number';
    default:
      return Number.isFinite(value) ? rangeProblem(value as number, limit) : 'must be a number';
  }
}

function textProblem(value: unknown, limit: Limit): string | undefined {
  if (typeof value !== 'string') return 'must be text';
  const choices = limit.enum ?? (limit.const === undefined ? undefined : [limit.const]);
  if (choices !== undefined && !choices.includes(value)) return `must be one of ${choices.join(', ')}`;
  const units = limit['x-max-utf16-units'] ?? Infinity;
  if (value.length > units) {
    return `is ${numbers.format(value.length)} characters long: at most ${numbers.format(units)} are allowed`;
  }
  const misspelt = limit.pattern !== undefined && !new RegExp(limit.pattern).test(value);
  return misspelt ? 'must be a name as the catalogue spells it' : undefined;
}

function uploadProblem(asked: Fields, userId: string): Problem | undefined {
  const own = `uploads/${userId}/`;
  const named = new RegExp(uploads.name_pattern);
  const isOwn = (path: string) => path.startsWith(own) && named.test(path.slice(own.length));
  const field = uploads.fields.find((name) => name in asked && !isOwn(asked[name] as string));
  return field && { field, reason: `must be one of your own uploads, ${own}{name}` };
}

function modelProblem(mediaType: MediaType, asked: Fields, model: Model): Problem | undefined {
  for (const field of Object.keys(limits[mediaType])) {
    if (!(field in asked) || field === 'prompt' || field === 'model') continue;
    const reason = parameterProblem(field, asked[field], model);
    if (reason !== undefined) return { field, reason };
  }
  return taskProblem(mediaType, asked, model) ?? pixelProblem(asked, model) ?? strengthProblem(asked, model);
}

function parameterProblem(field: string, value: unknown, model: Model): string | undefined {
  const parameter = model.parameters[field];
  if (parameter === undefined) return `does not apply to the model ${model.id}`;
  const loras = model.loras.map(({ id }) => id);
  if (field === 'lora' && !loras.includes(value as string)) return `must be one of ${loras.join(', ')}`;
  if (parameter.choices?.includes(value as string) === false) return `must be one of ${parameter.choices.join(', ')}`;
  return typeof value === 'number' ? numberProblem(value, parameter) : undefined;
}

function numberProblem(value: number, parameter: Parameter): string | undefined {
  const { multiple_of: step, one_more_than_a_multiple_of: packed } = parameter;
  const outside = rangeProblem(value, parameter);
  if (outside !== undefined) return outside;
  if (step !== undefined && value % step !== 0) return `must be a multiple of ${step}`;
  if (packed !== undefined && value % packed !== 1) return `must be one more than a multiple of ${packed}`;
  return undefined;
}

function rangeProblem(value: number, { minimum = -Infinity, maximum = Infinity }: Parameter): string | undefined {
  if (value < minimum) return `must be at least ${numbers.format(minimum)}`;
  if (value > maximum) return `must be at most ${numbers.format(maximum)}`;
  return undefined;
}

/** What is asked for follows from the pictures that it starts from, as in contracts/task.py. */
function taskOf(mediaType: MediaType, asked: Fields): string {
  if (mediaType === 'videos') return 'input_image' in asked ? 'image-to-video' : 'text-to-video';
  if ('mask_image' in asked) return 'inpainting';
  return 'input_image' in asked ? 'image-to-image' : 'text-to-image';
}

function taskProblem(mediaType: MediaType, asked: Fields, model: Model): Problem | undefined {
  const task = taskOf(mediaType, asked);
  const without = Object.keys(ONLY_WITH).find((field) => field in asked && !ONLY_WITH[field]?.includes(task));
  if (without !== undefined) return { field: without, reason: 'means something only with input_image' };
  if (task === 'inpainting' && !('input_image' in asked)) {
    return { field: 'mask_image', reason: 'says which part of input_image to repaint: name both' };
  }
  if (task in model.tasks) return undefined;
  return { field: 'input_image', reason: `is needed: the model ${model.id} starts from a picture` };
}

function pixelProblem(asked: Fields, model: Model): Problem | undefined {
  const count = (name: string) => (name in model.parameters ? (numberOf(asked, name, model) ?? 1) : 1);
  const frames = count('num_frames');
  const factors = ['num_frames', 'width', 'height', 'num_images'].filter((name) => count(name) > 1);
  const pixels = factors.reduce((product, name) => product * count(name), 1);
  if (pixels <= model.max_pixels) return undefined;
  const reason = `is too much: ${factors.join(' × ')} must be at most ${numbers.format(model.max_pixels)} pixels in all`;
  return { field: frames > 1 ? 'num_frames' : 'width', reason };
}

function strengthProblem(asked: Fields, model: Model): Problem | undefined {
  if (!('input_image' in asked) || !('strength' in model.parameters)) return undefined;
  const strength = numberOf(asked, 'strength', model);
  const steps = numberOf(asked, 'num_inference_steps', model);
  if (strength === undefined || steps === undefined || Math.trunc(strength * steps) >= 1) return undefined;
  return { field: 'strength', reason: '× num_inference_steps must be at least 1: nothing would be done' };
}
