// The place of the picture in a card: empty, a preview, the pictures or the video.

import type { ImageData, VideoData } from './generated/contract';
import type { Entry } from './generations';
import { findModel, numberOf } from './models';

/** Of one picture, in pixels. */
interface Size {
  width: number;
  height: number;
}

/** Keeps its proportions from the first moment, so that nothing jumps when the picture arrives. */
export class Frame {
  private shown = '';

  constructor(private readonly element: HTMLElement) {}

  show(entry: Entry): void {
    const size = sizeOf(entry);
    const urls = imageUrls(entry);
    this.arrange(size, urls.length || numberOf(requestOf(entry), 'num_images', modelOf(entry)) || 1);
    const content = JSON.stringify([urls, videoUrl(entry), preview(entry), prompt(entry)]);
    if (content === this.shown) return; // a video that plays is left alone
    this.shown = content;
    const held = this.element.querySelector<HTMLImageElement>('.preview');
    const early = preview(entry);
    if (held !== null && early !== undefined) {
      held.src = early; // the same element: a new one would flicker at each step
      return;
    }
    this.element.replaceChildren(...this.contents(entry, urls, size));
  }

  private contents(entry: Entry, urls: string[], size: Size): HTMLElement[] {
    const video = videoUrl(entry);
    if (video !== undefined) return [this.video(entry, video, size)];
    if (urls.length > 0) return urls.map((url, index) => this.picture(entry, url, size, index, urls.length));
    const early = preview(entry);
    if (early === undefined) return [];
    const picture = image(early, `Preview: ${prompt(entry)}`, size);
    picture.className = 'preview';
    return [picture];
  }

  private picture(entry: Entry, url: string, size: Size, index: number, count: number): HTMLElement {
    const which = count > 1 ? ` (${index + 1} of ${count})` : '';
    const link = document.createElement('a');
    if (/^https?:/.test(url)) link.href = url;
    link.target = '_blank';
    link.rel = 'noopener';
    const picture = image(url, `${prompt(entry)}${which}`, size);
    picture.addEventListener('error', () => this.complain('The picture could not be loaded.'));
    link.append(picture);
    return link;
  }

  private video(entry: Entry, url: string, size: Size): HTMLElement {
    const video = document.createElement('video');
    const made = entry.generation.generation_data as Partial<VideoData>;
    Object.assign(video, { controls: true, loop: true, muted: true, playsInline: true, preload: 'metadata', ...size });
    if (typeof made.poster_url === 'string') video.poster = made.poster_url;
    video.setAttribute('aria-label', prompt(entry));
    video.addEventListener('error', () => this.complain('The video could not be loaded.'));
    video.src = url;
    return video;
  }

  private complain(sentence: string): void {
    const complaint = document.createElement('p');
    complaint.className = 'problem';
    complaint.textContent = sentence;
    this.element.replaceChildren(complaint);
  }

  /** Several pictures stand in a square of columns and rows. */
  private arrange({ width, height }: Size, count: number): void {
    const columns = Math.ceil(Math.sqrt(count));
    const rows = Math.ceil(count / columns);
    this.element.style.aspectRatio = `${width * columns} / ${height * rows}`;
    this.element.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
  }
}

function image(url: string, description: string, { width, height }: Size): HTMLImageElement {
  const picture = document.createElement('img');
  Object.assign(picture, { width, height, alt: description });
  picture.src = url;
  return picture;
}

/** Of what was made, else of what was asked for, else the model's. */
function sizeOf(entry: Entry): Size {
  const made = completed(entry);
  const side = (name: 'width' | 'height') => made?.[name] ?? numberOf(requestOf(entry), name, modelOf(entry)) ?? 1;
  return { width: side('width'), height: side('height') };
}

function completed(entry: Entry): Partial<ImageData & VideoData> | undefined {
  const { status, generation_data: made } = entry.generation;
  return status === 'completed' ? made : undefined;
}

function imageUrls(entry: Entry): string[] {
  return completed(entry)?.image_urls ?? [];
}

function videoUrl(entry: Entry): string | undefined {
  return completed(entry)?.video_url;
}

function preview({ generation: { status, progress } }: Entry): string | undefined {
  return status === 'processing' && progress?.preview?.startsWith('data:image/') ? progress.preview : undefined;
}

function prompt(entry: Entry): string {
  return entry.generation.request_data?.prompt || 'Without a prompt';
}

function requestOf(entry: Entry): Readonly<Record<string, unknown>> {
  return { ...entry.generation.request_data };
}

function modelOf(entry: Entry) {
  return findModel(entry.mediaType, entry.generation.request_data?.model);
}
