/**
 * The page of a report: HTML that loads nothing, with its style and its charts in it.
 *
 * Every text is escaped on its way in, whoever wrote it; a policy in the page forbids whatever else a browser would do.
 *
 * @module
 */
import { CHECK_WORDS } from "../mechanisms/audit/words.ts";
import type { AuditReport } from "../mechanisms/audit.ts";
import { yardsticks } from "../problems/yardsticks.ts";
import { VERSION } from "../version.ts";
import { type Chart, FAINT, INK, mechanismCharts, PAPER, short, slug, trainingCharts } from "./charts.ts";
import type { ReportedRun } from "./data.ts";

/** A report that is done. */
export interface Report {
  /** The page. */
  readonly html: string;
  /** All its charts, in order. */
  readonly charts: readonly Chart[];
}

/** Makes the report of some runs: one at least, each with a name of its own. */
export async function makeReport(runs: readonly ReportedRun[]): Promise<Report> {
  const training = await trainingCharts(runs), charts = [...training], several = runs.length > 1;
  const sections: string[] = [], slugs = runs.map(({ name }) => slug(name));
  // Names that are the same in letters that every file system takes get a number.
  const prefixes = slugs.map((one, k) => slugs.indexOf(one) === slugs.lastIndexOf(one) ? one : `${one}-${k + 1}`);
  let at = 0;
  for (const run of runs) {
    const groups = await mechanismCharts(run, prefixes[at++]), { contexts, profiles } = run.mechanism;
    for (const group of groups) charts.push(...group.charts);
    const fixed = contexts.length > 1 ? " Slices are those of participant 1." : "";
    const level = several ? 4 : 3;
    const parts = groups.map((group) => (
      `<h${level}>${escape(group.title)}</h${level}>\n${figures(group.charts, group.row)}`
    ));
    sections.push(`<section>
${several ? `<h2>${escape(run.name)}</h2>\n${facts(run)}` : ""}
<h${several ? 3 : 2}>The mechanism</h${several ? 3 : 2}>
<p>Slices of it, and what happened on ${profiles} held-out type profiles.${fixed}</p>
${parts.join("\n")}
${run.audit ? auditSection(run.audit, several ? 3 : 2) : ""}
</section>`);
  }
  const [{ problem }] = runs, names = [...new Set(runs.map((run) => run.problem.name))];
  const title = several ? `${runs.length} runs: ${names.join(", ")}` : problem.name;
  const trained = training.length > 0
    ? `<section>\n<h2>Training</h2>\n${figures(training)}\n</section>`
    : "<section>\n<h2>Training</h2>\n<p>No metrics were recorded.</p>\n</section>";
  const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<h1>${escape(title)}</h1>
${several ? comparison(runs) : facts(runs[0])}
</header>
${trained}
${sections.join("\n")}
<footer><p>Made by tedi report ${escape(VERSION)}.</p></footer>
</main>
</body>
</html>
`;
  return { html, charts };
}

/** A text as HTML, be it between tags or in an attribute. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** The charts, each in a figure. */
function figures(charts: readonly Chart[], row = false): string {
  const list = charts.map((chart) => (
    `<figure>\n${inline(chart)}\n<figcaption>${escape(chart.caption)}</figcaption>\n</figure>`
  ));
  return `<div class="charts${row ? " row" : ""}">\n${list.join("\n")}\n</div>`;
}

/** The SVG of a chart within a page: as wide as there is place, and with ids that no other chart has. */
function inline({ name, alt, svg }: Chart): string {
  const [, open, rest] = /^<svg([^>]*)>([\s\S]*)$/.exec(svg)!, [, box] = /viewBox="([\d. -]+)"/.exec(open)!;
  const body = rest.replace(/\bid="([^"]*)"/g, `id="${name}-$1"`).replace(/url\(#([^)]*)\)/g, `url(#${name}-$1)`);
  return `<svg viewBox="${box}" role="img" aria-label="${escape(alt)}">${body}`;
}

/** A table. Its first column names the rows. */
function table(head: readonly string[], rows: readonly (readonly string[])[], caption: string): string {
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${
      cells.map((text, k) => {
        const scope = tag === "th" ? ' scope="col"' : k === 0 ? ' scope="row"' : "", name = k === 0 ? "th" : tag;
        return `<${name}${scope}>${escape(text)}</${name}>`;
      }).join("")
    }</tr>`;
  return `<div class="wide" tabindex="0" role="region" aria-label="${escape(caption)}"><table>
<caption>${escape(caption)}</caption>
<thead>${line("th", head)}</thead>
<tbody>
${rows.map((row) => line("td", row)).join("\n")}
</tbody>
</table></div>`;
}

/** What a run reached, and how to get it again. */
function facts(run: ReportedRun): string {
  const { problem, evaluation, version, command, commandRemark, device, seconds, metrics } = run;
  const { optimum, separable, paper } = yardsticks(problem), { revenue, standardError, worstGap } = evaluation;
  const share = (value: number) => value > 0 ? `; the revenue is ${(revenue / value * 100).toFixed(1)}% of it` : "";
  const rows: [string, string][] = [];
  if (optimum) rows.push(["Known optimum", `${optimum.value.toFixed(4)}, ${optimum.name}${share(optimum.value)}`]);
  if (separable !== undefined) {
    rows.push([
      "Item-wise optimum",
      `${separable.toFixed(4)}, the best that sells each good by itself${share(separable)}`,
    ]);
  }
  if (paper !== undefined) rows.push(["TEDI in the paper", `${paper.toFixed(4)}, Table 1${share(paper)}`]);
  rows.push([
    "Certificate",
    Number.isFinite(worstGap)
      ? `nobody gains more than ${short(worstGap)} by lying, on these profiles`
      : "none: prices are not convex, and best responses were searched for",
  ]);
  rows.push(["Participants", `keep ${short(evaluation.participantsUtility)} of utility together, on average`]);
  const iterations = metrics.at(-1)?.iteration;
  if (iterations !== undefined) {
    const time = seconds === undefined ? "" : ` in ${duration(seconds)}`;
    rows.push(["Training", `${iterations} iterations${time} on ${device}`]);
  }
  const list = rows.map(([name, text]) => `<div><dt>${escape(name)}</dt><dd>${escape(text)}</dd></div>`).join("\n");
  // A line breaks between words, and not after the hyphens of an option.
  const words = command.split(" ").map((word) => `<span>${escape(word)}</span>`).join(" ");
  const other = version === VERSION ? "" : ` (this page was made by version ${VERSION})`;
  return `<p class="result"><strong>${revenue.toFixed(4)}</strong> <span>&plusmn; ${standardError.toFixed(4)}</span></p>
<p class="note">Revenue: the principal's expected utility, mean and standard error on ${evaluation.profiles} held-out \
type profiles. ${escape(problem.name)} has ${count(problem.participants, "participant")} and \
${count(problem.goods, "good")}.</p>
<dl>
${list}
</dl>
<p class="note">To get it again, with version ${escape(version)} of tedi${escape(other)}:</p>
<pre><code>${words}</code></pre>
${commandRemark === undefined ? "" : `<p class="note">${escape(commandRemark)}</p>`}`;
}

/** A table of what runs reached, and one of what they were told to do differently. */
function comparison(runs: readonly ReportedRun[]): string {
  const rows = runs.map(({ name, problem, evaluation: { revenue, standardError, worstGap }, metrics, seconds }) => {
    const { optimum, separable } = yardsticks(problem), best = optimum?.value ?? separable;
    return [
      name,
      problem.name,
      `${revenue.toFixed(4)}\u00a0\u00b1\u00a0${standardError.toFixed(4)}`,
      best === undefined ? "" : `${best.toFixed(4)}, ${optimum ? "known optimum" : "item-wise optimum"}`,
      best === undefined || best <= 0 ? "" : `${(revenue / best * 100).toFixed(1)}%`,
      String(metrics.at(-1)?.iteration ?? ""),
      seconds === undefined ? "" : duration(seconds),
      Number.isFinite(worstGap) ? short(worstGap) : "not known",
    ];
  });
  const head = ["run", "setting", "revenue", "compared with", "share", "iterations", "time", "largest gap"];
  const names = [...new Set(runs.flatMap(({ options }) => Object.keys(options)))];
  const different = names.filter((name) => new Set(runs.map(({ options }) => options[name])).size > 1);
  const first = table(head, rows, "What the runs reached");
  if (different.length === 0) return `${first}\n<p class="note">All runs were trained with the same options.</p>`;
  const options = different.map((name) => [name, ...runs.map((run) => run.options[name] ?? "default")]);
  return `${first}\n${table(["option", ...runs.map(({ name }) => name)], options, "What they were told differently")}`;
}

/** The verdict of an audit. */
function auditSection({ passed, checks, skipped, revenue, options }: AuditReport, level: number): string {
  const failed = checks.filter((check) => !check.passed).length, [low, high] = revenue.interval;
  const verdict = passed ? `All ${checks.length} checks passed.` : `${failed} of ${checks.length} checks failed.`;
  const rows = checks.map(({ name, passed, worst, bound, cases, remark }) => {
    const [title, violation] = CHECK_WORDS[name];
    return [title, passed ? "passed" : "FAILED", short(worst), short(bound), String(cases), violation, remark ?? ""];
  });
  for (const { name, reason } of skipped) rows.push([CHECK_WORDS[name][0], "not checked", "", "", "", reason, ""]);
  const head = ["check", "verdict", "largest violation", "bound", "cases", "what it is", "remark"];
  return `<h${level}>The audit</h${level}>
<p class="${passed ? "passed" : "failed"}">${verdict}</p>
<p class="note">${options.profiles} profiles, ${options.misreports} misreports for each participant, seed \
${options.seed}. Revenue on ${revenue.profiles} fresh profiles: ${revenue.mean.toFixed(4)}, 95% confidence \
${low.toFixed(4)} to ${high.toFixed(4)}. tedi audit does a larger one.</p>
${table(head, rows, "Checks of the audit")}`;
}

/** `1 good`, `2 goods`. */
function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `0.8 s`, `45 s`, `2:33 min`, `1:05 h`. */
function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  return minutes < 60 ? `${minutes}:${two(whole % 60)} min` : `${Math.floor(minutes / 60)}:${two(minutes % 60)} h`;
}

/** One column on a phone, more where there is place; the colours of charts follow those of the page. */
const STYLE = `
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
h3, h4 { font-size: 1.1rem; margin: 24px 0 8px; }
h4 { font-size: 1rem; }
.result { margin: 0; font-size: 1.3rem; }
.result strong { font-size: 2.2rem; font-variant-numeric: tabular-nums; }
.note { color: var(--soft); font-size: 0.9rem; margin: 4px 0 12px; max-width: 72ch; }
.passed, .failed { font-weight: 600; color: var(--good); }
.failed { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 8px 24px; }
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0; }
pre { background: var(--paper); border: 1px solid var(--faint); border-radius: 6px; padding: 10px 12px; margin: 0 0 12px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
code span { display: inline-block; }
code { font: 0.85rem/1.5 ui-monospace, monospace; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 14px; }
@media (min-width: 640px) { .row { grid-template-columns: 1fr 1fr; } }
@media (min-width: 1100px) { .row { grid-template-columns: repeat(4, 1fr); } }
figure { margin: 0; padding: 8px; background: var(--paper); border: 1px solid var(--faint); border-radius: 8px;
  break-inside: avoid; display: flex; flex-direction: column; }
figure svg { display: block; width: 100%; height: auto; max-height: 400px; }
figcaption { font-size: 0.85rem; color: var(--soft); padding: 6px 4px 2px; }
figure svg [fill="${INK}"] { fill: var(--ink); }
figure svg [stroke="${INK}"] { stroke: var(--ink); }
figure svg [stroke="${FAINT}"] { stroke: var(--faint); }
figure svg [fill="${PAPER}"] { fill: var(--paper); }
figure svg [stroke="${PAPER}"] { stroke: var(--paper); }
.wide { overflow-x: auto; margin: 8px 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: 4px 0; }
th, td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--faint); vertical-align: top; }
td { min-width: 4.5em; }
tbody th { font-weight: 600; }
footer { color: var(--soft); font-size: 0.85rem; margin-top: 32px; }
@media print {
  body { font-size: 11pt; background: none; }
  main { max-width: none; padding: 0; }
  .charts { grid-template-columns: repeat(3, 1fr); gap: 8px; }
  figcaption { font-size: 8pt; }
  table { font-size: 9pt; }
  td { min-width: 0; }
  .row { grid-template-columns: repeat(4, 1fr); }
  .wide { overflow: visible; }
  h2, h3, h4 { break-after: avoid; }
}
`;
