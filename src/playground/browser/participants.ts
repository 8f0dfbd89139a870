/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The participants: a card each, with a slider for the type of every good, and what comes of it.
 *
 * @module
 */
import type { Mechanism } from "../../mechanisms/mechanism.ts";
import { type MechanismUnits, PLAIN_UNITS } from "../../mechanisms/units.ts";
import type { Outcome } from "../model.ts";
import { type Figure, figure, fixed, html } from "./dom.ts";

/** From this many goods on, rows are narrow. */
const MANY = 11;

/** The cards of all participants. */
export interface Participants {
  /** The types that the sliders say: `[n, m]`, hundredths of the largest. */
  types(): Float32Array;
  /** Moves the sliders. */
  setTypes(types: ArrayLike<number>): void;
  /** Shows what comes of the types. */
  show(outcome: Outcome): void;
  /** Marks one participant. */
  select(participant: number): void;
}

/** The row of a good. */
interface Row {
  readonly slider: HTMLInputElement;
  readonly type: HTMLOutputElement;
  readonly bar: HTMLElement;
  readonly received: Figure;
}

/**
 * Puts the cards into a place.
 *
 * @param changed Called whenever somebody moves a slider.
 */
export function participantCards(
  place: HTMLElement,
  { participants: n, goods: m, units = PLAIN_UNITS }: Mechanism,
  changed: () => void,
): Participants {
  const { largest } = units;
  const cards = Array.from({ length: n }, (_, i) => card(i, m, units, changed));
  place.replaceChildren(...cards.map(({ element }) => element));
  const rows = cards.flatMap((each) => each.rows);
  return {
    types: () => Float32Array.from(rows, ({ slider }) => slider.valueAsNumber * largest),
    setTypes(types) {
      rows.forEach((row, k) => {
        row.slider.valueAsNumber = Math.round(types[k] / largest * 100) / 100;
        showType(row, largest);
      });
    },
    show({ outcomes, payments, utilities }) {
      rows.forEach(({ bar, received }, k) => {
        bar.style.width = `${Math.min(1, Math.max(0, outcomes[k])) * 100}%`;
        received.show(outcomes[k]);
      });
      cards.forEach(({ payment, utility }, i) => {
        payment.show(payments[i]);
        utility.show(utilities[i]);
      });
    },
    select(participant) {
      cards.forEach(({ element }, i) => element.classList.toggle("selected", i === participant));
    },
  };
}

function card(i: number, m: number, units: MechanismUnits, changed: () => void) {
  const rows: Row[] = [], grid = html("div", { class: "goods" });
  const heads = [["good", "head"], ["type", "head two"], ["gets", "head two"]];
  grid.append(...heads.map(([text, name]) => html("span", { class: name, "aria-hidden": "true" }, text)));
  for (let j = 0; j < m; j++) {
    const id = `type-${i}-${j}`, slider = html("input", { id, type: "range", min: 0, max: 1, step: 0.01 });
    slider.setAttribute("aria-label", `Type of participant ${i + 1} for good ${j + 1}`);
    const row: Row = {
      slider,
      type: html("output", { for: id, "aria-hidden": "true" }),
      bar: html("span"),
      received: figure(2, { id: `outcome-${i}-${j}` }),
    };
    slider.addEventListener("input", () => {
      showType(row, units.largest);
      changed();
    });
    const bar = html("span", { class: "bar", "aria-hidden": "true" }, row.bar);
    grid.append(
      html("label", { for: id }, units.goods?.[j] ?? String(j + 1)),
      slider,
      row.type,
      bar,
      row.received.element,
    );
    rows.push(row);
  }
  const payment = figure(4, { id: `payment-${i}` }), utility = figure(4, { id: `utility-${i}` });
  const sums = html(
    "p",
    { class: "sums" },
    html("span", {}, "pays ", html("strong", {}, payment.element)),
    html("span", {}, "utility ", html("strong", {}, utility.element)),
  );
  const element = html(
    "fieldset",
    { class: m >= MANY ? "card many" : "card" },
    html("legend", {}, `Participant ${i + 1}`),
    grid,
    sums,
  );
  return { element, rows, payment, utility };
}

function showType({ slider, type }: Row, largest: number): void {
  type.value = fixed(slider.valueAsNumber * largest, 2);
}
