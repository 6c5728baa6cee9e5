/**
 * Building elements. Everything a database or a user says becomes a text node or an attribute's value, never markup: there
 * is no other way to put content on the page.
 */

type Child = Node | string | null | undefined | false;

interface Attributes {
  class?: string;
  id?: string;
  title?: string;
  role?: string;
  type?: string;
  hidden?: boolean;
  disabled?: boolean;
  value?: string;
  on?: Partial<{ [E in keyof HTMLElementEventMap]: (event: HTMLElementEventMap[E]) => void }>;
  aria?: Record<string, string | number | boolean>;
  data?: Record<string, string>;
}

/** An element with attributes and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  const { class: className, on, aria, data, ...rest } = attributes;
  if (className) node.className = className;
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value === 'boolean') node.toggleAttribute(name, value);
    else if (value !== undefined) node.setAttribute(name, value);
  }
  for (const [name, value] of Object.entries(aria ?? {})) node.setAttribute(`aria-${name}`, String(value));
  for (const [name, value] of Object.entries(data ?? {})) node.dataset[name] = value;
  for (const [event, listener] of Object.entries(on ?? {})) {
    node.addEventListener(event, listener as EventListener);
  }
  append(node, children);
  return node;
}

/** Replaces what is in `parent`. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** Makes `text` the content of an element that holds text alone. What stands there already is left alone: it need not be laid out again. */
export function setText(node: Element, text: string): void {
  const { firstChild } = node;
  if (firstChild instanceof Text) {
    if (firstChild.data !== text) firstChild.data = text;
  } else if (text !== '') node.append(text);
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
}

/** The element with this id in the page's own markup. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found as T;
}

const ICONS = {
  play: 'M7 4.5v15l12.5-7.5z',
  pause: 'M7 5h3.5v14H7zM13.5 5H17v14h-3.5z',
  back: 'M17 5.5v13L7.5 12zM5 5.5h2v13H5z',
  forward: 'M7 5.5v13l9.5-6.5zM17 5.5h2v13h-2z',
  close: 'M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z',
  key: 'M14.5 3a6.5 6.5 0 0 0-6.2 8.4L3 16.7V21h4.3v-2.6h2.6v-2.6h1.7l1-1A6.5 6.5 0 1 0 14.5 3zm1.8 3.4a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z',
} as const;

/** One of the page's own drawings, invisible to screen readers. */
export function icon(name: keyof typeof ICONS): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}
