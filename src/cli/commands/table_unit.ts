/**
 * `tedi table-unit`: auctions of goods that exist once.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { BUDGETS } from "../../experiments/budgets.ts";
import {
  unitCellCommand,
  unitTableColumns,
  unitTableMarkdown,
  unitTableMethods,
} from "../../experiments/unit_table.ts";
import { TEST_PROFILES } from "../../mechanisms/evaluate.ts";
import { settingProblem } from "../../problems/settings.ts";
import type { Command, Option, Values } from "../command.ts";
import { deviceOptions } from "../device_options.ts";
import { parseCommandLine } from "../options.ts";
import { listed, listedSeeds, runTable } from "../table_work.ts";

const METHOD_NAMES = unitTableMethods.map(({ name }) => name), SLUGS = unitTableColumns.map(({ slug }) => slug);

const tableOptions = [
  {
    name: "columns",
    kind: "text",
    placeholder: "LIST",
    help: `Columns, separated by commas: ${SLUGS.join(", ")}, or settings such as U-4-4-unit`,
    default: "all of these",
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
    help: "Work of a cell: standard takes some minutes; quick has a tenth of its iterations, paper five times as many",
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
    help: "Where finished cells and their mechanisms are kept, and the tables: table-unit.csv, .md and .json",
    default: "results/table-unit",
  },
  { name: "json", kind: "flag", help: "Write a JSON line for each cell to stdout instead of the table" },
  { name: "quiet", kind: "flag", help: "No logs and no progress on stderr" },
] as const satisfies readonly Option[];

const options = [...tableOptions, ...deviceOptions] as const;

/** `tedi table-unit`. */
export const tableUnitCommand: Command = {
  name: "table-unit",
  description:
    "Runs methods in auctions of goods that exist once, and writes what they earn beside what the literature reports.\n\n" +
    "A finished cell is kept in a file of its own, beside its mechanism if one was learned. After a stop the same " +
    "command goes on from the last checkpoint. With more columns, methods or seeds it computes what is missing.",
  positionals: [],
  groups: [
    { heading: "Cells", options: tableOptions },
    { heading: "Device", options: deviceOptions },
  ],
  examples: [
    { line: "tedi table-unit --budget quick", help: "all cells, with a tenth of the iterations" },
    { line: "tedi table-unit --columns U-2-5-unit --methods TEDI-AMA,VCG", help: "one column, two rows" },
  ],
  async run(args) {
    const { values } = parseCommandLine("table-unit", options, [], args);
    return await runTable("table-unit", checkWanted(values), unitTableMarkdown, values);
  },
};

/** What to run, checked before any work. */
function checkWanted(values: Values<typeof options[number]>) {
  const action = "Cannot run tedi table-unit";
  const methods = values.methods === undefined ? unitTableMethods : listed(values.methods).map((name) => {
    const method = unitTableMethods.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!method) {
      throw new InvalidInputError(`${action}: --methods must be of ${METHOD_NAMES.join(", ")}, got ${show(name)}`);
    }
    return method;
  });
  const settings = (values.columns === undefined ? SLUGS : listed(values.columns)).map((slug) => {
    const problem = unitTableColumns.find((column) => column.slug === slug)?.problem() ?? settingProblem(slug);
    if (problem.supply === "unit") return problem;
    throw new InvalidInputError(`${action}: --columns must be of goods that exist once, got ${show(slug)}`);
  });
  const seeds = listedSeeds(action, values.seeds);
  for (const [name, given] of Object.entries({ columns: settings, methods, seeds })) {
    if (given.length === 0) throw new InvalidInputError(`${action}: --${name} must name at least one, got none`);
  }
  return {
    ...{ settings, methods, seeds, budget: values.budget ?? "standard" as const, command: unitCellCommand },
    testProfiles: values["test-profiles"] ?? TEST_PROFILES,
    folder: values.out ?? "results/table-unit",
  };
}
