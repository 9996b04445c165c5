// One element of the page that index.html promises.

/** The element that matches. Throws where the page has none: index.html and the code disagree then. */
export function part<T extends Element>(within: ParentNode, selector: string, type: abstract new () => T): T {
  const found = within.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} at ${selector}`);
  return found;
}
