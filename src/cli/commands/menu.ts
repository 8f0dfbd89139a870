/**
 * `tedi menu`: the price list that a mechanism is to a participant.
 *
 * @module
 */
import { InvalidInputError, requireInteger, requireNumber, show } from "../../errors.ts";
import { count } from "../../display.ts";
import { bundleName, MOST_ENTRIES, shortList, takenOutcomes, useOfList } from "../../mechanisms/price_list.ts";
import { isReproducibleGoods } from "../../problems/principal_utility.ts";
import { amount, plainAmount } from "../../problems/amounts.ts";
import type { MechanismProblem, SamplePart } from "../../problems/problem.ts";
import { deriveKey, randomKey } from "../../random/key.ts";
import { setThreadCount } from "../../runtime/threads.ts";
import type { Command, Option } from "../command.ts";
import { threadsOption } from "../device_options.ts";
import { mechanismArgument } from "../mechanism_argument.ts";
import { mechanismWithProblem } from "../mechanism_with_problem.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput, writeStdout } from "../output.ts";
import { problemOptions } from "../problem_options.ts";

const menuOptions = [
  {
    name: "others",
    kind: "text",
    placeholder: "TYPES",
    help: "With several participants: the types of the others, such as '0.2,0.9;0.5,0.1' for two others and two goods",
  },
  {
    name: "participant",
    kind: "integer",
    least: 1,
    placeholder: "I",
    help: "With several participants: whose list it is, from 1",
    default: "1",
  },
  {
    name: "bundles",
    kind: "integer",
    least: 1,
    placeholder: "K",
    help: "Shorten the list to at most K entries, and choose their prices anew; it stays truthful",
    default: "all that are taken",
  },
  {
    name: "round",
    kind: "number",
    placeholder: "P",
    help: "Probabilities of P or more count as 1, of 1 - P or less as 0",
    default: "0.99",
  },
  {
    name: "tolerance",
    kind: "number",
    placeholder: "X",
    help: "Outcomes that differ by at most X in each good are one entry",
    default: "0.02",
  },
  {
    name: "profiles",
    kind: "integer",
    least: 2,
    placeholder: "N",
    help: "Held-out types on which the list is measured",
    default: "20000",
  },
  { name: "seed", kind: "integer", least: 0, placeholder: "N", help: "Seed of the types, from 0", default: "0" },
  { name: "format", kind: "choice", choices: ["text", "csv", "json"], help: "The form of the list", default: "text" },
  { name: "json", kind: "flag", help: "The same as --format json" },
  threadsOption,
] as const satisfies readonly Option[];

const options = [...menuOptions, ...problemOptions] as const;

/** Types on which the list is chosen. */
const CHOOSING = 10_000;
/** The stream of these types. */
const STREAM = 0x3e9c;
/** Rows of the table for people. */
const SHOWN = 30;

