/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What one participant can choose: what other reports would bring it, and what outcomes cost.
 *
 * @module
 */
import { goodName, PLAIN_UNITS } from "../../mechanisms/units.ts";
import { decimalPlaces } from "../../problems/amounts.ts";
import type { MenuMechanism } from "../../mechanisms/menu_mechanism.ts";
import { choiceOf, curveOf, type Outcome, surfaceOf, sweepReports } from "../model.ts";
import { byId, fixed, html } from "./dom.ts";
import { plainType } from "./participants.ts";
import { heatMap } from "./heat_map.ts";
import { plot } from "./plot.ts";

/** Points along each side of a map: fewer where prices take longer. */
const SIDE = 41, NARROW_SIDE = 21;
/** Below this a difference of utilities is rounding. */
const ROUNDING = 1e-9;

/** The part of the page about one participant. */
export interface ChoiceView {
  /** Shows the choice of the selected participant. */
  show(types: Float32Array, outcome: Outcome): void;
  /** Who is selected. */
  readonly participant: number;
}

/**
 * Makes the part of the page about one participant.
 *
 * @param changed Called whenever another participant or good is selected.
 */
export function choiceView(mechanism: MenuMechanism, changed: () => void): ChoiceView {
  const { participants: n, goods: m, units = PLAIN_UNITS } = mechanism, { largest } = units;
  const digits = decimalPlaces({ scale: largest });
  const selection = (id: string, label: string, size: number, name: (k: number) => string) => {
    const options = Array.from({ length: size }, (_, k) => html("option", { value: k }, name(k)));
    const select = html("select", { id }, ...options);
    select.addEventListener("change", changed);
    const field = html("label", { for: id, hidden: size === 1 }, `${label} `, select);
    return { select, field };
  };
  const whose = selection("participant", "Look at", n, (k) => `participant ${k + 1}`);
  const which = selection(
    "good",
    n === 1 ? "Look at the report for" : "and its report for",
    m,
    (k) => goodName(units, k),
  );
  byId("selection").replaceChildren(whose.field, which.field);
  byId("selection").hidden = n === 1 && m === 1;
  const cells = Array.from({ length: m === 1 ? 3 : 4 }, () => html("figure"));
  byId("choice").replaceChildren(...cells);
  byId("whose").textContent = n === 1 ? "The participant\u2019s choice" : "The choice of one participant";
  byId("prices").textContent = n === 1
    ? "A price for every outcome, whatever is reported: whoever takes the best for itself has no reason to lie."
    : "A price for every outcome, made from the others\u2019 types alone: whoever takes the best for itself has no reason to lie.";
  const fill = (cell: number, parts: readonly Node[], caption: string) =>
    cells[cell].replaceChildren(...parts, html("figcaption", {}, caption));

  return {
    get participant() {
      return whose.select.selectedIndex;
    },
    show(types, outcome) {
      const i = whose.select.selectedIndex, j = which.select.selectedIndex;
      const own = types.slice(i * m, (i + 1) * m), chosen = outcome.outcomes.slice(i * m, (i + 1) * m);
      const choice = choiceOf(mechanism, types, i), good = m === 1 ? "the good" : goodName(units, j);
      const sweep = sweepReports(choice, own, j, largest),
        { reports, received, others, payments, utilities, truth } = sweep;
      const xTitle = `reported type for ${good}`, mark = { x: own[j], text: `true type ${plainType(own[j])}` };
      const otherGoods = m === 2 ? goodName(units, 1 - j) : "the others, mean";
      const name = n === 1 ? "the participant" : `participant ${i + 1}`;

      fill(
        0,
        plot({
          alt: `Curves: what ${name} gets by its report for ${good}. With its true type it gets ` +
            `${fixed(received[truth], 2)} of it.`,
          ...{ xTitle, largest },
          range: [0, 1],
          mark,
          curves: [
            { name: good, colour: 1, xs: reports, ys: received },
            ...others ? [{ name: otherGoods, colour: 2, xs: reports, ys: others }] : [],
          ],
        }),
        `What ${name} would get by another report. Prices do not depend on it; what is chosen does.`,
      );

      const true_ = utilities[truth], gain = Math.max(...utilities) - true_, gap = outcome.gaps[i];
      const lies = gain > Math.max(ROUNDING, gap)
        ? `A lie on this curve gains ${
          gain.toPrecision(2)
        }: prices are not convex, and best responses only searched for.`
        : `No lie about ${good} leaves it with more than the truth does, ${fixed(true_, digits)}.` +
          (Number.isFinite(gap) ? ` Certified: no lie at all gains ${most(gap)}.` : "");
      fill(
        1,
        plot({
          alt: `Curves: payment and utility of ${name} by its report for ${good}. ${lies}`,
          ...{ xTitle, largest },
          range: [0, 0.1 * largest],
          mark: { ...mark, y: true_ },
          curves: [
            { name: "utility", colour: 1, xs: reports, ys: utilities },
            { name: "payment", colour: 3, xs: reports, ys: payments },
          ],
        }),
        `What it would pay and keep, valued by its true type. ${lies}`,
      );

      if (m === 1) {
        const { outcomes, prices, utilities } = curveOf(choice, own[0], SIDE);
        fill(
          2,
          plot({
            alt: `Curves: the price of getting the good with any probability, and the utility that leaves.`,
            xTitle: "probability of getting the good",
            range: [0, 0.1 * largest],
            mark: { x: chosen[0], y: outcome.utilities[i], text: `chosen ${fixed(chosen[0], 2)}` },
            curves: [
              { name: "utility", colour: 1, xs: outcomes, ys: utilities },
              { name: "price", colour: 3, xs: outcomes, ys: prices },
            ],
          }),
          `What ${name} may choose from: every probability at its price. The best response is marked.`,
        );
        return;
      }
      const other = j + 1 < m ? j + 1 : m === 2 ? 0 : j - 1, pair = [Math.min(j, other), Math.max(j, other)] as const;
      const surface = surfaceOf(choice, own, chosen, pair, m <= 4 ? SIDE : NARROW_SIDE);
      const [first, second] = pair.map((good) => goodName(units, good)), point = pair.map((good) => chosen[good]);
      const map = (values: Float64Array, what: string) =>
        heatMap({
          alt: `Map: ${what} over how much ${name} gets of ${first} and ${second}. It chooses ` +
            `${fixed(point[0], 2)} and ${fixed(point[1], 2)}.`,
          ...{ xTitle: first, yTitle: second, size: surface.size, values, point: [point[0], point[1]] },
        });
      const rest = m > 2 ? " All other goods are as chosen." : "";
      fill(2, map(surface.prices, "the price"), `Price of every outcome for ${name}; its choice is marked.${rest}`);
      fill(
        3,
        map(surface.utilities, "the utility"),
        `What it would keep, value less price. The choice is where that is highest.${rest}`,
      );
    },
  };
}

/** `more than 5.5e-9`, or `anything` where not even that. */
function most(gain: number): string {
  return gain > 0 ? `more than ${gain.toPrecision(2)}` : "anything";
}
