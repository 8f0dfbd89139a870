/**
 * The page of a report: HTML that loads nothing, with its style and its charts in it.
 *
 * @module
 */
import { comparisonInWords } from "../baselines/compared_with_best.ts";
import { count, escapeMarkup, short } from "../display.ts";
import { CHECK_WORDS, unseenInWords } from "../mechanisms/audit/words.ts";
import { dataRows, revenueName, sampleInWords, termRows } from "../mechanisms/evaluate.ts";
import type { AuditReport } from "../mechanisms/audit.ts";
import { amount, inUnitWords, plainAmount, type Unit } from "../problems/amounts.ts";
import { CERTIFIED_GAP, gapInWords } from "../mechanisms/certificate.ts";
import { optimumInWords, percentOf, referenceMechanisms } from "../problems/reference_mechanisms.ts";
import { scaleOf } from "../problems/scaled.ts";
import { VERSION } from "../version.ts";
import { type Chart, slug } from "./chart.ts";
import { mechanismCharts } from "./charts.ts";
import type { ReportedRun } from "./data.ts";
import { duration, figures, notation, page, table } from "./html.ts";
import { listInWords, percent, priceListChart, shownEntries } from "./price_list_chart.ts";
import { trainingCharts } from "./training_charts.ts";
import { again, type Fact, factList, knownValues, trainingSection } from "./run_facts.ts";

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
      `<h${level}>${escapeMarkup(group.title)}</h${level}>\n${figures(group.charts, group.row ? "row" : undefined)}`
    ));
    const lists = await priceLists(run, prefixes[at - 1], level);
    charts.push(...lists.charts);
    sections.push(`<section>
${several ? `<h2>${escapeMarkup(run.name)}</h2>\n${facts(run)}` : ""}
<h${several ? 3 : 2}>The mechanism</h${several ? 3 : 2}>
<p>Slices of it, and what happened on ${profiles} held-out type profiles.${fixed}</p>
${parts.map((part, k) => k < lists.html.length ? `${part}\n${lists.html[k]}` : part).join("\n")}
${run.audit ? auditSection(run.problem, run.audit, several ? 3 : 2) : ""}
</section>`);
  }
  const [{ problem }] = runs, names = [...new Set(runs.map((run) => run.problem.name))];
  const title = several ? `${runs.length} runs: ${names.join(", ")}` : problem.name;
  const main = `<header>
<h1>${several ? `${runs.length} runs: ${names.map(notation).join(", ")}` : notation(problem.name)}</h1>
${several ? comparison(runs) : facts(runs[0])}
</header>
${trainingSection(training, "No metrics were recorded.")}
${sections.join("\n")}
<footer><p>Made by tedi report ${escapeMarkup(VERSION)}.</p></footer>`;
  return { html: page({ title, main }), charts };
}

/** What a run reached, and how to get it again. */
function facts(run: ReportedRun): string {
  const { problem, evaluation, device, seconds, metrics, references = [], comparison, remarks = [] } = run;
  const { revenue, standardError, worstGap, worstRounding, participantsUtility } = evaluation;
  const rows: Fact[] = dataRows(problem, evaluation).map(([name, value, remark]) => [name, `${value}, ${remark}`]);
  rows.unshift(...termRows(problem, evaluation).map(([name, value]): Fact => [name, `${value}, mean`]));
  rows.push(...knownValues(problem, revenue));
  for (const { name, remark, utility, standardError, upperBound } of references) {
    const value = `${plainAmount(problem, utility)} \u00b1 ${amount(problem, standardError)}`;
    rows.push([upperBound ? `Bound: ${name}` : name, `${value}, ${remark}`]);
  }
  if (comparison) {
    const [name, value, remark] = comparisonInWords(problem, comparison);
    rows.push([name, `${value.replace("+-", "\u00b1")}, ${remark}`]);
  }
  const isGoods = revenueName(problem) === "revenue";
  rows.push([
    "Certificate",
    worstGap <= CERTIFIED_GAP * scaleOf(problem)
      ? `nobody gains more than ${short(worstGap)} by lying, on these profiles`
      : `${gapInWords(worstGap, worstRounding, scaleOf(problem))[1]}; largest gap ${short(worstGap)}`,
  ]);
  if (evaluation.unusual !== undefined) rows.push(["Results", evaluation.unusual]);
  rows.push([
    "Participants",
    `keep ${short(participantsUtility)}${inUnitWords(problem)} of utility together, on average`,
  ]);
  const iterations = metrics.at(-1)?.iteration;
  if (iterations !== undefined) {
    const time = seconds === undefined ? "" : ` in ${duration(seconds)}`, planned = Number(run.options.iterations);
    const stopped = iterations < planned ? ` of ${planned}` : "";
    const kept = metrics.findLast(({ keptIteration }) => keptIteration !== undefined)?.keptIteration;
    const best = kept === undefined ? "" : `; what it was after ${kept} is kept, the best by validation`;
    rows.push(["Training", `${iterations} iterations${stopped}${time} on ${device}${best}`]);
  }
  return `<p class="result"><strong>${plainAmount(problem, revenue)}</strong> \
<span>&plusmn; ${escapeMarkup(amount(problem, standardError))}</span></p>
<p class="note">${isGoods ? "Revenue: the" : "The"} principal's expected utility, mean and standard error on ${
    sampleInWords(evaluation, "held-out type ")
  }. \
${notation(problem.name)} has ${count(problem.participants, "participant")} and ${count(problem.goods, "good")}.</p>
${remarks.map((remark) => `<p class="remark">Note: ${escapeMarkup(remark)}.</p>\n`).join("")}${factList(rows)}
${again(run)}`;
}

