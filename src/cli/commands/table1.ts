/**
 * `tedi table1`: every method in every setting of the paper's Table 1.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { BUDGETS } from "../../experiments/budgets.ts";
import { experimentMethods } from "../../experiments/methods.ts";
import { tableMarkdown } from "../../experiments/tables.ts";
import { TEST_PROFILES } from "../../mechanisms/evaluate.ts";
import { parseSetting, settingName } from "../../problems/settings.ts";
import { tableOneSettings } from "../../problems/table_one.ts";
import type { Command, Option, Values } from "../command.ts";
import { deviceOptions } from "../device_options.ts";
import { parseCommandLine } from "../options.ts";
import { listed, listedSeeds, runTable } from "../table_work.ts";

const METHOD_NAMES = experimentMethods.map(({ name }) => name);

const tableOptions = [
  {
    name: "columns",
    kind: "text",
    placeholder: "LIST",
    help: "Settings, separated by commas: U-3-10-cp1-cd0,B-1-10",
    default: "all 13",
  },
  {
    name: "methods",
    kind: "text",
    placeholder: "LIST",
    help: `Methods (rows), separated by commas: ${METHOD_NAMES.join(", ")}`,
    default: "all",
  },
  { name: "seeds", kind: "text", placeholder: "LIST", help: "Seeds, separated by commas", default: "0" },
  {
    name: "budget",
    kind: "choice",
    choices: BUDGETS,
    help: "Work of a cell: standard takes at most about 20 minutes for TEDI on two cores; quick has a tenth of its " +
      "iterations, paper five times as many",
    default: "standard",
  },
  {
    name: "test-profiles",
    kind: "integer",
    least: 2,
    placeholder: "N",
    help: "New type profiles on which each mechanism is measured",
    default: String(TEST_PROFILES),
  },
  {
    name: "out",
    kind: "text",
    placeholder: "FOLDER",
    help: "Where finished cells and their mechanisms are kept, and the tables: table1.csv, table1.md, table1.json",
    default: "results/table1",
  },
  { name: "json", kind: "flag", help: "Write a JSON line for each cell to stdout instead of the table" },
  { name: "quiet", kind: "flag", help: "No logs and no progress on stderr" },
] as const satisfies readonly Option[];

const options = [...tableOptions, ...deviceOptions] as const;

/** `tedi table1`. */
export const table1Command: Command = {
  name: "table1",
  description:
    "Runs methods in settings of the paper's Table 1, and writes what they earn beside the paper's values.\n\n" +
    "A finished cell is kept in a file of its own, beside its mechanism if one was learned. After a stop the same " +
    "command goes on from the last checkpoint. With more columns, methods or seeds it computes what is missing.",
  positionals: [],
  groups: [
    { heading: "Cells", options: tableOptions },
    { heading: "Device", options: deviceOptions },
  ],
  examples: [
    { line: "tedi table1 --budget quick", help: "all cells, with a tenth of the iterations" },
    { line: "tedi table1 --columns U-3-10-cp1-cd0 --methods TEDI,Separable-OPT", help: "one column, two rows" },
    { line: "tedi table1 --methods TEDI,TEDI-Paper", help: "beside the method as printed, in all columns" },
  ],
  async run(args) {
    const { values } = parseCommandLine("table1", options, [], args);
    return await runTable("table1", checkWanted(values), tableMarkdown, values);
  },
};

/** What to run, checked before any work. */
function checkWanted(values: Values<typeof options[number]>) {
  const action = "Cannot run tedi table1";
  const methods = values.methods === undefined ? experimentMethods : listed(values.methods).map((name) => {
    const method = experimentMethods.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!method) {
      throw new InvalidInputError(`${action}: --methods must be of ${METHOD_NAMES.join(", ")}, got ${show(name)}`);
    }
    return method;
  });
  const seeds = listedSeeds(action, values.seeds);
  const settings = values.columns === undefined
    ? tableOneSettings.map(({ setting }) => setting)
    : listed(values.columns).map((text) => settingName(parseSetting(text)));
  for (const [name, given] of Object.entries({ columns: settings, methods, seeds })) {
    if (given.length === 0) throw new InvalidInputError(`${action}: --${name} must name at least one, got none`);
  }
  return {
    ...{ settings, methods, seeds, budget: values.budget ?? "standard" as const },
    testProfiles: values["test-profiles"] ?? TEST_PROFILES,
    folder: values.out ?? "results/table1",
  };
}
