// The settings of the chosen model: one field for each parameter that its catalogue entry lists.

import { limits } from './generated/limits';
import { part } from './part';
import type { Model, Parameter } from './models';
import type { Problem } from './validation';
import { fieldName, formatNumber } from './words';

// In the order in which they are shown. A parameter that is not here has no field yet.
const FIELDS = [
  'num_inference_steps',
  'seed',
  'width',
  'height',
  'num_images',
  'num_frames',
  'fps',
  'guidance_scale',
  'negative_prompt',
] as const;
const TEXTS: readonly string[] = ['negative_prompt'];

/** What the person has filled in; fields that were left empty are not among the values. */
interface Reading {
  values: Record<string, string | number>;
  problem: Problem | undefined;
}

export class ParameterFields {
  private readonly typed = new Map<string, string>();

  constructor(private readonly element: HTMLElement) {
    element.addEventListener('input', (event) => {
      if (event.target instanceof HTMLInputElement) this.typed.set(event.target.name, event.target.value);
    });
  }

  /** Shows the fields of this model; what was typed into one that stays is kept. */
  offer(model: Model): void {
    const offered = FIELDS.filter((name) => name in model.parameters);
    this.element.replaceChildren(...offered.map((name) => this.field(name, model.parameters[name] ?? {})));
  }

  read(): Reading {
    const values: Record<string, string | number> = {};
    for (const input of this.element.querySelectorAll('input')) {
      if (input.validity.badInput) {
        return { values, problem: { field: input.name, message: `${fieldName(input.name)} must be a number.` } };
      }
      const text = input.value.trim();
      if (text === '') continue;
      // Adding 0 makes 0 of -0, which Firestore stores as a decimal and the rules refuse as an integer.
      values[input.name] = input.type === 'number' ? Number(text) + 0 : text;
    }
    return { values, problem: undefined };
  }

  private field(name: string, parameter: Parameter): Node {
    const copy = document.importNode(part(document, '#parameter', HTMLTemplateElement).content, true);
    const label = part(copy, 'label', HTMLLabelElement);
    const input = part(copy, 'input', HTMLInputElement);
    label.htmlFor = input.id = `parameter-${name}`;
    label.textContent = fieldName(name);
    input.name = name;
    if (TEXTS.includes(name)) part(copy, '.field', HTMLElement).classList.add('wide');
    else makeNumeric(input, name, parameter);
    input.value = this.typed.get(name) ?? '';
    return copy;
  }
}

/** The browser's own arrows and keyboard; whether a value is allowed is judged by `problemIn`. */
function makeNumeric(input: HTMLInputElement, name: string, parameter: Parameter): void {
  const { minimum, maximum, multiple_of: multiple, one_more_than_a_multiple_of: packed } = parameter;
  const whole = (limits.videos as Readonly<Record<string, { type: string }>>)[name]?.type === 'integer';
  input.type = 'number';
  input.inputMode = whole ? 'numeric' : 'decimal';
  input.step = String(multiple ?? packed ?? (whole ? 1 : 'any'));
  if (minimum !== undefined) input.min = String(minimum);
  if (maximum !== undefined) input.max = String(maximum);
  input.placeholder = typeof parameter.default === 'number' ? formatNumber(parameter.default) : 'any';
}
