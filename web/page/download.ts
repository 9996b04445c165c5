// The files of a result, saved by the browser.

import type { Result } from '../client';
import { notice } from './notices';

const KEPT_MS = 60_000; // some browsers read it later than they are told to

/** Saves the picture of this index, or all that there are. */
export async function download(result: Result, index?: number): Promise<void> {
  const made = 'image_urls' in result ? result.image_urls : [result.video_url];
  const files = made.map((url, each) => ({ url, name: nameOf(result.object_paths[each] ?? url) }));
  const wanted = files.filter((_, each) => index === undefined || each === index);
  const saved = await Promise.all(wanted.map(save));
  const unsaved = wanted.filter((_, each) => !saved[each]);
  const [first] = unsaved;
  if (first === undefined) return;
  if (!navigator.onLine) return notice('You are offline: download it when the connection is back');
  // Where the bucket allows no page to read it (docs/frontend.md), a tab of its own still shows it. A browser lets
  // one press open one tab.
  click({ href: first.url, target: '_blank', rel: 'noopener' });
  if (unsaved.length > 1) notice('The first is open in a tab. The others cannot be saved from here: open them in the gallery');
}

/** Browsers ignore `download` on an address of another origin, so the file is fetched first. Whether it could be. */
async function save({ url, name }: { url: string; name: string }): Promise<boolean> {
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const href = URL.createObjectURL(await answer.blob());
    click({ href, download: name });
    setTimeout(() => URL.revokeObjectURL(href), KEPT_MS);
    return true;
  } catch (error) {
    console.info('not saved:', error);
    return false;
  }
}

function click(attributes: Partial<HTMLAnchorElement>): void {
  Object.assign(document.createElement('a'), attributes).click();
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
