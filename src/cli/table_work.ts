/**
 * Runs the cells of a table and writes it, for the commands that make tables.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { BUDGETS } from "../experiments/budgets.ts";
import type { Cell } from "../experiments/cells.ts";
import { type CellsToRun, type ExperimentMethod, runCells } from "../experiments/run_cells.ts";
import { summarize, tableCsv } from "../experiments/tables.ts";
import { attempt, writeFileAtomic } from "../io/atomic.ts";
import { TEST_PROFILES } from "../mechanisms/evaluate.ts";
import { problemOf } from "../problems/problem_of.ts";
import { isUnitSupply } from "../problems/supply.ts";
import type { Device } from "../runtime/device.ts";
import { defaultTraining } from "../training/options.ts";
import type { Option, Values } from "./command.ts";
import { chosenDevice, type DeviceValues, requestedDevice } from "./device_options.ts";
import { openFasterDevice } from "./faster_device.ts";
import { INTERRUPTED, listenToInterrupts } from "./interrupt.ts";
import { openOutput, type Output } from "./output.ts";

/** Words for the options of a table. */
export interface TableWords {
  /** What columns are, and all of them. */
  readonly columns: string;
  readonly all: string;
  /** What a cell takes with the standard budget: `some minutes`. */
  readonly standard: string;
  /** The table's files. */
  readonly files: string;
}

/** The options of a table's cells. */
export function cellOptions(table: string, methods: readonly ExperimentMethod[], words: TableWords) {
  return [
    { name: "columns", kind: "text", placeholder: "LIST", help: words.columns, default: words.all },
    {
      name: "methods",
      kind: "text",
      placeholder: "LIST",
      help: `Methods (rows), separated by commas: ${namesOf(methods)}`,
      default: "all",
    },
    { name: "seeds", kind: "text", placeholder: "LIST", help: "Seeds, separated by commas", default: "0" },
    {
      name: "budget",
      kind: "choice",
      choices: BUDGETS,
      help: `Work of a cell: standard takes ${words.standard}; quick has a tenth of its iterations, paper five times ` +
        "as many",
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
      help: `Where finished cells and their mechanisms are kept, and the tables: ${words.files}`,
      default: folderOf(table),
    },
    { name: "json", kind: "flag", help: "Write a JSON line for each cell to stdout instead of the table" },
    { name: "quiet", kind: "flag", help: "No logs and no progress on stderr" },
  ] as const satisfies readonly Option[];
}

/** What the commands that make tables say of their cells. */
export const CELLS_ARE_KEPT =
  "A finished cell is kept in a file of its own, beside its mechanism if one was learned. After a stop the same " +
  "command goes on from the last checkpoint. With more columns, methods or seeds it computes what is missing.";

const namesOf = (methods: readonly ExperimentMethod[]) => methods.map(({ name }) => name).join(", ");
const folderOf = (table: string) => `results/${table}`;

/**
 * The cells to run, checked before any work.
 *
 * @param columns The columns of a list, or all of them.
 */
export function wantedCells(
  table: string,
  values: Values<ReturnType<typeof cellOptions>[number]>,
  all: readonly ExperimentMethod[],
  columns: (listed: readonly string[] | undefined, action: string) => CellsToRun["settings"],
): CellsToRun {
  const action = `Cannot run tedi ${table}`;
  const methods = values.methods === undefined ? all : listed(values.methods).map((name) => {
    const method = all.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!method) throw new InvalidInputError(`${action}: --methods must be of ${namesOf(all)}, got ${show(name)}`);
    return method;
  });
  const seeds = listedSeeds(action, values.seeds);
  const settings = columns(values.columns === undefined ? undefined : listed(values.columns), action);
  for (const [name, given] of Object.entries({ columns: settings, methods, seeds })) {
    if (given.length === 0) throw new InvalidInputError(`${action}: --${name} must name at least one, got none`);
  }
  return {
    ...{ settings, methods, seeds, budget: values.budget ?? "standard" },
    testProfiles: values["test-profiles"] ?? TEST_PROFILES,
    folder: values.out ?? folderOf(table),
  };
}

/** The parts of a text that commas separate. */
function listed(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** The seeds of a text. */
function listedSeeds(action: string, text = "0"): number[] {
  return listed(text).map((text) => {
    if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
    throw new InvalidInputError(`${action}: --seeds must be integers from 0 to 2^53 - 1, got ${show(text)}`);
  });
}

/**
 * Runs cells, and writes a table of them to its folder and to stdout; gives the exit code.
 *
 * @param name Of the table's files.
 * @param markdown The table for people.
 */
export async function runTable(
  name: string,
  wanted: CellsToRun,
  markdown: (cells: readonly Cell[]) => string,
  values: DeviceValues & { readonly json?: boolean; readonly quiet?: boolean },
): Promise<number> {
  const output = openOutput(values);
  const device = await deviceOf(wanted, values, output);
  const interrupt = listenToInterrupts(() =>
    output.log("Stopping after this iteration, with a checkpoint. Ctrl-C again to stop at once")
  );
  let progress = output.progress("cell");
  try {
    const cells = await runCells(wanted, device, {
      onCell(key, kept) {
        const name = `${key.method} in ${key.setting}, seed ${key.seed}`;
        output.log(kept ? `${name}: ${kept.revenue.toFixed(4)}, kept from before` : name);
        progress = output.progress(key.method);
      },
      onProgress: (done, all, figure) => progress.update(done, all, figure),
      onFinished(cell) {
        progress.end();
        const { revenue, standardError, seconds, regret } = cell;
        const more = regret === undefined ? "" : `, regret ${regret.toFixed(4)}`;
        output.log(`  ${revenue.toFixed(4)} +- ${standardError.toFixed(4)}${more}, ${seconds.toFixed(0)} s`);
        output.event("cell", { ...cell });
      },
    }, interrupt.signal);
    const table = markdown(cells), json = { means: summarize(cells), cells };
    const files = { csv: tableCsv(cells), md: table, json: `${JSON.stringify(json, undefined, 2)}\n` };
    for (const [ending, text] of Object.entries(files)) {
      const path = `${wanted.folder}/${name}.${ending}`;
      await attempt(`write ${path}`, () => writeFileAtomic(path, text));
    }
    output.text(table);
    return 0;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    output.log("Stopped; the same command goes on with the cell under way, and those that are missing");
    return INTERRUPTED;
  } finally {
    progress.end();
    interrupt.end();
    device.close();
  }
}

/** The device for all cells: by `auto` the one that is faster for the largest problem that has trainings on a device. */
async function deviceOf({ settings }: CellsToRun, values: DeviceValues, output: Output): Promise<Device> {
  const problems = settings.map(problemOf).filter((problem) => !isUnitSupply(problem));
  if (problems.length === 0) return await chosenDevice(values);
  const largest = problems.reduce((most, one) =>
    one.participants * one.goods > most.participants * most.goods ? one : most
  );
  return await openFasterDevice(largest, defaultTraining(largest), requestedDevice(values), output);
}