/** A table of what runs reached, and one of the options in which they differ. */
function comparison(runs: readonly ReportedRun[]): string {
  const rows = runs.map(({ name, problem, evaluation: { revenue, standardError, worstGap }, metrics, seconds }) => {
    const { optimum, separable } = referenceMechanisms(problem), best = optimum?.value ?? separable;
    return [
      name,
      problem.name,
      `${plainAmount(problem, revenue)}\u00a0\u00b1\u00a0${amount(problem, standardError)}`,
      best === undefined ? "" : `${best.toFixed(4)}, ${optimum ? optimumInWords(optimum) : "item-wise optimum"}`,
      best === undefined ? "" : percentOf(best, revenue),
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
  return `${first}\n${table(["option", ...runs.map(({ name }) => name)], options, "Options that differ")}`;
}

/** The price lists of a mechanism, one for each context, as HTML, and their charts. */
async function priceLists({ mechanism, problem }: ReportedRun, prefix: string, level: number) {
  const charts: Chart[] = [], parts: string[] = [];
  for (const { others, priceList: list } of mechanism.contexts) {
    const where = others === undefined ? "" : `, where the others value every good at ${short(others)}`;
    const name = `${prefix}-price-list${others === undefined ? "" : `-others-${short(others).replace(".", "_")}`}`;
    const { entries, others: rarer } = shownEntries(problem, list);
    const rows = entries.map(({ name, price, share }) => [name, amount(problem, price), percent(share)]);
    if (rarer.count > 0) rows.push([`${count(rarer.count, "other")} that fewer take`, "", percent(rarer.share)]);
    rows.push(["nothing", amount(problem, 0), percent(list.nothing)]);
    const chart = entries.length > 0 ? [await priceListChart(name, problem, list, where)] : [];
    charts.push(...chart);
    parts.push(`<h${level}>Price list${escapeMarkup(where)}</h${level}>
<p class="note">${escapeMarkup(listInWords(problem, list))} tedi menu shortens it.</p>
<div class="beside">
${table(["outcome", "price", "taken by"], rows, "Price list")}
${figures(chart)}
</div>`);
  }
  return { html: parts, charts };
}

/** The verdict of an audit. */
function auditSection(
  unit: Unit,
  { passed, checks, skipped, leftOut, revenue, options }: AuditReport,
  level: number,
): string {
  const plain = (value: number) => plainAmount(unit, value);
  const failed = checks.filter((check) => !check.passed).length, [low, high] = revenue.interval;
  const verdict = passed ? `All ${checks.length} checks passed.` : `${failed} of ${checks.length} checks failed.`;
  const rows = checks.map(({ name, passed, worst, bound, cases, remark }) => {
    const [title, violation] = CHECK_WORDS[name];
    return [title, passed ? "passed" : "FAILED", short(worst), short(bound), String(cases), violation, remark ?? ""];
  });
  for (const { name, reason } of skipped) rows.push([CHECK_WORDS[name][0], "not checked", "", "", "", reason, ""]);
  for (const what of leftOut) rows.push(["", "left out", "", "", "", what, ""]);
  const unseen = unseenInWords(checks);
  if (unseen) rows.push(["rare violations", unseen[0], "", "", "", unseen[1], ""]);
  const head = ["check", "verdict", "largest violation", "bound", "cases", "what it is", "remark"];
  return `<h${level}>The audit</h${level}>
<p class="${passed ? "passed" : "failed"}">${verdict}</p>
<p class="note">${options.profiles} profiles, ${options.misreports} misreports for each participant, seed \
${options.seed}. Revenue on ${sampleInWords(revenue, "fresh ")}: ${plain(revenue.mean)}, 95% confidence \
${plain(low)} to ${plain(high)}. tedi audit does a larger one.</p>
${table(head, rows, "Checks of the audit")}`;
}
