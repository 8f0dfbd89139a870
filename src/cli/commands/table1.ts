/**
 * `tedi table1`: every method in every setting of the paper's Table 1.
 *
 * @module
 */
import { experimentMethods } from "../../experiments/methods.ts";
import { tableMarkdown } from "../../experiments/tables.ts";
import { parseSetting, settingName } from "../../problems/settings.ts";
import { tableOneSettings } from "../../problems/table_one.ts";
import type { Command } from "../command.ts";
import { deviceOptions } from "../device_options.ts";
import { parseCommandLine } from "../options.ts";
import { cellOptions, CELLS_ARE_KEPT, runTable, wantedCells } from "../table_work.ts";

const tableOptions = cellOptions("table1", experimentMethods, {
  columns: "Settings, separated by commas: U-3-10-cp1-cd0,B-1-10",
  all: "all 13",
  standard: "at most about 20 minutes for TEDI on two cores",
  files: "table1.csv, table1.md, table1.json",
});
const options = [...tableOptions, ...deviceOptions] as const;

/** `tedi table1`. */
export const table1Command: Command = {
  name: "table1",
  description:
    "Runs methods in settings of the paper's Table 1, and writes what they earn beside the paper's values.\n\n" +
    CELLS_ARE_KEPT,
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
    return await runTable(
      "table1",
      wantedCells("table1", values, experimentMethods, columnSettings),
      tableMarkdown,
      values,
    );
  },
};

/** The settings of some columns, or of all. */
function columnSettings(columns?: readonly string[]): string[] {
  return columns?.map((text) => settingName(parseSetting(text))) ?? tableOneSettings.map(({ setting }) => setting);
}
