// The form: what to make, from which words and which picture, and with which settings.

import {
  findModel,
  limits,
  modelsFor,
  numberOf,
  problemIn,
  toSafelightError,
  type MediaType,
  type Model,
  type Problem,
  type Request,
  type Safelight,
} from '../client';
import type { InputPicture } from './input_picture';
import { announce, notice } from './notices';
import { ParameterFields } from './parameter_fields';
import { part } from './part';
import { Repeats } from './repeats';
import { shapesOf } from './shapes';
import { formatNumber, problemInWords } from './words';

const SHOW_LENGTH_FROM = 0.8; // of the longest prompt

export class RequestForm {
  private readonly form = part(document, '#request', HTMLFormElement);
  private readonly prompt = part(document, '#prompt', HTMLTextAreaElement);
  private readonly modelChoice = part(document, '#model', HTMLSelectElement);
  private readonly shapes = part(document, '#shapes', HTMLFieldSetElement);
  private readonly examples = part(document, '#examples', HTMLUListElement);
  private readonly error = part(document, '#form-error', HTMLElement);
  private readonly settings = part(document, '#settings', HTMLElement);
  private readonly opener = part(document, '#settings-open', HTMLButtonElement);
  private readonly button = part(document, '#generate', HTMLButtonElement);
  private readonly parameters = new ParameterFields(part(document, '#parameters', HTMLElement));
  private readonly repeats = new Repeats();
  private userId: string | undefined;

  constructor(
    private readonly picture: InputPicture,
    private readonly safelight: Safelight,
  ) {
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    this.form.addEventListener('change', (event) => {
      if ((event.target as Element).matches('[name=media_type]')) this.offerModels();
      if (event.target === this.modelChoice) this.offerWhatItCan();
    });
    part(this.form, '#parameters', HTMLElement).addEventListener('input', () => this.showShape());
    this.prompt.addEventListener('input', () => this.showLength());
    this.prompt.addEventListener('keydown', (event) => {
      const meant = event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.repeat;
      if (meant) this.form.requestSubmit();
    });
    this.opener.addEventListener('click', () => this.openSettings(this.settings.hidden));
    picture.takeFrom(this.form, () => this.followPicture());
    this.offerModels();
    this.showLength();
  }

  /** Lets requests be sent; until then nobody is signed in. */
  enable(userId: string): void {
    this.userId = userId;
    this.followPicture();
  }

  disable(): void {
    this.userId = undefined;
    this.picture.lose();
  }

  /** Forgets what somebody has typed who does not want to be here any more. */
  clear(): void {
    this.form.reset();
    this.picture.remove();
    this.offerModels();
    this.fillIn({}, true);
    this.openSettings(false);
    this.showLength();
    this.explain(undefined);
  }

  /** Fills in what was asked before, to be changed. */
  fill(mediaType: MediaType, request: Partial<Request>): void {
    const { prompt = '', model, input_image, mask_image, ...settings } = request;
    part(this.form, `[name=media_type][value=${mediaType}]`, HTMLInputElement).checked = true;
    this.offerModels();
    if (findModel(mediaType, model) !== undefined) this.modelChoice.value = findModel(mediaType, model)?.id ?? '';
    this.offerWhatItCan();
    if (input_image === undefined) this.picture.remove();
    else this.picture.reuse(input_image);
    this.fillIn(settings, true);
    this.openSettings(Object.keys(settings).length > 0);
    this.explain(undefined);
    this.write(prompt);
    this.form.scrollIntoView({ block: 'nearest' });
  }

  /** So that what is asked for next differs in other things only. */
  keepSeed(seed: number): void {
    this.fillIn({ seed });
    this.openSettings(true);
  }

  /** Asks for it, and says what is wrong with it. */
  private send(mediaType: MediaType, request: Request): void {
    try {
      this.safelight.generate(request, mediaType).sent.catch((error: unknown) => this.refuse(error));
      const isSeen = part(document, '#gallery', HTMLElement).getBoundingClientRect().top < innerHeight;
      (isSeen ? announce : notice)('Asked for');
    } catch (error) {
      this.refuse(error);
    }
  }

  private submit(): void {
    const { userId, model, mediaType, picture } = this;
    if (userId === undefined) return notice('Nobody is signed in yet: wait a moment');
    const { values, problem: unreadable } = this.parameters.read();
    const request: Request & Record<string, unknown> = { prompt: this.prompt.value, model: model.id, ...values };
    if (picture.path !== undefined) request.input_image = picture.path;
    const empty = request.prompt.trim() === '' ? { field: 'prompt', reason: 'is empty: say what to make' } : undefined;
    const problem = empty ?? picture.problem ?? unreadable ?? problemIn(mediaType, request, userId);
    this.explain(problem);
    if (problem === undefined && !this.repeats.isOne(JSON.stringify(request))) this.send(mediaType, request);
  }

