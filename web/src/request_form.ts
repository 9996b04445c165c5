// The form: what to make, from which words, and with which settings.

import type { MediaType } from './generated/contract';
import { limits } from './generated/limits';
import type { Request } from './generations';
import { findModel, modelsFor, type Model } from './models';
import { ParameterFields } from './parameter_fields';
import { part } from './part';
import { problemIn, type Problem } from './validation';
import { errorInWords, formatNumber } from './words';

const SHOW_LENGTH_FROM = 0.8; // of the longest prompt

export type Send = (mediaType: MediaType, request: Request) => Promise<void>;

export class RequestForm {
  private readonly form = part(document, '#request', HTMLFormElement);
  private readonly prompt = part(document, '#prompt', HTMLTextAreaElement);
  private readonly modelChoice = part(document, '#model', HTMLSelectElement);
  private readonly examples = part(document, '#examples', HTMLUListElement);
  private readonly error = part(document, '#form-error', HTMLElement);
  private readonly parameters = new ParameterFields(part(document, '#parameters', HTMLElement));

  private send: Send | undefined;

  constructor() {
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    this.form.addEventListener('change', (event) => {
      if ((event.target as Element).matches('[name=media_type]')) this.offerModels();
      if (event.target === this.modelChoice) this.offerWhatItCan();
    });
    this.prompt.addEventListener('input', () => this.showLength());
    this.prompt.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    });
    this.offerModels();
    this.showLength();
  }

  /** Lets requests be sent; until then nobody is signed in. */
  enable(send: Send): void {
    this.send = send;
    part(this.form, '#generate', HTMLButtonElement).disabled = false;
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
    const offered = modelsFor(this.mediaType);
    this.modelChoice.replaceChildren(...offered.map(({ id, title }) => new Option(title, id)));
    part(this.form, '#model-field', HTMLElement).hidden = offered.length < 2;
    this.offerWhatItCan();
  }

  private offerWhatItCan(): void {
    const { examples } = this.model;
    this.parameters.offer(this.model);
    this.prompt.placeholder = examples[0] ?? '';
    this.examples.replaceChildren(...examples.map((example) => this.offerExample(example)));
  }

  private offerExample(example: string): HTMLLIElement {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = example;
    button.addEventListener('click', () => {
      this.prompt.value = example;
      this.showLength();
      this.prompt.focus();
    });
    item.append(button);
    return item;
  }

  private submit(): void {
    const { model, mediaType, send } = this;
    if (send === undefined) return;
    const { values, problem: unreadable } = this.parameters.read();
    const request: Request = { prompt: this.prompt.value, model: model.id, ...values };
    const problem = unreadable ?? problemIn(mediaType, request, model);
    this.explain(problem);
    if (problem !== undefined) return;
    send(mediaType, request).catch((error: unknown) => {
      this.error.textContent = errorInWords(error);
    });
  }

  private explain(problem: Problem | undefined): void {
    for (const marked of this.form.querySelectorAll('[aria-invalid]')) marked.removeAttribute('aria-invalid');
    this.error.textContent = problem?.message ?? '';
    const field = problem && this.form.querySelector<HTMLElement>(`[name=${problem.field}]`);
    if (!field) return;
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-errormessage', this.error.id);
    field.closest('details')?.setAttribute('open', '');
    field.focus();
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
