/**
 * `tedi table-unit`: auctions of goods that exist once.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import {
  unitCellCommand,
  unitTableColumns,
  unitTableMarkdown,
  unitTableMethods,
} from "../../experiments/unit_table.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { settingProblem } from "../../problems/settings.ts";
import type { Command } from "../command.ts";
import { deviceOptions } from "../device_options.ts";
import { parseCommandLine } from "../options.ts";
import { cellOptions, CELLS_ARE_KEPT, runTable, wantedCells } from "../table_work.ts";

const SLUGS = unitTableColumns.map(({ slug }) => slug);

const tableOptions = cellOptions("table-unit", unitTableMethods, {
  columns: `Columns, separated by commas: ${SLUGS.join(", ")}, or settings such as U-4-4-unit`,
  all: "all of these",
  standard: "some minutes",
  files: "table-unit.csv, .md and .json",
});
const options = [...tableOptions, ...deviceOptions] as const;

/** `tedi table-unit`. */
export const tableUnitCommand: Command = {
  name: "table-unit",
  description:
    "Runs methods in auctions of goods that exist once, and writes what they earn beside what the literature reports.\n\n" +
    CELLS_ARE_KEPT,
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
    const cells = wantedCells("table-unit", values, unitTableMethods, columnProblems);
    return await runTable("table-unit", { ...cells, command: unitCellCommand }, unitTableMarkdown, values);
  },
};

/** The problems of some columns, or of all. */
function columnProblems(slugs: readonly string[] = SLUGS, action: string): MechanismProblem[] {
  return slugs.map((slug) => {
    const problem = unitTableColumns.find((column) => column.slug === slug)?.problem() ?? settingProblem(slug);
    if (problem.supply === "unit") return problem;
    throw new InvalidInputError(`${action}: --columns must be of goods that exist once, got ${show(slug)}`);
  });
}
