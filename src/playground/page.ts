/**
 * The page of the playground: one HTML file that loads nothing, with the code that runs mechanisms in it.
 *
 * @module
 */
import { escapeMarkup } from "../display.ts";
import { page } from "../report/html.ts";
import { SHARED_STYLE } from "../report/style.ts";
import { VERSION } from "../version.ts";
import { SCRIPT } from "./script.ts";

/** A mechanism that a page shows at once. */
export interface EmbeddedMechanism {
  /** What its file is called. */
  readonly name: string;
  /** The bytes of its file. */
  readonly bytes: Uint8Array;
}

/** The page, with a mechanism in it if there is one. A policy in it forbids all code but its own. */
export async function playgroundPage(mechanism?: EmbeddedMechanism): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(SCRIPT));
  const allowed = `; script-src 'sha256-${new Uint8Array(digest).toBase64()}' 'wasm-unsafe-eval'`;
  const data = mechanism
    ? `<script type="text/plain" id="mechanism" data-name="${
      escapeMarkup(mechanism.name)
    }">${mechanism.bytes.toBase64()}` +
      `</script>\n`
    : "";
  const main = `<header>
<div>
<h1 id="title">Playground</h1>
<p class="note" id="facts">What a mechanism does with the types that you choose.</p>
</div>
<label class="button">Open a mechanism file<input type="file" id="file" accept=".safetensors"></label>
</header>
<p id="problem" role="alert"></p>
<noscript><p>This page computes, and needs JavaScript to do so.</p></noscript>
<p id="waiting" ${mechanism ? "hidden" : ""}>Open the <code>mechanism.safetensors</code> of a run folder, or drop it \
here. It stays on this machine.</p>
<div id="playing" hidden>
<div class="bar-above">
<p id="result"></p>
<div class="controls">
<button type="button" id="random">Random types</button>
<label>All types <input type="range" id="all" min="0" max="1" step="0.01" value="0.5"></label>
</div>
</div>
<div id="participants"></div>
<p class="hidden" id="said" role="status"></p>
<section>
<h2 id="whose"></h2>
<p class="note" id="prices"></p>
<p id="selection"></p>
<div id="choice"></div>
</section>
<section>
<h2>Price list</h2>
<p class="note">What this participant would take, whatever its type; what it takes now is marked.</p>
<table id="list"></table>
</section>
</div>
<footer><p><span id="time"></span> Made by tedi playground ${
    escapeMarkup(VERSION)
  }. Everything is computed in this page, in \
64-bit floats, by the code that tedi run runs.</p></footer>`;
  const end = `${data}<script type="module">${SCRIPT}</script>\n`;
  return page({ title: "Playground", main, end, style: STYLE, allowed });
}

