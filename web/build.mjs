// Puts the page into web/dist: scripts, the sheet, the markup, the font. Needs no network. Says what it weighs, and
// fails where the scripts that come before the first picture are too heavy.

import { build } from 'esbuild';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const MOST_FIRST_LOAD_BYTES = 200_000; // compressed

const web = dirname(fileURLToPath(import.meta.url));
const page = join(web, 'page');
const dist = join(web, 'dist');
const font = createRequire(import.meta.url).resolve(
  '@fontsource-variable/instrument-sans/files/instrument-sans-latin-wght-normal.woff2',
);
const copied = { 'index.html': join(page, 'index.html'), 'icon.svg': join(page, 'icon.svg'), 'instrument-sans.woff2': font };

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const { metafile } = await build({
  entryPoints: { main: join(page, 'main.ts'), style: join(page, 'style.css') },
  outdir: dist,
  absWorkingDir: web,
  bundle: true,
  splitting: true, // what is imported later is a file of its own
  format: 'esm',
  target: 'es2022',
  external: ['instrument-sans.woff2'],
  minify: true,
  metafile: true,
  sourcemap: 'external',
  legalComments: 'linked',
  logLevel: 'warning',
});
await Promise.all(Object.entries(copied).map(([name, from]) => cp(from, join(dist, name))));

const first = firstLoad(metafile.outputs, 'dist/main.js');
const scripts = await Promise.all([...first].map((output) => packedSize(basename(output))));
const total = scripts.reduce((sum, bytes) => sum + bytes, 0);
for (const name of ['style.css', ...Object.keys(copied)]) {
  console.log(`web/dist/${name}  ${kilobytes(await packedSize(name))} compressed`);
}
console.log(`scripts of the first load (${scripts.length})  ${kilobytes(total)} compressed`);
if (total > MOST_FIRST_LOAD_BYTES) {
  console.error(`That is too much: ${kilobytes(MOST_FIRST_LOAD_BYTES)} at most. Import later what is not needed first.`);
  process.exitCode = 1;
}

/** An output and every one that it imports at once. */
function firstLoad(outputs, output, seen = new Set()) {
  if (seen.has(output)) return seen;
  seen.add(output);
  for (const { path, kind } of outputs[output].imports) {
    if (kind === 'import-statement') firstLoad(outputs, path, seen);
  }
  return seen;
}

async function packedSize(name) {
  return gzipSync(await readFile(join(dist, name))).length;
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