/** `tedi menu`. */
export const menuCommand: Command = {
  name: "menu",
  description: "Lists what a participant takes, for which price, and how many do, as a price list: bundles of goods, " +
    "with probabilities where a good is given by chance.\n\n" +
    "What is printed is a mechanism of its own, truthful whatever is on it: everybody takes the best entry, or " +
    "nothing. Entries and new prices come from training types, and what the list earns is measured on held-out ones.",
  positionals: [mechanismArgument],
  groups: [
    { heading: "List", options: menuOptions },
    { heading: "Problem (default: that of the run folder; a file needs one)", options: problemOptions },
  ],
  examples: [
    { line: "tedi menu runs/U-1-2-cp0-cd0-seed0", help: "what is sold for how much" },
    { line: "tedi menu runs/U-1-2-cp0-cd0-seed0 --bundles 2 --format csv", help: "the two best entries, as a table" },
    { line: "tedi menu runs/U-2-2-cp0-cd0-seed0 --others 0.5,0.9", help: "if the other one has these values" },
  ],
  async run(args) {
    const { values, positionals } = parseCommandLine("menu", options, [mechanismArgument], args);
    const { participant = 1, bundles, round = 0.99, tolerance = 0.02, profiles = 20_000, seed = 0 } = values;
    const action = "run tedi menu";
    requireNumber(action, "--tolerance", tolerance, 0);
    if (!(round > 0.5 && round <= 1)) {
      throw new InvalidInputError(`Cannot ${action}: --round must be above 0.5 and at most 1, got ${round}`);
    }
    const format = values.json ? "json" : values.format ?? "text";
    if (values.json && values.format !== undefined && values.format !== "json") {
      throw new InvalidInputError(`Cannot ${action}: --json and --format ${values.format} exclude each other`);
    }
    const { problem, mechanism } = await mechanismWithProblem("menu", positionals[0], values);
    const { participants: n, goods: m } = problem;
    requireInteger(action, "--participant", participant, 1);
    if (participant > n) {
      throw new InvalidInputError(`Cannot ${action}: --participant must be at most ${n}, got ${participant}`);
    }
    const others = othersTypes(values.others, n, m, mechanism.units?.largest ?? 1), unitCost = costOfUnit(problem);
    setThreadCount(values.threads);
    const draw = (count: number, part: SamplePart, chunk: number) =>
      ownTypes(problem, participant - 1, deriveKey(randomKey(seed), STREAM, chunk), count, part);
    // Of data every row counts once.
    const { data } = problem.distribution, rowsOnce = n === 1 ? data : undefined;
    const key = deriveKey(randomKey(seed), STREAM);
    const choosing = rowsOnce?.profiles(key, "training", CHOOSING) ?? draw(CHOOSING, "training", 0);
    const testing = rowsOnce?.profiles(key, "held-out", profiles) ?? draw(profiles, "held-out", 1);
    const tested = testing.length / m;
    const run = async (own: Float32Array) => {
      const all = await mechanism.run(withOthers(own, others, participant - 1, n, m));
      const rows = Array.from({ length: all.profiles }, (_, b) => b * n + participant - 1);
      return {
        outcomes: Float64Array.from(rows.flatMap((row) => [...all.outcomes.subarray(row * m, (row + 1) * m)])),
        payments: Float64Array.from(rows, (row) => all.payments[row]),
      };
    };
    const taken = await run(choosing),
      { entries, leftOut } = takenOutcomes(taken.outcomes, taken.payments, m, {
        round,
        tolerance,
      });
    const list = bundles === undefined ? entries : shortList(entries, bundles, choosing, m, unitCost);
    const use = useOfList(list, testing, m, unitCost), whole = await run(testing);
    const earned = whole.payments.reduce((sum, payment) => sum + payment, 0) / tested -
      unitCost * whole.outcomes.reduce((sum, x) => sum + x, 0) / tested;
    const rows = list.map((entry, e) => ({ ...entry, share: use.shares[e] })).sort((a, b) => a.price - b.price);
    const output = openOutput({ json: format === "json" });
    const nothing = Math.max(0, 1 - use.shares.reduce((sum, share) => sum + share, 0));
    output.event("menu", {
      setting: problem.name,
      participant,
      ...others.length > 0 && { others },
      entries: rows,
      nothing,
      profit: use.profit,
      standardError: use.standardError,
      mechanismProfit: earned,
      ...rowsOnce ? { rows: tested } : { profiles: tested },
      ...problem.unit !== undefined && { unit: problem.unit },
      leftOut,
    });
    if (format === "csv") {
      const goods = Array.from({ length: m }, (_, j) => `outcome_${j + 1}`);
      const lines = rows.map(({ outcome, price, share }) => [...outcome, price, share].join(","));
      writeStdout(`${[[...goods, "price", "share"].join(","), ...lines].join("\n")}\n`);
    }
    if (format === "text") {
      const shown = rows.length <= SHOWN ? rows : rows.toSorted((a, b) => b.share - a.share).slice(0, SHOWN);
      const names = shown.map((entry) => bundleName(entry.outcome, { goods: problem.goodNames })),
        width = Math.max(10, ...names.map(({ length }) => length + 2));
      const percent = (share: number) => `${(100 * share).toFixed(1)}%`.padStart(8);
      const line = (name: string, price: string, share: string) =>
        `  ${name.padEnd(width)}${price.padStart(8)}${share}`;
      const whose = n === 1 ? "" : `, participant ${participant}, the others having ${values.others}`;
      const what = unitCost > 0 ? `earns, less ${unitCost} a unit,` : "earns";
      output.text([
        `${problem.name}: price list of ${count(list.length, "entry").replace("entrys", "entries")}${whose}`,
        line("outcome", "price", "taken".padStart(8)),
        ...shown.map(({ price, share }, k) => line(names[k], plainAmount(problem, price), percent(share))),
        ...shown.length < rows.length ? [`  and ${rows.length - shown.length} that fewer take: --format csv`] : [],
        ...leftOut > 0
          ? [`  ${leftOut} rarer ones are not on it: at most ${MOST_ENTRIES}; --tolerance merges more`]
          : [],
        line("nothing", "0", percent(nothing)),
        `The list ${what} ${plainAmount(problem, use.profit)} +- ${
          amount(problem, use.standardError)
        } from a participant, ` +
        `the mechanism ${plainAmount(problem, earned)} on the same ${tested} held-out ${rowsOnce ? "rows" : "types"}.`,
      ].join("\n"));
    }
    return 0;
  },
};

