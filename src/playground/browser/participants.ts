/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The participants: a card each, with a slider and a number for the type of every good, and what comes of it.
 *
 * @module
 */
import type { Mechanism } from "../../mechanisms/mechanism.ts";
import { goodName, type MechanismUnits, PLAIN_UNITS } from "../../mechanisms/units.ts";
import { decimalPlaces, inUnitWords } from "../../problems/amounts.ts";
import type { Outcome } from "../model.ts";
import { type Figure, figure, html } from "./dom.ts";

/** From this many goods on, rows are narrow. */
const MANY = 11;

/** The cards of all participants. */
export interface Participants {
  /** The types that were chosen: `[n, m]`, in the mechanism's unit. */
  types(): Float32Array;
  /** Chooses types, to hundredths of the largest. */
  setTypes(types: ArrayLike<number>): void;
  /** Shows what comes of the types. */
  show(outcome: Outcome): void;
  /** Marks one participant. */
  select(participant: number): void;
}

/** The row of a good. */
interface Row {
  readonly slider: HTMLInputElement;
  readonly number: HTMLInputElement;
  type: number;
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
    types: () => Float32Array.from(rows, ({ type }) => type),
    setTypes(types) {
      rows.forEach((row, k) => {
        row.slider.valueAsNumber = Math.round(types[k] / largest * 100) / 100;
        takeSlider(row, largest);
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
    const whose = ` of participant ${i + 1} for ${goodName({ goods: units.goods }, j)}`;
    slider.setAttribute("aria-label", `Type${whose}`);
    const number = html("input", { id: `number-${i}-${j}`, type: "number", min: 0, max: units.largest, step: "any" });
    number.setAttribute("aria-label", `Type${whose}, as a number`);
    const row: Row = {
      ...{ slider, number, type: 0 },
      bar: html("span"),
      received: figure(2, { id: `outcome-${i}-${j}` }),
    };
    slider.addEventListener("input", () => {
      takeSlider(row, units.largest);
      changed();
    });
    number.addEventListener("input", () => {
      // What is no type yet, or too large, waits until it is one; the number is marked meanwhile.
      if (number.value === "" || !number.validity.valid) return;
      row.type = number.valueAsNumber;
      slider.valueAsNumber = row.type / units.largest;
      changed();
    });
    number.addEventListener("change", () => number.value = plainType(row.type));
    const bar = html("span", { class: "bar", "aria-hidden": "true" }, row.bar);
    grid.append(
      html("label", { for: id }, units.goods?.[j] ?? String(j + 1)),
      slider,
      number,
      bar,
      row.received.element,
    );
    rows.push(row);
  }
  const digits = decimalPlaces({ scale: units.largest }), unit = inUnitWords({ unit: units.name });
  const payment = figure(digits, { id: `payment-${i}` }), utility = figure(digits, { id: `utility-${i}` });
  const sums = html(
    "p",
    { class: "sums" },
    html("span", {}, "pays ", html("strong", {}, payment.element), unit),
    html("span", {}, "utility ", html("strong", {}, utility.element), unit),
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

/** Takes the type that a slider says. */
function takeSlider(row: Row, largest: number): void {
  row.type = row.slider.valueAsNumber * largest;
  row.number.value = plainType(row.type);
}

/** A type as one types it. */
export function plainType(type: number): string {
  return String(Number(type.toPrecision(6)));
}