  private get mediaType(): MediaType {
    return part(this.form, '[name=media_type]:checked', HTMLInputElement).value as MediaType;
  }

  private get model(): Model {
    const model = findModel(this.mediaType, this.modelChoice.value || undefined);
    if (model === undefined) throw new Error(`the catalogue has no model for ${this.mediaType}`);
    return model;
  }

  private offerModels(): void {
    this.modelChoice.replaceChildren(...modelsFor(this.mediaType).map(({ id, title }) => new Option(title, id)));
    this.offerWhatItCan();
  }

  private offerWhatItCan(): void {
    const { model } = this;
    part(this.form, '#model-facts', HTMLElement).textContent = factsOf(model);
    this.picture.offer('input_image' in model.parameters);
    this.parameters.offer(model);
    this.offerShapes(model);
    this.prompt.placeholder = model.examples[0] ?? '';
    this.examples.replaceChildren(...model.examples.map((example) => item(example, () => this.write(example))));
  }

  private offerShapes(model: Model): void {
    const shapes = shapesOf(model);
    this.shapes.hidden = shapes.length < 2;
    const chips = shapes.map(({ name, width, height }) => {
      const chip = button(name, () => this.fillIn({ width, height }));
      chip.title = `${width} × ${height}`;
      return chip;
    });
    part(this.shapes, '.chips', HTMLElement).replaceChildren(...chips);
    this.showShape();
  }

  /** Which shape it is, be it chosen, typed, or the model's own. */
  private showShape(): void {
    const { values } = this.parameters.read();
    const [width, height] = ['width', 'height'].map((side) => numberOf(values, side, this.model));
    for (const chip of this.shapes.querySelectorAll('button')) {
      chip.setAttribute('aria-pressed', String(chip.title === `${width} × ${height}`));
    }
  }

  private fillIn(values: Readonly<Record<string, unknown>>, all = false): void {
    this.parameters.fill(values, all);
    this.showShape();
  }

  /** As if it were typed, so that undoing it brings back what was there. */
  private write(prompt: string): void {
    this.prompt.focus();
    this.prompt.select();
    const typed = document.execCommand(prompt === '' ? 'delete' : 'insertText', false, prompt);
    if (!typed) this.prompt.value = prompt;
    this.showLength();
  }

  /** Some settings mean something only beside a picture, and nothing can be sent while it is on its way. */
  private followPicture(): void {
    this.button.disabled = this.userId === undefined || this.picture.isUploading;
    this.parameters.offerWithPicture(this.picture.path !== undefined);
    const isBlamed = this.form.querySelector('[name=input_image][aria-invalid]') !== null;
    if (isBlamed) this.explain(this.picture.problem);
  }

  private openSettings(open: boolean): void {
    this.settings.hidden = !open;
    this.opener.setAttribute('aria-expanded', String(open));
  }

  private refuse(error: unknown): void {
    const { code, field, message } = toSafelightError(error);
    if (code === 'invalid_request' && field !== undefined) {
      this.explain({ field, reason: message.slice(field.length + 1) });
    } else this.error.textContent = message;
  }

  private explain(problem: Problem | undefined): void {
    for (const marked of this.form.querySelectorAll('[aria-invalid]')) marked.removeAttribute('aria-invalid');
    this.error.textContent = problem === undefined ? '' : problemInWords(problem);
    const field = problem && this.form.querySelector<HTMLElement>(`[name=${CSS.escape(problem.field)}]`);
    if (!field) return;
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-errormessage', this.error.id);
    if (this.settings.contains(field)) this.openSettings(true);
    if (problem.field !== 'input_image') field.focus(); // a file is not typed: who types goes on
  }

  private showLength(): void {
    const most = limits[this.mediaType].prompt['x-max-utf16-units'];
    const length = this.prompt.value.length; // in UTF-16 units, as the rules count
    const hint = part(this.form, '#prompt-length', HTMLElement);
    hint.textContent =
      length < most * SHOW_LENGTH_FROM ? '' : `${formatNumber(length)} of ${formatNumber(most)} characters`;
    hint.classList.toggle('over', length > most);
  }
}

function factsOf({ parameters, tasks, max_pixels, licence }: Model): string {
  const { width, height } = parameters;
  const sides = width?.maximum && height?.maximum ? `up to ${width.maximum} × ${height.maximum}` : '';
  const pixels = `${formatNumber(max_pixels)} pixels in all`;
  const what = Object.keys(tasks).join(', ').replaceAll('-', ' ');
  return [what, sides, pixels, licence].filter(Boolean).join(' · ');
}

function button(text: string, press: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.addEventListener('click', press);
  return made;
}

function item(text: string, press: () => void): HTMLLIElement {
  const made = document.createElement('li');
  made.append(button(text, press));
  return made;
}