/** What a unit costs the principal, as far as one participant causes it. */
function costOfUnit({ participants, principalUtility }: MechanismProblem): number {
  if (!isReproducibleGoods(principalUtility)) return 0;
  const { productionCost, duplicationCost } = principalUtility;
  return duplicationCost + (participants === 1 ? productionCost : 0);
}

/** The others' types `[n - 1][m]`. */
function othersTypes(text: string | undefined, n: number, m: number, largest: number): number[][] {
  const rule = `Cannot run tedi menu: --others must be the types of ${count(n - 1, "other participant")}, ` +
    `${count(m, "number")} in [0, ${largest}] each, as in '${
      Array(n - 1).fill(Array(m).fill(String(largest / 2)).join()).join(";")
    }'`;
  if (n === 1) {
    if (text === undefined) return [];
    throw new InvalidInputError("Cannot run tedi menu: --others must be left out with one participant");
  }
  if (text === undefined) throw new InvalidInputError(`${rule}, but is missing`);
  const others = text.split(";").map((row) => row.split(",").map((cell) => cell.trim() === "" ? NaN : Number(cell)));
  const right = others.length === n - 1 &&
    others.every((row) => row.length === m && row.every((t) => t >= 0 && t <= largest));
  if (!right) throw new InvalidInputError(`${rule}, got ${show(text)}`);
  return others;
}

/** Types `[B, m]` of one participant, as they are in profiles of the problem. */
function ownTypes(
  { distribution, participants: n, goods: m }: MechanismProblem,
  i: number,
  key: ReturnType<typeof randomKey>,
  count: number,
  part: SamplePart,
): Float32Array {
  const all = distribution.sample(key, count, part), own = new Float32Array(count * m);
  for (let b = 0; b < count; b++) own.set(all.subarray((b * n + i) * m, (b * n + i + 1) * m), b * m);
  return own;
}

/** Profiles `[B, n, m]` of a participant's types `[B, m]` and the others', which are the same in all. */
function withOthers(own: Float32Array, others: readonly number[][], i: number, n: number, m: number): Float32Array {
  const B = own.length / m, types = new Float32Array(B * n * m);
  for (let b = 0; b < B; b++) {
    for (let k = 0; k < n; k++) {
      types.set(k === i ? own.subarray(b * m, (b + 1) * m) : others[k < i ? k : k - 1], (b * n + k) * m);
    }
  }
  return types;
}
