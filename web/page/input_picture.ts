// The picture to start from: chosen, dropped or pasted, and uploaded at once.

import { toSafelightError, type Problem, type Safelight } from '../client';
import { notice } from './notices';
import { part } from './part';

export class InputPicture {
  private readonly element = part(document, '#input-picture', HTMLElement);
  private readonly image = part(this.element, 'img', HTMLImageElement);
  private readonly words = part(this.element, '.words', HTMLElement);
  private readonly bar = part(this.element, 'progress', HTMLProgressElement);
  private readonly choose = part(document, '#choose-picture', HTMLElement);
  private readonly file = part(document, '#picture-file', HTMLInputElement);
  private uploading: AbortController | undefined;
  private uploaded: string | undefined;
  private failed = false;
  private taken = true;
  private changed: () => void = () => {};

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

  /** The object's path once it is there, for a model that starts from a picture. */
  get path(): string | undefined {
    return this.taken ? this.uploaded : undefined;
  }

  get isUploading(): boolean {
    return this.taken && this.uploading !== undefined;
  }

  /** Why nothing can be asked for with it: without it, something else would be made than was wanted. */
  get problem(): Problem | undefined {
    const field = 'input_image';
    if (this.isUploading) return { field, reason: 'is still on its way: wait a moment' };
    return this.taken && this.failed ? { field, reason: 'is not there: choose another one, or remove it' } : undefined;
  }

  /** Takes pictures that are dropped on the page, or pasted into this element. */
  takeFrom(element: HTMLElement, changed: () => void): void {
    this.changed = changed;
    addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // a browser would leave the page for the file
      element.classList.toggle('dropping', this.taken);
    });
    for (const end of ['dragleave', 'drop']) addEventListener(end, () => element.classList.remove('dropping'));
    addEventListener('drop', (event) => {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
      this.takeOne(event, event.dataTransfer);
    });
    element.addEventListener('paste', (event) => this.takeOne(event, event.clipboardData));
  }

  /** Whether the chosen model starts from pictures at all. One that it does not take is kept for a model that does. */
  offer(taken: boolean): void {
    this.taken = taken;
    this.choose.hidden = !taken;
    this.show();
  }

  /** One that was uploaded before. */
  reuse(path: string): void {
    this.remove();
    this.uploaded = path;
    this.say('The same picture as before');
  }

  remove(): void {
    this.uploading?.abort();
    this.uploading = undefined;
    this.uploaded = undefined;
    this.failed = false;
    URL.revokeObjectURL(this.image.src);
    this.image.removeAttribute('src');
    this.show();
  }

  /** It belongs to a user who has left. */
  lose(): void {
    if (!this.isThere) return;
    this.remove();
    this.failed = true;
    this.say('It belongs to who was signed in before');
  }

  /** Or would be: it is on its way, or had to be. */
  private get isThere(): boolean {
    return this.uploading !== undefined || this.uploaded !== undefined || this.failed;
  }

  private takeOne(event: Event, data: DataTransfer | null): void {
    const [picture] = data?.files ?? [];
    // What office programs copy is text, with a picture of it.
    if (picture === undefined || data?.types.includes('text/plain')) return;
    event.preventDefault();
    if (this.taken) this.upload(picture);
    else notice('This model does not start from a picture');
  }

  private upload(picture: File): void {
    this.remove();
    const uploading = new AbortController();
    this.uploading = uploading;
    this.image.src = URL.createObjectURL(picture);
    this.bar.value = 0;
    this.say('Uploading');
    const options = { signal: uploading.signal, onProgress: (fraction: number) => (this.bar.value = fraction) };
    this.safelight.upload(picture, options).then(
      (path) => this.end(uploading, path, 'Starts from this picture'),
      (error: unknown) => this.end(uploading, undefined, toSafelightError(error).message),
    );
  }

  private end(uploading: AbortController, path: string | undefined, words: string): void {
    if (this.uploading !== uploading) return; // it was removed meanwhile
    this.uploading = undefined;
    this.uploaded = path;
    this.failed = path === undefined;
    this.say(words);
  }

  private say(words: string): void {
    this.words.textContent = words;
    this.show();
  }

  private show(): void {
    const { uploading, failed } = this;
    this.element.hidden = !this.taken || !this.isThere;
    this.element.classList.toggle('problem', failed);
    this.image.hidden = failed || !this.image.hasAttribute('src');
    this.bar.hidden = uploading === undefined;
    this.changed();
  }
}
