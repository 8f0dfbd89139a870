/**
 * `tedi export`: the prices of a mechanism in plain numbers, for other programs.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";
import { loadMechanism } from "../../io/mechanism_file.ts";
import { requireMenuMechanism } from "../../io/mechanism_kinds.ts";
import { bundlePrices, plainPrices } from "../../mechanisms/plain_prices.ts";
import { goodName, PLAIN_UNITS } from "../../mechanisms/units.ts";
import { hasContext } from "../../networks/context.ts";
import type { Command, Option } from "../command.ts";
import { findMechanism, mechanismArgument } from "../mechanism_argument.ts";
import { parseCommandLine } from "../options.ts";
import { othersOptions, othersTypes } from "../others_types.ts";
import { writeStdout } from "../output.ts";

const options = [
  {
    name: "format",
    kind: "choice",
    choices: ["json", "csv"],
    help: "json: the price of any outcome, as layers of numbers; csv: the price of every bundle, with up to 16 goods",
    default: "json",
  },
  ...othersOptions,
  { name: "json", kind: "flag", help: "The same as --format json" },
] as const satisfies readonly Option[];

/** The form of the JSON; the number changes when the meaning of anything in it does. */
const FORM = "tedi-prices-1";

/** `tedi export`. */
export const exportCommand: Command = {
  name: "export",
  description:
    "Writes what a participant pays for which outcome to stdout, in plain numbers that other programs read " +
    "without this package. Whoever lets participants take what is best for them at these prices has the mechanism.\n\n" +
    "docs/file_formats.md says what the numbers mean, and has a reader of mechanism files in NumPy.",
  positionals: [mechanismArgument],
  groups: [{ heading: "Export", options }],
  examples: [
    { line: "tedi export runs/mine > prices.json", help: "the price of any outcome" },
    { line: "tedi export runs/mine --format csv > bundles.csv", help: "a table of all bundles" },
    { line: "tedi export runs/U-2-2-cp0-cd0-seed0 --others 0.5,0.9", help: "if the other one has these values" },
  ],
  async run(args) {
    const { values, positionals } = parseCommandLine("export", options, [mechanismArgument], args);
    const action = "run tedi export", { participant = 1 } = values;
    if (values.json && values.format === "csv") {
      throw new InvalidInputError(`Cannot ${action}: --json and --format csv exclude each other`);
    }
    const { file } = await findMechanism(positionals[0]), mechanism = await loadMechanism(file);
    requireMenuMechanism(`export ${file}`, mechanism);
    const { participants: n, goods: m, units = PLAIN_UNITS, network } = mechanism;
    const reads = hasContext(mechanism, network.context),
      others = othersTypes(action, values, n, m, units.largest, reads);
    const profile = Float32Array.from(others.toSpliced(participant - 1, 0, new Array(m).fill(0)).flat());
    const goods = Array.from({ length: m }, (_, j) => goodName(units, j));
    if (values.format === "csv") {
      const bundles = await bundlePrices(mechanism, profile, participant - 1);
      const lines = bundles.map(({ outcome, price }) => [...outcome, price].join(","));
      writeStdout(`${[[...goods.map(quoted), "price"].join(","), ...lines].join("\n")}\n`);
      return 0;
    }
    const told = {
      form: FORM,
      problem: mechanism.problem,
      ...{ participants: n, participant, goods },
      ...reads && { others },
      ...units.name !== undefined && { unit: units.name },
      largestType: units.largest,
      ...plainPrices(mechanism, profile, participant - 1),
    };
    writeStdout(`${JSON.stringify(told)}\n`);
    return 0;
  },
};

/** A text as a cell of a CSV file. */
function quoted(text: string): string {
  return /[",\n;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