/** Cards and pictures beside each other where there is place, one below the other on a phone. */
const STYLE = `${SHARED_STYLE}
:root { --c1: #2b6cb0; --c2: #c05621; --c3: #2a8a7d; --track: #e4e8ec; }
@media screen and (prefers-color-scheme: dark) {
  :root { --c1: #63a4e8; --c2: #e8975a; --c3: #4fc3b4; --track: #2a323c; }
}
body { accent-color: var(--c1); }
body.over { outline: 3px dashed var(--c1); outline-offset: -6px; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: start; gap: 4px 24px; }
header div { flex: 1 1 240px; }
h1 { margin: 4px 0; }
.button, button { display: inline-block; font: inherit; font-size: 0.9rem; color: var(--ink); cursor: pointer;
  background: var(--paper); border: 1px solid var(--faint); border-radius: 6px; padding: 5px 12px; }
.button:hover, button:hover { border-color: var(--c1); }
.button:focus-within, button:focus-visible, select:focus-visible { outline: 2px solid var(--c1); outline-offset: 1px; }
.button { position: relative; overflow: hidden; }
.button input { position: absolute; inset: 0; opacity: 0; cursor: pointer; font-size: 0; }
#problem { color: var(--bad); font-weight: 600; overflow-wrap: anywhere; margin: 0 0 8px; }
#problem:empty { display: none; }
#waiting { border: 2px dashed var(--faint); border-radius: 8px; padding: 48px 16px; text-align: center; }
.bar-above { position: sticky; top: 0; z-index: 2; background: var(--ground); display: flex; flex-wrap: wrap;
  justify-content: space-between; align-items: center; gap: 4px 24px; padding: 6px 0; margin-bottom: 6px; }
#result { margin: 0; font-variant-numeric: tabular-nums; }
#result span { white-space: nowrap; }
#result strong { font-size: 1.7rem; line-height: 1.2; }
@media (max-width: 640px) {
  .bar-above { display: contents; }
  #result { position: sticky; top: 0; z-index: 2; background: var(--ground); padding: 4px 0; }
  .controls { margin-bottom: 10px; }
}
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; font-size: 0.9rem; }
.controls label { display: flex; align-items: center; gap: 8px; }
.controls input { width: 120px; }
#participants { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 272px), 1fr)); gap: 14px; }
.card { margin: 0; padding: 4px 14px 10px; min-width: 0; background: var(--paper); border: 1px solid var(--faint);
  border-radius: 8px; max-width: 620px; }
.selected { border-color: var(--c1); }
.selected legend { color: var(--c1); }
legend { font-weight: 600; padding: 0 6px; margin-left: -6px; }
.goods { display: grid; align-items: center; gap: 5px 8px; font-size: 0.92rem; font-variant-numeric: tabular-nums;
  grid-template-columns: auto minmax(0, 1.6fr) 5em minmax(0, 1fr) 2.2em; }
.many .goods { font-size: 0.8rem; gap: 0 8px; }
.goods input { width: 100%; min-width: 0; margin: 0; height: 22px; }
.goods data { text-align: right; }
.goods input[type="number"] { font: inherit; text-align: right; color: var(--ink); background: var(--paper);
  border: 1px solid var(--faint); border-radius: 4px; padding: 0 2px; appearance: textfield; }
.goods input[type="number"]:invalid { border-color: var(--bad); outline: 1px solid var(--bad); }
.goods .head { color: var(--soft); font-size: 0.8rem; line-height: 1; }
.goods .two { grid-column: span 2; }
.goods label { font-weight: 600; }
.bar { height: 12px; border-radius: 3px; background: var(--track); overflow: hidden; }
.bar span { display: block; height: 100%; background: var(--c3); }
.sums { display: flex; gap: 24px; margin: 10px 0 0; padding-top: 8px; border-top: 1px solid var(--faint);
  font-variant-numeric: tabular-nums; }
#selection { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 12px; }
select { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--faint);
  border-radius: 6px; padding: 3px 6px; }
#list { border-collapse: collapse; font-variant-numeric: tabular-nums; }
#list th, #list td { text-align: right; padding: 3px 0 3px 28px; border-bottom: 1px solid var(--faint); }
#list th { font-weight: normal; color: var(--soft); font-size: 0.85rem; }
#list :first-child { text-align: left; padding-left: 6px; }
#list .taken { background: var(--track); font-weight: 600; }
#choice { display: grid; grid-template-columns: minmax(0, 1fr); gap: 14px; }
@media (min-width: 620px) { #choice { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 620px) and (max-width: 1099px) { #choice figure svg { font-size: 9.5px; } }
@media (min-width: 1100px) { #choice { grid-template-columns: repeat(4, minmax(0, 1fr)); } }
#choice svg { display: block; width: 100%; height: auto; font-size: 12px; fill: var(--ink); }
#choice figure { max-width: 560px; }
.map { position: relative; }
.map canvas { position: absolute; }
.map svg { position: relative; }
.legend, .scale { list-style: none; display: flex; flex-wrap: wrap; align-items: center; gap: 2px 14px; margin: 0 4px;
  padding: 0; font-size: 0.85rem; min-height: 1.6em; }
.legend i { display: inline-block; width: 18px; height: 3px; margin: 0 6px 4px 0; background: currentColor; }
.legend i.c2 { background: repeating-linear-gradient(90deg, currentColor 0 6px, transparent 6px 10px); }
i.c1 { color: var(--c1); } i.c2 { color: var(--c2); } i.c3 { color: var(--c3); }
.scale { gap: 6px; flex-wrap: nowrap; white-space: nowrap; font-variant-numeric: tabular-nums; }
.scale canvas { width: 44px; height: 10px; }
.scale span { color: var(--soft); }
line { stroke: var(--faint); }
line.axis { stroke: var(--soft); }
line.mark { stroke: var(--ink); stroke-dasharray: 3 3; }
.curve { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.curve.c2 { stroke-dasharray: 7 5; }
path.c1 { stroke: var(--c1); } path.c2 { stroke: var(--c2); } path.c3 { stroke: var(--c3); }
.contour { fill: none; stroke: #fff; stroke-opacity: 0.6; stroke-width: 1; }
.point { fill: #fff; stroke: #16202b; stroke-width: 2.5; }
`;
