// The models that can be asked, and what each can be asked: the catalogue, as `contracts/` has it.

import { models } from './generated/catalogue.js';
import type { MediaType } from './generated/contract.js';

/** What one key of a request may be for one model. */
export interface Parameter {
  default?: string | number | boolean;
  minimum?: number;
  maximum?: number;
  multiple_of?: number;
  one_more_than_a_multiple_of?: number;
  choices?: readonly string[];
}

export interface Model {
  id: string;
  title: string;
  media_type: MediaType;
  default: boolean;
  /** By their names on the Hugging Face hub, with the diffusers class that does each. */
  tasks: Readonly<Record<string, string>>;
  licence: string;
  loras: readonly { id: string; licence: string }[];
  /** Prompts that show it well. */
  examples: readonly string[];
  /** Width times height, times frames or pictures. */
  max_pixels: number;
  /** A key that is not here does not apply. */
  parameters: Readonly<Record<string, Parameter>>;
}

const catalogue: readonly Model[] = models;

/** The models that make this, the default one first. */
export function modelsFor(mediaType: MediaType): Model[] {
  return catalogue
    .filter((model) => model.media_type === mediaType)
    .sort((a, b) => Number(b.default) - Number(a.default));
}

/** The model of this id, or the default one where none is named. */
export function findModel(mediaType: MediaType, id: string | undefined): Model | undefined {
  return modelsFor(mediaType).find((model) => (id === undefined ? model.default : model.id === id));
}

/** A number of the request, or the model's default for it. */
export function numberOf(request: object, name: string, model: Model | undefined): number | undefined {
  const value = (request as Readonly<Record<string, unknown>>)[name] ?? model?.parameters[name]?.default;
  return typeof value === 'number' ? value : undefined;
}
