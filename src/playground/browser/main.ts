/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The playground's page, as it runs in a browser: loads mechanisms, and shows what they do with types that people move.
 *
 * @module
 */
import { count } from "../../display.ts";
import { InvalidInputError, MachineError } from "../../errors.ts";
import { decodeMenuMechanism } from "../../io/menu_mechanism_file.ts";
import type { MenuMechanism } from "../../mechanisms/menu_mechanism.ts";
import { distributionFamily, distributionOf } from "../../problems/distributions/table.ts";
import type { Setting } from "../../problems/settings.ts";
import { randomKey } from "../../random/key.ts";
import { goodName, PLAIN_UNITS } from "../../mechanisms/units.ts";
import { decimalPlaces, inUnitWords } from "../../problems/amounts.ts";
import { parseEmpiricalName } from "../../problems/empirical_name.ts";
import { costOf, type Costs, costsOfMechanism, type Outcome, settingOfMechanism } from "../model.ts";
import { type ChoiceView, choiceView } from "./choice.ts";
import { byId, type Figure, figure, fixed, html } from "./dom.ts";
import { type PriceListView, priceListView } from "./price_list.ts";
import { participantCards, type Participants, plainType } from "./participants.ts";

/** Sliders that a page has place for. */
const MOST_TYPES = 1000;
/** Milliseconds without a change, after which the outcome is said to those who listen. */
const QUIET = 500;

/** What the page shows. */
interface Shown {
  readonly mechanism: MenuMechanism;
  readonly costs?: Costs;
  readonly priceList: PriceListView;
  readonly participants: Participants;
  readonly choice: ChoiceView;
}

let shown: Shown | undefined, waiting = false, draws = 0;
let saying: ReturnType<typeof setTimeout> | undefined;
let principal: Figure, payments: Figure, spent: Figure;

/**
 * Computes and shows what the types lead to, before the next frame; the choice of one participant follows in another.
 */
function changed(): void {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(async () => {
    waiting = false;
    if (!shown) return;
    const { mechanism, costs, participants, choice, priceList } = shown, types = participants.types();
    const start = performance.now(), outcome = await mechanism.run(types), took = performance.now() - start;
    participants.show(outcome);
    participants.select(mechanism.participants > 1 ? choice.participant : -1);
    const paid = outcome.payments.reduce((sum, payment) => sum + payment, 0);
    const m = mechanism.goods, cost = costs ? costOf(costs, outcome.outcomes, m) : 0;
    principal.show(paid - cost), payments.show(paid), spent.show(cost);
    byId("time").textContent = `Computed in ${took < 1 ? "less than a millisecond" : `${Math.round(took)} ms`}.`;
    requestAnimationFrame(() => choice.show(types, outcome));
    clearTimeout(saying);
    saying = setTimeout(() => {
      byId("said").textContent = inWords(outcome, shown!);
      const i = choice.participant;
      priceList.show(types, i, outcome.outcomes.slice(i * m, (i + 1) * m));
    }, QUIET);
  });
}

/** An outcome as sentences, for those who hear it. */
function inWords(
  { outcomes, payments }: Outcome,
  { mechanism: { participants: n, goods: m, units = PLAIN_UNITS } }: Shown,
): string {
  const sentences = Array.from({ length: n }, (_, i) => {
    const own = outcomes.subarray(i * m, (i + 1) * m);
    const gets = m > 3
      ? `${fixed(own.reduce((sum, x) => sum + x, 0), 1)} of ${m} goods`
      : Array.from(own, (x, j) => `${fixed(x, 2)} of ${goodName(units, j)}`).join(", ");
    return `Participant ${i + 1} gets ${gets} and pays ${fixed(payments[i], 2)}.`;
  });
  return `${sentences.join(" ")} The principal's utility is ${principal.element.textContent}.`;
}

