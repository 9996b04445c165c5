// The picture to start from: chosen, dropped or pasted, and uploaded at once.

import { toSafelightError, type Safelight } from '../client';
import { part } from './part';

export class InputPicture {
  private readonly element = part(document, '#input-picture', HTMLElement);
  private readonly image = part(this.element, 'img', HTMLImageElement);
  private readonly words = part(this.element, '.words', HTMLElement);
  private readonly bar = part(this.element, 'progress', HTMLProgressElement);
  private readonly choose = part(document, '#choose-picture', HTMLElement);
  private readonly file = part(document, '#picture-file', HTMLInputElement);
  private uploading: AbortController | undefined;
  private taken = true;
  private changed: () => void = () => {};

  /** The object's path once it is there. */
  path: string | undefined;

  constructor(private readonly safelight: Safelight) {
    this.file.addEventListener('change', () => {
      const [picture] = this.file.files ?? [];
      if (picture !== undefined) this.upload(picture);
      this.file.value = ''; // so that the same file can be chosen again
    });
    part(this.element, '.remove', HTMLButtonElement).addEventListener('click', () => {
      this.remove();
      this.file.focus();
    });
  }

  get isUploading(): boolean {
    return this.uploading !== undefined;
  }

  /** Takes pictures that are dropped on this element, or pasted into it. */
  takeFrom(element: HTMLElement, changed: () => void): void {
    this.changed = changed;
    element.addEventListener('dragover', (event) => {
      if (!this.taken || !event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      element.classList.add('dropping');
    });
    for (const end of ['dragleave', 'drop']) {
      element.addEventListener(end, () => element.classList.remove('dropping'));
    }
    for (const kind of ['dragover', 'drop']) {
      // A browser would leave the page for a file that is dropped beside the form.
      addEventListener(kind, (event) => {
        if ((event as DragEvent).dataTransfer?.types.includes('Files')) event.preventDefault();
      });
    }
    element.addEventListener('drop', (event) => this.takeOne(event, event.dataTransfer));
    element.addEventListener('paste', (event) => this.takeOne(event, event.clipboardData));
  }

  /** Whether the chosen model starts from pictures at all. */
  offer(taken: boolean): void {
    this.taken = taken;
    this.choose.hidden = !taken;
    if (!taken) this.remove();
  }

  /** One that was uploaded before. */
  reuse(path: string): void {
    this.remove();
    this.path = path;
    this.image.hidden = true;
    this.say('The same picture as before', undefined);
  }

  remove(): void {
    this.uploading?.abort();
    this.uploading = undefined;
    this.path = undefined;
    URL.revokeObjectURL(this.image.src);
    this.image.removeAttribute('src');
    this.element.hidden = true;
    this.element.classList.remove('problem');
    this.changed();
  }

  private takeOne(event: Event, data: DataTransfer | null): void {
    const [picture] = data?.files ?? [];
    // What office programs copy is text, with a picture of it.
    if (!this.taken || picture === undefined || data?.types.includes('text/plain')) return;
    event.preventDefault();
    this.upload(picture);
  }

  private upload(picture: File): void {
    this.remove();
    const uploading = new AbortController();
    this.uploading = uploading;
    this.image.src = URL.createObjectURL(picture);
    this.image.hidden = false;
    this.say('Uploading', 0);
    const options = { signal: uploading.signal, onProgress: (fraction: number) => this.say('Uploading', fraction) };
    this.safelight.upload(picture, options).then(
      (path) => this.end(uploading, path, 'Starts from this picture'),
      (error: unknown) => this.end(uploading, undefined, toSafelightError(error).message),
    );
  }

  private end(uploading: AbortController, path: string | undefined, words: string): void {
    if (this.uploading !== uploading) return; // it was removed meanwhile
    this.uploading = undefined;
    this.path = path;
    this.image.hidden = path === undefined;
    this.element.classList.toggle('problem', path === undefined);
    this.say(words, undefined);
  }

  private say(words: string, fraction: number | undefined): void {
    this.element.hidden = false;
    if (fraction !== undefined) this.element.classList.remove('problem');
    if (this.words.textContent !== words) this.words.textContent = words;
    this.bar.hidden = fraction === undefined;
    if (fraction !== undefined) this.bar.value = fraction;
    this.changed();
  }
}
