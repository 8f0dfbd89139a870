/**
 * Runs the cells of a table and writes it, for the commands that make tables.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import type { Cell } from "../experiments/cells.ts";
import { type CellsToRun, runCells } from "../experiments/run_cells.ts";
import { summarize, tableCsv } from "../experiments/tables.ts";
import { attempt, writeFileAtomic } from "../io/atomic.ts";
import { chosenDevice, type DeviceValues } from "./device_options.ts";
import { INTERRUPTED, listenToInterrupts } from "./interrupt.ts";
import { openOutput } from "./output.ts";

/** The parts of a text that commas separate. */
export function listed(text: string): string[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

/** The seeds of a text. */
export function listedSeeds(action: string, text = "0"): number[] {
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
  const device = await chosenDevice(values);
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
