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
import { type Chart, contextCharts, INK, PAPER, svgParts, trainingCharts } from "./charts.ts";
import { LEVEL, viewContext } from "./data.ts";

/** How results are drawn. */
export const drawing: Drawing = { mechanism: mechanismSvg, training: trainingSvg };

/** Held-out profiles for the revenue that is drawn beside a training: a second or so. */
const PROFILES = 4096;
/** The curves of a training that are drawn. */
const CURVES = ["training-soft-revenue", "training-relative-chain-suboptimality"];
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
  return inARow(`Mechanism for ${problem}${where}${further}`, charts);
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
  return inARow(
    `${problem.name}, ${iterations} iterations: revenue ${plainAmount(problem, revenue)} \u00b1 ` +
      `${amount(problem, standardError)} ` +
      `on ${sampleInWords(evaluation, "held-out ")}${known}`,
    curves.filter(({ name }) => CURVES.includes(name)),
  );
}

/** Charts beside each other under a line of text, as one SVG. */
function inARow(title: string, charts: readonly Chart[]): string {
  let width = 0, height = 0;
  const parts = charts.map((chart) => {
    const { attributes, body } = svgParts(chart), at = width;
    const side = (name: string) => Number(new RegExp(`\\b${name}="([\\d.]+)"`).exec(attributes)![1]);
    const wide = side("width"), high = side("height"), [box] = /viewBox="[\d. -]+"/.exec(attributes)!;
    width += wide, height = Math.max(height, high);
    return `<svg x="${at}" y="${LINE}" width="${wide}" height="${high}" ${box}>${body}`;
  });
  const size = [Math.max(width, 2 * MARGIN + title.length * 7.5), height + LINE], alts = charts.map(({ alt }) => alt);
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${size[0]}" ` +
    `height="${size[1]}" viewBox="0 0 ${size[0]} ${size[1]}" role="img" style="max-width: 100%; height: auto" ` +
    `aria-label="${escapeMarkup([title, ...alts].join(". "))}"><rect width="100%" height="100%" fill="${PAPER}"/>` +
    `<text x="${MARGIN}" y="${LINE * 0.66}" font-family="system-ui, sans-serif" font-size="14" fill="${INK}">` +
    `${escapeMarkup(title)}</text>${parts.join("")}</svg>`;
}
