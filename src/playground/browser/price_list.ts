/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The price list of one participant, with what it takes marked.
 *
 * @module
 */
import { bundleName } from "../../mechanisms/price_list.ts";
import type { MenuMechanism } from "../../mechanisms/menu_mechanism.ts";
import { choiceOf, type ListedOutcome, priceListOf } from "../model.ts";
import { byId, html } from "./dom.ts";

/** Outcomes that differ by this in no good are the same to the eye. */
const SAME = 0.02;

/** The part of the page with the price list. */
export interface PriceListView {
  /** Shows the list of a participant of types `[n, m]`, and which entry its outcome `[m]` is. */
  show(types: Float32Array, participant: number, chosen: Float64Array): void;
}

/** Makes that part. `amount` writes prices. */
export function priceListView(mechanism: MenuMechanism, amount: (value: number) => string): PriceListView {
  const { goods: m, units } = mechanism;
  let others: string | undefined, list: readonly ListedOutcome[] = [], rows: HTMLElement[] = [];
  return {
    show(types, participant, chosen) {
      // The list depends on the others' types alone.
      const now = [participant, ...types.map((type, k) => Math.floor(k / m) === participant ? 0 : type)].join();
      if (now !== others) {
        list = priceListOf(mechanism, choiceOf(mechanism, types, participant), participant);
        const row = (tag: "td" | "th", ...cells: string[]) =>
          html("tr", {}, ...cells.map((cell) => html(tag, {}, cell)));
        rows = list.map((entry) => (
          row("td", bundleName(entry.outcome, units), amount(entry.price), ...percent(entry.share))
        ));
        const head = row("th", "outcome", "price", ...list[0]?.share === undefined ? [] : ["taken by"]);
        byId("list").replaceChildren(head, ...rows);
        others = now;
      }
      rows.forEach((row, e) => {
        row.classList.toggle("taken", list[e].outcome.every((x, j) => Math.abs(x - chosen[j]) <= SAME));
      });
    },
  };
}

function percent(share: number | undefined): string[] {
  return share === undefined ? [] : [`${(100 * share).toFixed(1)}%`];
}
