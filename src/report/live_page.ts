/**
 * The page of a run that is under way. It is served by `tedi train --watch`; its script keeps it up to date, and where
 * scripts are off it reloads itself.
 *
 * @module
 */
import { escapeMarkup } from "../display.ts";
import { VERSION } from "../version.ts";
import type { Metrics, StartedRun } from "./data.ts";
import { trainingCharts } from "./training_charts.ts";
import { duration, notation, page } from "./html.ts";
import { again, commandBlock, type Fact, factList, knownValues, trainingSection } from "./run_facts.ts";

/** What is going on with a run. */
export interface Stage {
  /** What goes on, in a sentence. */
  readonly words: string;
  /** Commands that come next. */
  readonly next?: readonly string[];
  /** Whether nothing more will come. */
  readonly over?: boolean;
}

/** Iterations whose median says how long the next ones take. */
const RECENT = 51;
/** Seconds between reloads where scripts are off. */
const RELOAD = 5;
/** Where the page finds its script, and where that hears of news. */
export const SCRIPT_PATH = "/live.js", NEWS_PATH = "/news";

/** What the policy of a page that keeps up allows: its script, and what that reads, from the same server. */
export const LIVE_POLICY = "; script-src 'self'; connect-src 'self'";

/** The page of a run, with its iterations so far. */
export async function livePage(run: StartedRun, iterations: number, stage: Stage): Promise<string> {
  const { problem, metrics, device, seconds, options } = run, done = metrics.at(-1)?.iteration ?? 0;
  const pace = recentPace(metrics), facts: Fact[] = [];
  const left = pace === undefined || done >= iterations || stage.over
    ? ""
    : `about ${duration(pace / 1000 * (iterations - done))} left`;
  const time = [seconds === undefined ? "" : duration(seconds), left].filter(Boolean).join(", ");
  if (time) facts.push(["Time", time]);
  if (pace !== undefined) {
    facts.push(["Pace", `${pace < 10 ? pace.toFixed(1) : Math.round(pace)} ms an iteration on ${device}`]);
  }
  const main = `<header>
<h1>${notation(problem.name)}</h1>
<p class="result"><strong>${done}</strong> of ${iterations} iterations</p>
<progress max="${iterations}" value="${done}" aria-label="Iterations that are done"></progress>
${stageWords(stage)}
${factList([...facts, ...knownValues(problem)])}
</header>
${trainingSection(await trainingCharts([run]), "The first iterations are under way.")}
<section>
<h2>Options</h2>
${again(run)}
<dl class="options">
${
    Object.entries(options).map(([name, text]) =>
      `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(text)}</dd></div>`
    ).join(
      "\n",
    )
  }
</dl>
</section>
<footer><p>Served by tedi train --watch ${escapeMarkup(VERSION)}, to this machine alone.</p></footer>`;
  const title = `${Math.floor(done / iterations * 100)}%, ${problem.name}`;
  if (stage.over) return page({ title, main });
  const head = `<script src="${SCRIPT_PATH}" defer></script>
<noscript><meta http-equiv="refresh" content="${RELOAD}"></noscript>
`;
  return page({ title, main, head, allowed: LIVE_POLICY });
}

/** A report with a stage above it. */
export function withStage(html: string, stage: Stage): string {
  return html.replace("<main>", () => `<main>\n<aside>\n${stageWords(stage)}\n</aside>`);
}

function stageWords({ words, next = [] }: Stage): string {
  return `<p role="status">${escapeMarkup(words)}</p>${next.map((command) => `\n${commandBlock(command)}`).join("")}`;
}

/** The median milliseconds of the latest iterations. */
function recentPace(metrics: readonly Metrics[]): number | undefined {
  const times = metrics.slice(-RECENT).flatMap(({ milliseconds }) => milliseconds ?? []).sort((a, b) => a - b);
  return times[times.length >> 1];
}

/**
 * The script of a page that keeps up. On news it takes what has changed from a fresh page; what is read stays where it
 * is in the window.
 */
export const LIVE_SCRIPT = `"use strict";
const news = new EventSource("${NEWS_PATH}");
let last = Promise.resolve();

async function update() {
  const response = await fetch("/");
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const parts = () => [...document.querySelector("main").children];
  const old = parts(), changed = [...fresh.querySelector("main").children];
  const top = (part) => part.getBoundingClientRect().top;
  const read = window.scrollY > 0 ? old.findLast((part) => part.tagName === "SECTION" && top(part) <= 0) : undefined;
  const place = old.filter((part) => part.tagName === "SECTION").indexOf(read), before = read && top(read);
  if (old.length !== changed.length) document.querySelector("main").replaceChildren(...changed);
  else old.forEach((part, k) => part.isEqualNode(changed[k]) || part.replaceWith(changed[k]));
  const now = parts().filter((part) => part.tagName === "SECTION")[place];
  if (now) window.scrollBy({ top: top(now) - before, behavior: "instant" });
  document.title = fresh.title;
}

const inTurn = () => last = last.then(update).catch(() => {});
news.onmessage = inTurn;
news.onopen = inTurn;
news.addEventListener("end", () => inTurn().then(() => news.close()));
news.onerror = () => {
  const status = document.querySelector("[role=status]");
  if (status) status.textContent = "tedi train does not answer any more: it has ended, or is stopping.";
};
`;
