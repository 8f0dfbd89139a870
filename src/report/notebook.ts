/**
 * Charts of results in a notebook, as one SVG each.
 *
 * @module
 */
import { type Drawing, escapeMarkup, short } from "../display.ts";
import { evaluate, sampleInWords } from "../mechanisms/evaluate.ts";
import type { MenuMechanism } from "../mechanisms/menu_mechanism.ts";
import { amount, plainAmount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { optimumInWords, referenceMechanisms } from "../problems/reference_mechanisms.ts";
import type { TrainingResult } from "../training/train.ts";
import { type Chart, INK, PAPER, svgParts } from "./chart.ts";
import { contextCharts } from "./charts.ts";
import { trainingCharts } from "./training_charts.ts";
import { LEVEL, viewContext } from "./data.ts";

/** How results are drawn. */
export const drawing: Drawing = { mechanism: mechanismSvg, training: trainingSvg };

/** Held-out profiles for the revenue that is drawn beside a training: a second or so. */
const PROFILES = 4096;
/** The curves of a training that are drawn. */
const CURVES = ["training-soft-revenue", "training-validation-revenue", "training-relative-chain-suboptimality"];
/** The height of a line of text over the charts, and the space beside it. */
const LINE = 30, MARGIN = 8;

/**
 * Prices, allocations and payments over two goods; where there are others, each values every good at {@linkcode LEVEL}.
 */
async function mechanismSvg(mechanism: MenuMechanism): Promise<string> {
  const { participants: n, goods: m, problem } = mechanism,
    level = LEVEL * (mechanism.units?.largest ?? 1),
    others = n > 1 ? level : undefined;
  const charts = await contextCharts("mechanism", await viewContext(mechanism, others), m);
  const where = others === undefined ? "" : `, participant 1 where the others value every good at ${short(others)}`;
  const further = m > 2 ? `, goods from the third on valued at ${short(level)}` : "";
  return inRows(`Mechanism for ${problem}${where}${further}`, charts);
}

/** Curves of a training, and what its mechanism earns. */
async function trainingSvg(
  { problem, result }: { readonly problem: MechanismProblem; readonly result: TrainingResult },
): Promise<string> {
  const { mechanism, history, iterations } = result;
  const evaluation = await evaluate(problem, mechanism, { profiles: PROFILES }),
    { revenue, standardError } = evaluation;
  const { optimum, separable } = referenceMechanisms(problem);
  const known = optimum
    ? `; ${optimumInWords(optimum)} ${optimum.value.toFixed(4)}`
    : separable === undefined
    ? ""
    : `; item-wise optimum ${separable.toFixed(4)}`;
  const curves = await trainingCharts([{ name: "run", problem, metrics: history }]);
  return inRows(
    `${problem.name}, ${iterations} iterations: revenue ${plainAmount(problem, revenue)} \u00b1 ` +
      `${amount(problem, standardError)} ` +
      `on ${sampleInWords(evaluation, "held-out ")}${known}`,
    curves.filter(({ name }) => CURVES.includes(name)),
  );
}

/** The widest picture: notebooks cut what is wider than a page of theirs. */
const WIDEST = 900;
/** Pixels of a letter of the line of text. */
const LETTER = 7.5;

/** Charts beside each other, in as many rows as that takes, under a text, as one SVG. */
function inRows(title: string, charts: readonly Chart[]): string {
  const lines = wrapped(title, Math.floor((WIDEST - 2 * MARGIN) / LETTER));
  let width = 0, left = 0, top = lines.length * LINE, height = 0;
  const parts = charts.map((chart) => {
    const { attributes, body } = svgParts(chart);
    const side = (name: string) => Number(new RegExp(`\\b${name}="([\\d.]+)"`).exec(attributes)![1]);
    const wide = side("width"), high = side("height"), [box] = /viewBox="[\d. -]+"/.exec(attributes)!;
    if (left > 0 && left + wide > WIDEST) top += height, left = 0, height = 0;
    const place = `x="${left}" y="${top}" width="${wide}" height="${high}"`;
    left += wide, width = Math.max(width, left), height = Math.max(height, high);
    return `<svg ${place} ${box}>${body}`;
  });
  const size = [
    Math.max(width, ...lines.map((line) => 2 * MARGIN + Math.ceil(line.length * LETTER))),
    top + height,
  ];
  const alts = charts.map(({ alt }) => alt),
    texts = lines.map((line, k) => (
      `<text x="${MARGIN}" y="${(k + 0.66) * LINE}" font-family="system-ui, sans-serif" font-size="14" fill="${INK}">` +
      `${escapeMarkup(line)}</text>`
    ));
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${size[0]}" ` +
    `height="${size[1]}" viewBox="0 0 ${size[0]} ${size[1]}" role="img" style="max-width: 100%; height: auto" ` +
    `aria-label="${escapeMarkup([title, ...alts].join(". "))}"><rect width="100%" height="100%" fill="${PAPER}"/>` +
    `${texts.join("")}${parts.join("")}</svg>`;
}

/** A text in lines of at most so many letters, if no word is longer. */
function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
