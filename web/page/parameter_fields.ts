// The settings of the chosen model: one field for each parameter that its catalogue entry lists.

import { limits, type Model, type Parameter, type Problem } from '../client';
import { part } from './part';
import { SeedLock } from './seed_lock';
import { fieldName, formatNumber } from './words';

// In the order in which they are shown. The form has places of its own for the prompt, the model and the pictures.
const FIELDS = [
  'width',
  'height',
  'num_images',
  'num_frames',
  'fps',
  'num_inference_steps',
  'guidance_scale',
  'seed',
  'strength',
  'output_format',
  'lora',
  'lora_scale',
  'negative_prompt',
] as const;
const ONLY_WITH_PICTURE: readonly string[] = ['strength'];

/** What the person has filled in; fields that were left empty are not among the values. */
interface Reading {
  values: Record<string, string | number>;
  problem: Problem | undefined;
}

export class ParameterFields {
  private readonly typed = new Map<string, string>();
  private withPicture = false;
  private readonly seedLock = new SeedLock((seed) => this.fill({ seed }));

  constructor(private readonly element: HTMLElement) {
    element.addEventListener('input', (event) => {
      const { name, value } = event.target as HTMLInputElement | HTMLSelectElement;
      this.typed.set(name, value);
    });
  }

  /** Shows the fields of this model; what was typed into one that stays is kept. */
  offer(model: Model): void {
    const offered = FIELDS.filter(
      (name) => name in model.parameters && model.parameters[name]?.choices?.length !== 1,
    );
    this.element.replaceChildren(...offered.map((name) => this.field(name, model)));
    this.offerWithPicture(this.withPicture);
    this.seedLock.show();
  }

  /** Some mean something only beside a picture. The others stay as they are, and keep the focus. */
  offerWithPicture(withPicture: boolean): void {
    this.withPicture = withPicture;
    for (const name of ONLY_WITH_PICTURE) {
      const field = this.element.querySelector<HTMLElement>(`.field:has([name=${name}])`);
      if (field !== null) field.hidden = !withPicture;
    }
  }

  /** Puts these values into the fields; those that are not named are emptied where `all`. */
  fill(values: Readonly<Record<string, unknown>>, all = false): void {
    if (all) this.typed.clear();
    for (const [name, value] of Object.entries(values)) this.typed.set(name, String(value));
    for (const input of this.inputs('input, select')) input.value = this.typed.get(input.name) ?? '';
    this.seedLock.show();
  }

  read(): Reading {
    const values: Record<string, string | number> = {};
    for (const input of this.inputs(':is(input, select):not(.field[hidden] *)')) {
      if (input.validity.badInput) {
        return { values, problem: { field: input.name, reason: 'must be a number' } };
      }
      const text = input.value.trim();
      if (text === '') continue;
      values[input.name] = input.type === 'number' ? Number(text) : text;
    }
    return { values, problem: undefined };
  }

  private inputs(which: string): NodeListOf<HTMLInputElement | HTMLSelectElement> {
    return this.element.querySelectorAll(which);
  }

  private field(name: string, model: Model): Node {
    const parameter = model.parameters[name] ?? {};
    const choices = name === 'lora' ? model.loras.map(({ id }) => id) : parameter.choices;
    const copy = document.importNode(part(document, '#parameter', HTMLTemplateElement).content, true);
    const label = part(copy, 'label', HTMLLabelElement);
    const field = part(copy, '.field', HTMLElement);
    let input: HTMLInputElement | HTMLSelectElement = part(copy, 'input', HTMLInputElement);
    if (choices !== undefined) {
      const select = selectOf(choices, parameter.default);
      input.replaceWith(select);
      input = select;
    } else if (name === 'negative_prompt') field.classList.add('wide');
    else makeNumeric(input, name, parameter, field);
    label.htmlFor = input.id = `parameter-${name}`;
    label.textContent = fieldName(name);
    input.name = name;
    if (name === 'negative_prompt') input.dir = 'auto';
    input.value = this.typed.get(name) ?? '';
    if (name === 'seed') this.seedLock.attach(field, input as HTMLInputElement);
    return copy;
  }
}

/** Without a choice, the model's own applies. */
function selectOf(choices: readonly string[], usual: Parameter['default']): HTMLSelectElement {
  const select = document.createElement('select');
  const others = choices.filter((choice) => choice !== usual);
  select.append(new Option(typeof usual === 'string' ? usual : 'none', ''));
  select.append(...others.map((choice) => new Option(choice, choice)));
  return select;
}

/** The browser's own arrows and keyboard; whether a value is allowed is judged by the client. */
function makeNumeric(input: HTMLInputElement, name: string, parameter: Parameter, field: HTMLElement): void {
  const { minimum, maximum, multiple_of: multiple, one_more_than_a_multiple_of: packed } = parameter;
  const whole = (limits.videos as Readonly<Record<string, { type: string }>>)[name]?.type === 'integer';
  input.type = 'number';
  input.inputMode = whole ? 'numeric' : 'decimal';
  input.step = String(multiple ?? packed ?? (whole ? 1 : 'any'));
  if (minimum !== undefined) input.min = String(minimum);
  if (maximum !== undefined) input.max = String(maximum);
  input.placeholder = typeof parameter.default === 'number' ? formatNumber(parameter.default) : 'random';
  if (minimum === undefined || maximum === undefined) return;
  const range = document.createElement('p');
  range.className = 'hint';
  range.id = `range-${name}`;
  range.textContent = `${formatNumber(minimum)} to ${formatNumber(maximum)}`;
  input.setAttribute('aria-describedby', range.id);
  field.append(range);
}
