/**
 * A sweep that was begun: what its file said at that time, and which task does which cells.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { cellPath, readCell } from "../../experiments/cells.ts";
import { attempt, writeInto } from "../../io/atomic.ts";
import { parseObject } from "../../io/json.ts";
import { readTextIfThere } from "../../io/read.ts";
import { VERSION } from "../../version.ts";
import { type SweepCell, sweepCells } from "./cells.ts";
import type { SweepDefinition } from "./definition.ts";

/** What workers read: a change of the sweep's file does not reach those that are under way. */
export interface SweepPlan {
  /** The version of the package that made it. */
  readonly version: string;
  readonly definition: SweepDefinition;
  /** For each task its cells, by their places in the list of all. */
  readonly tasks: readonly (readonly number[])[];
}

/** Writes a plan to a file. */
export async function writePlan(path: string, definition: SweepDefinition, tasks: SweepPlan["tasks"]): Promise<void> {
  const plan: SweepPlan = { version: VERSION, definition, tasks };
  await writeInto(path, `${JSON.stringify(plan, undefined, 2)}\n`);
}

/**
 * The cells of a task of a plan.
 *
 * @throws {InvalidInputError} if the file is no plan, is one of another version, or has no such task.
 */
export async function readTask(path: string, task: number): Promise<{ plan: SweepPlan; cells: SweepCell[] }> {
  const text = await readTextIfThere(path), plan = parseObject(text ?? "") as Partial<SweepPlan> | undefined;
  if (!Array.isArray(plan?.tasks) || plan.definition === undefined) {
    throw new InvalidInputError(`Cannot work on a sweep: PLAN must be the plan that a sweep wrote, got ${show(path)}`);
  }
  if (plan.version !== VERSION) {
    throw new InvalidInputError(
      `Cannot work on a sweep: ${path} must be of version ${VERSION}, got ${show(plan.version)}; begin the sweep again`,
    );
  }
  if (task >= plan.tasks.length) {
    throw new InvalidInputError(
      `Cannot work on a sweep: --task must be below ${plan.tasks.length}, as ${path} has it, got ${task}`,
    );
  }
  const all = await sweepCells({ definition: plan.definition, place: () => path });
  return { plan: plan as SweepPlan, cells: plan.tasks[task].map((k: number) => all[k]) };
}

/** How far a cell is. */
export type CellState = "finished" | "failed" | "begun" | "waiting";

/** How far the cell is: what its files say. */
export async function cellState(folder: string, { key }: SweepCell): Promise<CellState> {
  if (await readCell(folder, key)) return "finished";
  if (await readTextIfThere(errorPath(folder, { key })) !== undefined) return "failed";
  const checkpoint = cellPath(folder, key).replace(/json$/, "checkpoint0.safetensors");
  return await isThere(checkpoint) ? "begun" : "waiting";
}

/** The file that says why a cell failed. */
export function errorPath(folder: string, { key }: Pick<SweepCell, "key">): string {
  return cellPath(folder, key).replace(/json$/, "error.txt");
}

/** Whether there is a file. */
export async function isThere(path: string): Promise<boolean> {
  return await attempt(`look at ${path}`, async () => {
    try {
      return (await Deno.stat(path)).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
}

/** A cell in words. */
export function cellWords({ key: { setting, method, seed, training } }: SweepCell): string {
  return `${method} in ${setting}, seed ${seed}${training === undefined ? "" : ` ${training}`}`;
}
