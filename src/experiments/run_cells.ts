/**
 * Runs methods in settings, one cell after the other. What is finished is kept, and not computed again; a cell that was
 * stopped goes on from its last checkpoint.
 *
 * @module
 */
import { attempt } from "../io/atomic.ts";
import { saveMechanism } from "../io/mechanism_file.ts";
import { isLearned } from "../io/mechanism_kinds.ts";
import { evaluate } from "../mechanisms/evaluate.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import type { Device } from "../runtime/device.ts";
import type { TrainingOptions } from "../training/options.ts";
import type { AffineMaximizerOptions } from "../training/unit_supply/options.ts";
import { VERSION } from "../version.ts";
import type { BudgetName } from "./budgets.ts";
import { cellCheckpoints, type CheckpointHooks, removeCheckpoints } from "./cell_checkpoints.ts";
import { type Cell, cellCommand, type CellKey, mechanismPath, readCell, writeCell } from "./cells.ts";
import type { PaperPassed } from "./paper_passed.ts";

/** How a method is run in a cell. */
export interface MethodWork {
  /** How much work it may take. */
  readonly budget: BudgetName;
  /** Training options, the seed among them, for a method that takes them; then there is one start. */
  readonly training?: TrainingOptions | AffineMaximizerOptions;
  /** The seed of everything random. */
  readonly seed: number;
  /** The device that is open. */
  readonly device: Device;
  /** Stops it with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told how many steps of all are done, and a figure of the latest. */
  readonly onProgress?: (done: number, all: number, figure: string) => void;
  /** Seconds that the cell has taken, those before a stop too; since now unless given. */
  readonly elapsed?: () => number;
  /** If given, the hooks by which one of the cell's trainings, counted from 0, goes on from its last checkpoint. */
  readonly checkpoints?: (training: number) => CheckpointHooks;
}

/** What a method makes of a setting. */
export interface MethodResult {
  /** The mechanism. */
  readonly mechanism: Mechanism;
  /** 10^12 floating-point operations, where they are counted. */
  readonly teraflop?: number;
  /** When the paper's value was first passed on validation profiles. */
  readonly paperPassed?: PaperPassed;
}

/** Mean regret of a participant, by two searches for misreports that pay. */
export interface MeasuredRegret {
  /** By the search that the method is trained with. */
  readonly regret: number;
  /** By that of the audit. */
  readonly auditedRegret: number;
}

/** A row of a table. */
export interface ExperimentMethod {
  /** Its name in the table. */
  readonly name: string;
  /** Whether the method can be used in a setting. */
  applies(problem: MechanismProblem): boolean;
  /** Finds a mechanism. */
  run(problem: MechanismProblem, work: MethodWork): Promise<MethodResult>;
  /** Measures regret, where the method is not truthful. */
  regret?(problem: MechanismProblem, mechanism: Mechanism, seed: number): Promise<MeasuredRegret>;
}

/** Which cells to run, and how. */
export interface CellsToRun {
  /** Canonical names of settings, or problems that are none. */
  readonly settings: readonly (string | MechanismProblem)[];
  readonly methods: readonly ExperimentMethod[];
  readonly seeds: readonly number[];
  readonly budget: BudgetName;
  readonly testProfiles: number;
  /** The command that makes a cell; that of `tedi table1` unless given. */
  readonly command?: (key: CellKey) => string;
  /** Where finished cells are kept, with the mechanisms that were learned, and checkpoints of those under way. */
  readonly folder: string;
}

/** Told what goes on. */
export interface CellHooks {
  /** A cell begins, or was there already. */
  readonly onCell?: (key: CellKey, kept: Cell | undefined) => void;
  /** A cell is under way. */
  readonly onProgress?: (done: number, all: number, figure: string) => void;
  /** A cell is finished. */
  readonly onFinished?: (cell: Cell) => void;
}

/** Runs cells, setting by setting, so that columns become complete. Cells that do not apply are left out. */
export async function runCells(
  { settings, methods, seeds, budget, testProfiles, folder, command = cellCommand }: CellsToRun,
  device: Device,
  hooks: CellHooks = {},
  signal?: AbortSignal,
): Promise<Cell[]> {
  const cells: Cell[] = [];
  await attempt(`make ${folder}`, () => Deno.mkdir(folder, { recursive: true }));
  for (const setting of settings) {
    const problem = problemOf(setting);
    for (const method of methods.filter((method) => method.applies(problem))) {
      for (const seed of seeds) {
        const key: CellKey = { setting: problem.name, method: method.name, budget, seed, testProfiles };
        const kept = await readCell(folder, key);
        hooks.onCell?.(key, kept);
        if (kept) {
          await removeCheckpoints(folder, key); // of a process that was killed before it could
          cells.push(kept);
          continue;
        }
        const cell = await runCell(
          { problem, method, key, budget, folder, command: command(key) },
          device,
          hooks,
          signal,
        );
        hooks.onFinished?.(cell);
        cells.push(cell);
      }
    }
  }
  return cells;
}

/** A cell to run. */
export interface CellToRun {
  readonly problem: MechanismProblem;
  readonly method: ExperimentMethod;
  readonly key: CellKey;
  readonly budget: BudgetName;
  /** Training options in the budget's place. */
  readonly training?: TrainingOptions | AffineMaximizerOptions;
  /** Where it is kept. */
  readonly folder: string;
  /** The command that makes it. */
  readonly command: string;
}

/**
 * Runs a cell, or goes on with it from its last checkpoint, and keeps it with its mechanism. One with training options
 * of its own is measured on validation profiles, too, for a choice among such options.
 */
export async function runCell(
  { problem, method, key, budget, training, folder, command }: CellToRun,
  device: Device,
  { onProgress }: Pick<CellHooks, "onProgress"> = {},
  signal?: AbortSignal,
): Promise<Cell> {
  signal?.throwIfAborted();
  const { seed, testProfiles: profiles } = key;
  const begin = performance.now(), since = () => (performance.now() - begin) / 1000;
  const checkpoints = await cellCheckpoints(folder, key, since);
  const elapsed = () => checkpoints.seconds + since();
  const work = { budget, training, seed, device, signal, elapsed, onProgress, checkpoints: checkpoints.hooks };
  const { mechanism, teraflop, paperPassed } = await method.run(problem, work);
  const seconds = elapsed();
  const { revenue, standardError, worstGap } = await evaluate(problem, mechanism, { profiles, seed, signal });
  const evaluationSeconds = elapsed() - seconds;
  const validation = training && await evaluate(problem, mechanism, { profiles, seed, part: "validation", signal });
  const cell: Cell = {
    ...key,
    ...{ revenue, standardError, worstGap, ...await method.regret?.(problem, mechanism, seed) },
    ...validation && { validationRevenue: validation.revenue },
    ...{ seconds, evaluationSeconds, teraflop, paperPassed, command },
    version: VERSION,
    device: `${device.backend} (${device.adapter})`,
  };
  // In this order, a cell that is finished has its mechanism, and one that is not its checkpoints.
  if (isLearned(mechanism)) await saveMechanism(mechanismPath(folder, key), mechanism);
  await writeCell(folder, cell);
  await removeCheckpoints(folder, key);
  return cell;
}
