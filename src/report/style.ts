/**
 * The CSS of pages.
 *
 * @module
 */
import { FAINT, INK, PAPER } from "./chart.ts";

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
main { max-width: 1440px; margin: 0 auto; padding: 16px; }
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; margin: 8px 0 12px; }
h2 { font-size: 1.3rem; margin: 36px 0 8px; border-top: 1px solid var(--faint); padding-top: 16px; }
.scripts { display: inline-flex; flex-direction: column; vertical-align: middle; font-size: 0.62em; line-height: 1.05;
  margin-left: 0.08em; }
.scripts sup, .scripts sub { font-size: inherit; vertical-align: baseline; line-height: inherit; position: static; }
.note { color: var(--soft); font-size: 0.9rem; margin: 4px 0 12px; max-width: 72ch; }
figure { margin: 0; padding: 8px; background: var(--paper); border: 1px solid var(--faint); border-radius: 8px;
  break-inside: avoid; display: flex; flex-direction: column; }
figcaption { font-size: 0.85rem; color: var(--soft); padding: 6px 4px 2px; }
footer { color: var(--soft); font-size: 0.85rem; margin-top: 32px; }`;

/** Of pages about runs: one column on a phone, more where there is place; charts have the colours of the page. */
export const STYLE = `${SHARED_STYLE}
h3, h4 { font-size: 1.1rem; margin: 24px 0 8px; }
h4 { font-size: 1rem; }
.remark { border-left: 4px solid var(--bad); padding: 2px 12px; margin: 8px 0; max-width: 72ch; }
.result { margin: 0; font-size: 1.3rem; }
.result strong { font-size: 2.2rem; font-variant-numeric: tabular-nums; }
aside { border: 1px solid var(--faint); border-left: 4px solid var(--good); border-radius: 6px; background: var(--paper);
  padding: 2px 14px; margin: 8px 0 20px; }
progress { width: 100%; height: 10px; margin: 8px 0; accent-color: #3b82c4; }
.passed, .failed { font-weight: 600; color: var(--good); }
.failed { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 8px 24px; }
.options { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); font-size: 0.9rem; }
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0; }
pre { background: var(--paper); border: 1px solid var(--faint); border-radius: 6px; padding: 10px 12px; margin: 0 0 12px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
code span { display: inline-block; }
code { font: 0.85rem/1.5 ui-monospace, monospace; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 14px; }
@media (min-width: 640px) { .row { grid-template-columns: 1fr 1fr; } }
@media (min-width: 1100px) { .row { grid-template-columns: repeat(4, 1fr); } }
.tall { display: block; max-width: 760px; margin-bottom: 14px; }
figure svg { display: block; width: 100%; height: auto; max-height: 400px; }
.tall svg { max-height: none; }
figure svg [fill="${INK}"] { fill: var(--ink); }
figure svg [stroke="${INK}"] { stroke: var(--ink); }
figure svg [stroke="${FAINT}"] { stroke: var(--faint); }
figure svg [fill="${PAPER}"] { fill: var(--paper); }
figure svg [stroke="${PAPER}"] { stroke: var(--paper); }
.beside { display: flex; flex-wrap: wrap; gap: 8px 40px; align-items: start; }
.beside > * { min-width: 0; max-width: 100%; }
.beside .charts { flex: 1 1 340px; max-width: min(100%, 560px); }
.wide { overflow-x: auto; margin: 8px 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: 4px 0; }
th, td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--faint); vertical-align: top; }
td { min-width: 4.5em; }
tbody th { font-weight: 600; }
@media print {
  body { font-size: 11pt; background: none; }
  main { max-width: none; padding: 0; }
  .charts { grid-template-columns: repeat(3, 1fr); gap: 8px; }
  figcaption { font-size: 8pt; }
  table { font-size: 9pt; min-width: 0 !important; }
  td { min-width: 0; }
  .row { grid-template-columns: repeat(4, 1fr); }
  .wide { overflow: visible; }
  h2, h3, h4 { break-after: avoid; }
}
`;
