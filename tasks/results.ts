/**
 * Writes the tables of EXPERIMENTS.md and README.md from the cells in results/table1, the one of known
 * optima from results/battery, and those of docs/unit_supply.md from results/table-unit: `deno task results [--check]`.
 *
 * A table is between `<!-- table: NAME -->` and `<!-- end -->`. With `--check` nothing is written, and the exit code is 1
 * if a text has other figures than the cells; 2 for a name or a cell that is none.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "@std/cli";
import { InvalidInputError, show } from "../src/errors.ts";
import { type Cell, type CellKey, cellPath, readCell } from "../src/experiments/cells.ts";
import { parseObject } from "../src/io/json.ts";
import { type BatteryMean, readBattery } from "./battery/results.ts";
import { alignedMarkdown } from "./results/markdown.ts";
import { resultTables } from "./results/tables.ts";

/** The files that have tables. */
export const TEXTS = ["EXPERIMENTS.md", "README.md"] as const;
/** The cells, in the folder that the texts are in. */
export const CELLS = "results/table1";
/** What the battery found; a folder may be without it. */
const BATTERY = "results/battery";
/** Cells of goods that exist once; a folder may be without them. */
const UNIT = { texts: ["docs/unit_supply.md"], cells: "results/table-unit" };

/**
 * All cells of a folder, by file name.
 *
 * @throws {InvalidInputError} for a JSON file that is no cell, or has another cell's name.
 */
export async function readCells(folder: string): Promise<Cell[]> {
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  const cells: Cell[] = [];
  for (const file of files) {
    if (!file.endsWith(".json") || /^table/.test(file)) continue;
    const path = `${folder}/${file}`, parsed = parseObject(Deno.readTextFileSync(path));
    const { setting, method, budget, seed, testProfiles } = (parsed ?? {}) as unknown as CellKey;
    const key = { setting, method, budget, seed, testProfiles };
    const cell = Object.values(key).includes(undefined!) || cellPath(folder, key) !== path
      ? undefined
      : await readCell(folder, key);
    if (!cell) throw new InvalidInputError(`Cannot make tables: ${path} must be a cell, under the name of a cell`);
    cells.push(cell);
  }
  return cells;
}

/**
 * A text with its tables made from cells, and from what the battery found.
 *
 * @throws {InvalidInputError} for a table that there is not, or that has no end.
 */
export function withTables(text: string, cells: readonly Cell[], battery: readonly BatteryMean[] = []): string {
  return text.replaceAll(
    /<!-- table: (.*?) -->\n[^]*?(?=<!-- (end -->|table: )|$)/g,
    (_, name: string, end: string) => {
      if (!Object.hasOwn(resultTables, name)) {
        const names = Object.keys(resultTables).join(", ");
        throw new InvalidInputError(`Cannot make tables: a table must be one of ${names}, got ${show(name)}`);
      }
      if (end !== "end -->") throw new InvalidInputError(`Cannot make tables: ${name} must end with <!-- end -->`);
      return `<!-- table: ${name} -->\n\n${alignedMarkdown(resultTables[name](cells, battery))}\n\n`;
    },
  );
}

/** Writes tables, or checks them; gives the names of the texts that had others. */
export async function makeTables(root: string, check: boolean): Promise<string[]> {
  const changed: string[] = [], unit = existsSync(`${root}/${UNIT.cells}`) ? [UNIT] : [];
  const battery = existsSync(`${root}/${BATTERY}`) ? await readBattery(`${root}/${BATTERY}`) : [];
  for (const { texts, cells: folder } of [{ texts: TEXTS, cells: CELLS }, ...unit]) {
    const cells = await readCells(`${root}/${folder}`);
    for (const name of texts) {
      const before = Deno.readTextFileSync(`${root}/${name}`), after = withTables(before, cells, battery);
      if (after === before) continue;
      changed.push(name);
      if (!check) Deno.writeTextFileSync(`${root}/${name}`, after);
    }
  }
  return changed;
}

if (import.meta.main) {
  const { check } = parseArgs(Deno.args, { boolean: ["check"] });
  try {
    const changed = await makeTables(new URL("..", import.meta.url).pathname, check);
    for (const name of changed) {
      console.log(check ? `${name} differs from the cells: deno task results` : `${name} written`);
    }
    Deno.exit(check && changed.length > 0 ? 1 : 0);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
