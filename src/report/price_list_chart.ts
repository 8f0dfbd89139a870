/**
 * A price list as a table and as a chart.
 *
 * @module
 */
import { costsInWords, type MeasuredPriceList } from "../mechanisms/measured_price_list.ts";
import { bundleName } from "../mechanisms/price_list.ts";
import { amount, plainAmount } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { type Chart, COLOURS, draw } from "./chart.ts";

/** Entries that are shown, at most: those that most take. */
const SHOWN = 12;
/** Pixels of a bar with the space around it. */
const BAR = 24;
/** The width of the bars' plot. */
const PLOT = 260;
/** Pixels of a letter beside it, and of a name at most. */
const LETTER = 6.6, NAME = 220;
/** How far the axis goes beyond the highest price, so that there is place for words. */
const BEYOND = 1.6;

/** A list's entries that are shown, cheap ones first, in words; and how many there are besides. */
export interface ShownEntries {
  readonly entries: readonly { readonly name: string; readonly price: number; readonly share: number }[];
  /** How many fewer people take, and what share of them do. */
  readonly others: { readonly count: number; readonly share: number };
}

/** The entries of a list that most take. */
export function shownEntries({ goodNames: goods }: MechanismProblem, list: MeasuredPriceList): ShownEntries {
  const ranked = list.entries.toSorted((a, b) => b.share - a.share), others = ranked.slice(SHOWN);
  return {
    entries: ranked.slice(0, SHOWN).sort((a, b) => a.price - b.price)
      .map(({ outcome, price, share }) => ({ name: bundleName(outcome, { goods }), price, share })),
    others: { count: others.length, share: others.reduce((sum, { share }) => sum + share, 0) },
  };
}

/** What a list earns, in words. */
export function listInWords(problem: MechanismProblem, list: MeasuredPriceList): string {
  const { profit, standardError, mechanismProfit, tested, rows } = list;
  return `As a list it earns ${plainAmount(problem, profit)} \u00b1 ${amount(problem, standardError)} from a ` +
    `participant${costsInWords(problem, list)}, the mechanism ${
      amount(problem, mechanismProfit)
    } on the same ${tested} held-out ` +
    `${rows ? "rows" : "types"}.`;
}

/** `25.4%`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/**
 * Bars of prices, with the shares that take them.
 *
 * @param where Ends the caption's first sentence where the list depends on the others: `, where the others ...`.
 */
export async function priceListChart(
  name: string,
  problem: MechanismProblem,
  list: MeasuredPriceList,
  where = "",
): Promise<Chart> {
  const { entries } = shownEntries(problem, list), highest = Math.max(...entries.map(({ price }) => price), 0);
  const values = entries.map(({ name, price, share }) => (
    { name, price, words: `${plainAmount(problem, price)} (${percent(share)})` }
  ));
  const widest = Math.min(NAME, LETTER * Math.max(0, ...values.map(({ name }) => name.length)));
  const unit = problem.unit === undefined ? "" : ` in ${problem.unit}`;
  const alt = `Bars of prices, with the shares of participants who take them: ${
    values.map(({ name, words }) => `${name} ${words}`).join("; ")
  }; nothing is taken by ${percent(list.nothing)}.`;
  const caption = `Price list${where}: what a participant takes, for how much, and how many do. ${
    percent(list.nothing)
  } take nothing.`;
  const scale = { domain: [Math.min(0, ...entries.map(({ price }) => price)), BEYOND * highest || 1], nice: false };
  return await draw(name, caption, alt, {
    width: PLOT,
    height: BAR * entries.length,
    // Without a browser widths of words are guessed, far too large: the room beside the plot is given here.
    autosize: { type: "none" },
    padding: { left: 24 + widest, right: 12, top: 8, bottom: 44 },
    data: { values },
    encoding: { y: { field: "name", type: "nominal", sort: null, title: null, axis: { labelLimit: NAME } } },
    layer: [{
      mark: { type: "bar", color: COLOURS[0] },
      encoding: {
        x: {
          ...{ field: "price", type: "quantitative", title: `price${unit} (share that takes it)` },
          ...{ scale, axis: { tickCount: 5 } },
        },
      },
    }, {
      mark: { type: "text", align: "left", dx: 5 },
      encoding: { x: { field: "price", type: "quantitative" }, text: { field: "words", type: "nominal" } },
    }],
  });
}
