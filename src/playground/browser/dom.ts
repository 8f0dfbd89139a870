/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Elements of the page.
 *
 * @module
 */

/** Attributes by name; those that are undefined or false are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An HTML element. Texts among its children are texts, whatever is in them. */
export function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled<Made extends Element>(made: Made, attributes: Attributes, children: (Node | string)[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** The element with an id. */
export function byId(id: string): HTMLElement {
  return document.getElementById(id)!;
}

/** A number that is shown: rounded to the eye, and exact in the element's value. */
export interface Figure {
  readonly element: HTMLDataElement;
  show(value: number): void;
}

/** A number with so many digits after the point. */
export function figure(digits: number, attributes: Attributes = {}): Figure {
  const element = html("data", attributes);
  return {
    element,
    show(value) {
      element.value = String(value);
      element.textContent = fixed(value, digits);
    },
  };
}

/** A number with a real minus sign, and none for what is rounded to zero. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace("-", "\u2212");
}
