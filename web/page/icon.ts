// The drawings in index.html.

const SVG = 'http://www.w3.org/2000/svg';

export type Icon = 'again' | 'edit' | 'copy' | 'download' | 'delete' | 'close' | 'play' | 'locked' | 'unlocked';

export function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}