/** Shows a mechanism with types drawn at random. */
function show(mechanism: MenuMechanism, name: string): void {
  const { participants: n, goods: m, problem, units = PLAIN_UNITS } = mechanism,
    setting = settingOfMechanism(mechanism);
  const costs = costsOfMechanism(mechanism), scale = { scale: units.largest, unit: units.name };
  const title = parseEmpiricalName(problem)?.table ?? (problem || name);
  byId("title").replaceChildren("Playground: ", ...typeset(title, setting));
  document.title = `${title} \u2013 playground`;
  const facts = [count(n, "participant"), count(m, "good")];
  if (units.name) facts.push(`in ${units.name}`);
  if (setting) facts.push(`${distributionFamily("show a setting", setting.distribution).name} types`);
  else facts.push(`types up to ${plainType(units.largest)}`);
  if (costs && costs.productionCost > 0) facts.push(`production cost ${costs.productionCost}`);
  if (costs && costs.duplicationCost > 0) facts.push(`duplication cost ${costs.duplicationCost}`);
  byId("facts").textContent = `${facts.join(", ")} (${name})`;
  const digits = decimalPlaces(scale), unit = inUnitWords(scale);
  principal = figure(digits, { id: "principal" }), payments = figure(digits), spent = figure(digits);
  const free = costs?.productionCost === 0 && costs.duplicationCost === 0;
  const sum = free
    ? [" is what is paid"]
    : costs
    ? [" ", html("span", {}, "= payments ", payments.element), " ", html("span", {}, "\u2212 costs ", spent.element)]
    : [" is what is paid, if nothing costs anything"];
  const words = costs ? (free ? "Revenue " : "Profit ") : "Principal\u2019s utility ";
  byId("result").replaceChildren(words, html("strong", {}, principal.element), unit, ...sum);
  const participants = participantCards(byId("participants"), mechanism, changed),
    choice = choiceView(mechanism, changed);
  const priceList = priceListView(mechanism, (value) => fixed(value, digits) + unit);
  shown = { mechanism, costs, priceList, participants, choice };
  byId("playing").hidden = false;
  byId("waiting").hidden = true;
  draw();
}

/** Types from the setting's distribution, or uniform ones where there is none. */
function draw(): void {
  const { mechanism, participants } = shown!, { participants: n, goods: m, units } = mechanism;
  const setting = settingOfMechanism(mechanism),
    types = distributionOf(setting?.distribution ?? "U", n, m).sample(randomKey(draws++), 1, "held-out");
  participants.setTypes(types.map((type) => type * (units?.largest ?? 1)));
  changed();
}

/** `U_{3,2}^{1,0}` as the paper prints it. */
function typeset(problem: string, setting: Setting | undefined): (Node | string)[] {
  if (!setting) return [problem];
  const { distribution, participants, goods, productionCost, duplicationCost } = setting;
  const upper = html("sup", {}, `${productionCost},${duplicationCost}`);
  const lower = html("sub", {}, `${participants},${goods}`);
  return [distribution, html("span", { class: "scripts" }, upper, lower)];
}

/** Loads a mechanism from the bytes of its file. What is wrong with them is said on the page. */
async function load(name: string, read: () => Promise<Uint8Array>): Promise<void> {
  const problem = byId("problem");
  try {
    if (!globalThis.crypto.subtle) { // there is none on pages that came by plain http
      throw new MachineError("Cannot check a file: this page must be opened from a disk, or by https");
    }
    const mechanism = await decodeMenuMechanism(await read(), name), { participants: n, goods: m } = mechanism;
    if (n * m > MOST_TYPES) {
      const size = `n m = ${n * m}`;
      throw new InvalidInputError(`Cannot show ${name}: this page takes up to ${MOST_TYPES} types, got ${size}`);
    }
    await mechanism.run(new Float32Array(n * m)); // so that one that cannot run is found out now
    problem.textContent = "";
    show(mechanism, name);
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

function loadFile(file: File | undefined | null): void {
  if (file) load(file.name, async () => new Uint8Array(await file.arrayBuffer()));
}

const picker = byId("file") as HTMLInputElement;
picker.addEventListener("change", () => {
  loadFile(picker.files?.[0]);
  picker.value = ""; // so that the same file can be taken again
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", () => document.body.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  loadFile(event.dataTransfer?.files[0]);
});
byId("random").addEventListener("click", draw);
const all = byId("all") as HTMLInputElement;
all.addEventListener("input", () => {
  const { participants, mechanism } = shown!, { largest } = mechanism.units ?? { largest: 1 };
  participants.setTypes(new Array(mechanism.participants * mechanism.goods).fill(all.valueAsNumber * largest));
  changed();
});

const embedded = document.getElementById("mechanism");
if (embedded) {
  const { name = "mechanism.safetensors" } = embedded.dataset;
  load(name, () => {
    const bytes = Uint8Array.from(atob(embedded.textContent!.trim()), (character) => character.charCodeAt(0));
    return Promise.resolve(bytes);
  });
}
