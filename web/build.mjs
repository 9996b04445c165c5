// Puts the page into web/dist: one script, the sheet, the markup. Needs no network.

import { build } from 'esbuild';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const web = dirname(fileURLToPath(import.meta.url));
const dist = join(web, 'dist');
const copied = ['index.html', 'icon.svg'];

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({
  entryPoints: { main: join(web, 'src/main.ts'), style: join(web, 'style.css') },
  outdir: dist,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: 'external',
  legalComments: 'linked',
  logLevel: 'warning',
});
await Promise.all(copied.map((name) => cp(join(web, name), join(dist, name))));

for (const name of ['main.js', 'style.css', ...copied]) {
  const content = await readFile(join(dist, name));
  const packed = gzipSync(content).length;
  console.log(`${relative(process.cwd(), join(dist, name))}  ${kilobytes(content.length)}, ${kilobytes(packed)} gzipped`);
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
