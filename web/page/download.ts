// The files of a result, saved by the browser.

import type { Result } from '../client';

const KEPT_MS = 60_000; // some browsers read it later than they are told to

export function download(result: Result): void {
  const urls = 'image_urls' in result ? result.image_urls : [result.video_url];
  urls.forEach((url, index) => void save(url, nameOf(result.object_paths[index] ?? url)));
}

/** Browsers ignore `download` on an address of another origin, so the file is fetched first. */
async function save(url: string, name: string): Promise<void> {
  const link = document.createElement('a');
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    link.href = URL.createObjectURL(await answer.blob());
    link.download = name;
  } catch (error) {
    // Where the bucket allows no page to read it (docs/frontend.md), a tab of its own still shows it.
    console.info('opened instead of saved:', error);
    link.href = url;
    link.target = '_blank';
    link.rel = 'noopener';
  }
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
