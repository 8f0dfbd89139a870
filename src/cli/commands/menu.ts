/**
 * `tedi menu`: the price list that a mechanism is to a participant.
 *
 * @module
 */
import { InvalidInputError, requireNumber, show } from "../../errors.ts";
import { count } from "../../display.ts";
import { writeInto } from "../../io/atomic.ts";
import { costsInWords, measuredPriceList } from "../../mechanisms/measured_price_list.ts";
import { bundleName, MOST_ENTRIES } from "../../mechanisms/price_list.ts";
import { hasContext } from "../../networks/context.ts";
import { parseEmpiricalName } from "../../problems/empirical_name.ts";
import { amount, plainAmount } from "../../problems/amounts.ts";
import { setThreadCount } from "../../runtime/threads.ts";
import type { Command, Option } from "../command.ts";
import { threadsOption } from "../device_options.ts";
import { othersOptions, othersTypes } from "../others_types.ts";
import { mechanismArgument } from "../mechanism_argument.ts";
import { mechanismWithProblem } from "../mechanism_with_problem.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput, writeStdout } from "../output.ts";
import { problemOptions } from "../problem_options.ts";

const menuOptions = [
  ...othersOptions,
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
  {
    name: "svg",
    kind: "text",
    placeholder: "FILE.svg",
    help: "Draw the list, too, into this file; folders on the way are made",
  },
  threadsOption,
] as const satisfies readonly Option[];

const options = [...menuOptions, ...problemOptions] as const;

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
    { line: "tedi menu runs/mine --bundles 5 --svg prices.svg", help: "at most five entries, as a picture, too" },
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
    if (values.svg !== undefined && !/\.svg$/i.test(values.svg)) {
      throw new InvalidInputError(`Cannot ${action}: --svg must end with .svg, got ${show(values.svg)}`);
    }
    const format = values.json ? "json" : values.format ?? "text";
    if (values.json && values.format !== undefined && values.format !== "json") {
      throw new InvalidInputError(`Cannot ${action}: --json and --format ${values.format} exclude each other`);
    }
    const { problem, mechanism } = await mechanismWithProblem("menu", positionals[0], values);
    const { participants: n, goods: m } = problem;
    const reads = n > 1 && ("method" in mechanism || hasContext(mechanism, mechanism.network.context));
    const others = othersTypes(action, values, n, m, mechanism.units?.largest ?? 1, reads);
    const having = reads ? `the others having ${values.others}` : "whatever the others have";
    setThreadCount(values.threads);
    const list = await measuredPriceList(problem, mechanism, {
      ...{ participant: participant - 1, others, bundles, round, tolerance, profiles, seed },
    });
    const { entries: rows, nothing, profit, standardError, mechanismProfit, tested, leftOut } = list;
    if (values.svg !== undefined) {
      const { priceListChart } = await import("../../report/price_list_chart.ts");
      const where = n === 1 ? "" : ` of participant ${participant}, ${having}`;
      await writeInto(values.svg, `${(await priceListChart("price-list", problem, list, where)).svg}\n`);
    }
    const title = parseEmpiricalName(problem.name)?.table ?? problem.name;
    const output = openOutput({ json: format === "json" });
    output.event("menu", {
      setting: problem.name,
      participant,
      ...reads && { others },
      entries: rows,
      ...{ nothing, profit, standardError, mechanismProfit },
      ...list.rows ? { rows: tested } : { profiles: tested },
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
      const whose = n === 1 ? "" : `, participant ${participant}, ${having}`;
      output.text([
        `${title}: price list of ${count(rows.length, "entry").replace("entrys", "entries")}${whose}`,
        line("outcome", "price", "taken".padStart(8)),
        ...shown.map(({ price, share }, k) => line(names[k], plainAmount(problem, price), percent(share))),
        ...shown.length < rows.length ? [`  and ${rows.length - shown.length} that fewer take: --format csv`] : [],
        ...leftOut > 0
          ? [`  ${leftOut} rarer ones are not on it: at most ${MOST_ENTRIES}; --tolerance merges more`]
          : [],
        line("nothing", "0", percent(nothing)),
        `The list earns ${plainAmount(problem, profit)} +- ${amount(problem, standardError)} from a participant${
          costsInWords(problem, list)
        }, ` +
        `the mechanism ${plainAmount(problem, mechanismProfit)} on the same ${tested} held-out ${
          list.rows ? "rows" : "types"
        }.`,
      ].join("\n"));
    }
    return 0;
  },
};
