// The place of the picture in a card: waiting, developing, the pictures, the video, or why there is none.

import { hasEnded, type GenerationState } from '../client';
import { icon } from './icon';
import { failureInWords, promptOf } from './words';

/** Always a square: what comes and goes in it moves nothing else. */
export class Frame {
  private shown = '';

  constructor(
    private readonly element: HTMLElement,
    private readonly open: (index: number) => void,
  ) {}

  show(state: GenerationState): void {
    this.showContent(state);
    this.showProgress(state);
  }

  private showContent(state: GenerationState): void {
    const preview = previewOf(state);
    const content = JSON.stringify([state.status, promptOf(state), resultOf(state), preview, failureInWords(state)]);
    if (content === this.shown) return; // what plays or is looked at is left alone
    this.shown = content;
    const held = this.element.querySelector<HTMLImageElement>('img.preview');
    if (preview !== undefined && held !== null) {
      held.src = preview; // the same element: a new one would flicker at each step
      return;
    }
    if (state.status === 'completed') this.develop(state, held);
    else this.element.replaceChildren(...this.waiting(state, preview));
  }

  private waiting(state: GenerationState, preview: string | undefined): HTMLElement[] {
    if (preview !== undefined) {
      const picture = image(preview, `Preview: ${promptOf(state)}`);
      picture.className = 'preview';
      return [picture, bar()];
    }
    if (!hasEnded(state)) return [bar()];
    return failureInWords(state).map((sentence, index) => {
      const line = document.createElement('p');
      line.className = index === 0 ? 'problem' : 'hint';
      line.textContent = sentence;
      return line;
    });
  }

  /** The last preview stays behind the picture until that is there. */
  private develop(state: Extract<GenerationState, { status: 'completed' }>, preview: HTMLImageElement | null): void {
    const { result } = state;
    const contents =
      'image_urls' in result
        ? result.image_urls.map((url, index) => this.picture(state, url, index, result.image_urls.length))
        : [this.video(state, result.video_url, result.poster_url)];
    this.element.style.setProperty('--columns', String(Math.ceil(Math.sqrt(contents.length))));
    const [first] = contents;
    const covered = preview !== null && contents.length === 1 && 'image_urls' in result;
    this.element.replaceChildren(...(covered ? [preview] : []), ...contents);
    if (!covered) return;
    for (const end of ['load', 'error']) first?.firstElementChild?.addEventListener(end, () => preview.remove());
  }

  private picture(state: GenerationState, url: string, index: number, count: number): HTMLElement {
    const which = count > 1 ? ` (${index + 1} of ${count})` : '';
    const picture = image(url, `${promptOf(state)}${which}`);
    picture.loading = 'lazy';
    const opener = this.opener(index, picture);
    retryWhenOnline(picture, opener, () => (picture.src = url));
    return opener;
  }

  /** Plays while it is pointed at; the viewer has the controls. */
  private video(state: GenerationState, url: string, poster: string): HTMLElement {
    const video = document.createElement('video');
    Object.assign(video, { loop: true, muted: true, playsInline: true, preload: 'none', poster });
    video.setAttribute('aria-label', promptOf(state));
    video.src = url;
    const opener = this.opener(0, video);
    retryWhenOnline(video, opener, () => (video.src = url));
    const badge = document.createElement('span');
    badge.className = 'badge';
    badge.append(icon('play'));
    opener.append(badge);
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    opener.addEventListener('pointerenter', () => {
      // A browser that saves power may refuse, and a quick pointer leaves before it has begun.
      if (!still.matches) video.play().catch((error: unknown) => console.debug('not played:', error));
    });
    opener.addEventListener('pointerleave', () => video.pause());
    return opener;
  }

  private opener(index: number, content: HTMLElement): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'open';
    button.append(content);
    button.addEventListener('click', () => this.open(index));
    return button;
  }

  private showProgress(state: GenerationState): void {
    const fraction = state.status === 'processing' ? state.progress.fraction : undefined;
    this.element.style.setProperty('--fraction', String(fraction ?? (state.status === 'completed' ? 1 : 0)));
    const shown = this.element.querySelector('progress');
    if (fraction === undefined || state.status !== 'processing' || state.stage !== 'generating') {
      shown?.removeAttribute('value');
    } else if (shown !== null) shown.value = fraction;
  }
}

/** Says what is missing in its place, and looks for it again when the connection is back. */
function retryWhenOnline(file: HTMLElement, opener: HTMLElement, load: () => void): void {
  file.addEventListener('error', () => {
    const line = document.createElement('span');
    line.className = 'problem';
    line.textContent = 'It could not be loaded.';
    file.replaceWith(line);
    const again = () => {
      line.replaceWith(file);
      load();
    };
    if (opener.isConnected) addEventListener('online', again, { once: true });
  });
}

function bar(): HTMLProgressElement {
  const progress = document.createElement('progress');
  progress.max = 1;
  progress.setAttribute('aria-label', 'Progress');
  return progress;
}

function image(url: string, description: string): HTMLImageElement {
  const picture = document.createElement('img');
  picture.alt = description;
  picture.decoding = 'async';
  picture.src = url;
  return picture;
}

function previewOf(state: GenerationState): string | undefined {
  if (state.status !== 'processing') return undefined;
  const { preview } = state.progress;
  return preview?.startsWith('data:image/') ? preview : undefined;
}

function resultOf(state: GenerationState): unknown {
  if (state.status !== 'completed') return undefined;
  return 'image_urls' in state.result ? state.result.image_urls : state.result.video_url;
}
