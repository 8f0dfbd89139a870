/**
 * What the pages of this package share: how text gets into them, and how they look.
 *
 * @module
 */

/** A text as HTML, be it between tags or in an attribute. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** Colours, light and dark, and the elements that every page has. */
export const SHARED_STYLE = `
:root { --ink: #24292f; --faint: #d0d7de; --paper: #ffffff; --ground: #f6f8fa; --soft: #57606a; --bad: #b3261e;
  --good: #1a7f37; color-scheme: light dark; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --faint: #3d444d; --paper: #151b23; --ground: #0d1117; --soft: #9aa4af; --bad: #ff8a80;
    --good: #56d364; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 16px; }
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; margin: 8px 0 12px; }
h2 { font-size: 1.3rem; margin: 36px 0 8px; border-top: 1px solid var(--faint); padding-top: 16px; }
.note { color: var(--soft); font-size: 0.9rem; margin: 4px 0 12px; max-width: 72ch; }
figure { margin: 0; padding: 8px; background: var(--paper); border: 1px solid var(--faint); border-radius: 8px;
  break-inside: avoid; display: flex; flex-direction: column; }
figcaption { font-size: 0.85rem; color: var(--soft); padding: 6px 4px 2px; }
footer { color: var(--soft); font-size: 0.85rem; margin-top: 32px; }`;
