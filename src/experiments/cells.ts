/**
 * The results of experiments, a file each, so that a stopped table goes on where it was.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { InvalidInputError, show } from "../errors.ts";
import { attempt, writeFileAtomic } from "../io/atomic.ts";
import { parseObject } from "../io/json.ts";
import { readTextIfThere } from "../io/read.ts";
import { parseSetting, settingSlug } from "../problems/settings.ts";
import type { PaperPassed } from "./paper_passed.ts";

/** What was run. */
export interface CellKey {
  /** The canonical name of the setting. */
  readonly setting: string;
  /** The name of the method. */
  readonly method: string;
  /** How much work it was allowed. */
  readonly budget: string;
  /** The seed of training and of the test profiles. */
  readonly seed: number;
  /** How many test profiles. */
  readonly testProfiles: number;
  /** Training options that take the place of a budget, as arguments of `tedi train`; none in cells of Table 1. */
  readonly training?: string;
  /** Where the problem comes from, if it is no setting: as arguments, with a digest of its file. */
  readonly source?: string;
}

/** What came out. */
export interface Cell extends CellKey {
  /** Mean u0 over the test profiles. */
  readonly revenue: number;
  /** Its standard error. */
  readonly standardError: number;
  /** Mean u0 over validation profiles, where training options are to be chosen by it. */
  readonly validationRevenue?: number;
  /**
   * Largest certified gap of a best response; 0 for methods that choose from a list. Of methods that are not truthful only
   * a loose bound on what lies gain, where `regret` says what was found.
   */
  readonly worstGap: number;
  /** Mean regret of a participant, for methods that are not truthful, by the method's own search. */
  readonly regret?: number;
  /** The same by the audit's search. */
  readonly auditedRegret?: number;
  /** Seconds of training, or of whatever takes its place; with validation. */
  readonly seconds: number;
  /** Seconds of the evaluation on test profiles. */
  readonly evaluationSeconds: number;
  /** For learned methods, when the paper's value was first passed on validation profiles; undefined where it was not. */
  readonly paperPassed?: PaperPassed;
  /** Floating-point operations of training in units of 10^12, where they are counted. */
  readonly teraflop?: number;
  /** Version of the package, and what it computed on. */
  readonly version: string;
  /** The device. */
  readonly device: string;
  /** The command that makes the cell. */
  readonly command: string;
}

/** The command that makes a cell, in a folder without it. */
export function cellCommand({ setting, method, budget, seed, testProfiles }: CellKey): string {
  const text = /^[\w-]+$/.test(method) ? method : `"${method}"`;
  return `tedi table1 --columns ${settingSlug(parseSetting(setting))} --methods ${text} --seeds ${seed} ` +
    `--budget ${budget} --test-profiles ${testProfiles}`;
}

/** The file of a cell in a folder. */
export function cellPath(folder: string, key: CellKey): string {
  const { setting, method, budget, seed, testProfiles, training, source } = key;
  const plain = (text: string) => text.replaceAll(/[^A-Za-z0-9.]+/g, "-").replaceAll(/^-|-$/g, "");
  const more = training === undefined && source === undefined ? "" : `_${digest(`${training}\n${source}`)}`;
  return `${folder}/${plain(setting)}_${plain(method)}_${plain(budget)}_seed${seed}_${testProfiles}${more}.json`;
}

/** 12 hexadecimal digits of a text's SHA-256. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** The file of the mechanism that was learned for a cell, beside the cell's own. */
export function mechanismPath(folder: string, key: CellKey): string {
  return cellPath(folder, key).replace(/json$/, "mechanism.safetensors");
}

const OPTIONAL_NUMBERS = ["regret", "auditedRegret", "teraflop", "validationRevenue"] as const;

/**
 * The cell that is kept for a key; undefined where there is none.
 *
 * @throws {InvalidInputError} if the file is not of this cell.
 * @throws {MachineError} if it cannot be read.
 */
export async function readCell(folder: string, key: CellKey): Promise<Cell | undefined> {
  const path = cellPath(folder, key);
  const text = await readTextIfThere(path);
  if (text === undefined) return undefined;
  const cell: Partial<Cell> | undefined = parseObject(text);
  const numbers = ["revenue", "standardError", "worstGap", "seconds", "evaluationSeconds"] as const;
  const whole = cell !== undefined &&
    Object.entries(key).every(([name, value]) => cell[name as keyof CellKey] === value) &&
    numbers.every((name) => Number.isFinite(cell[name])) &&
    OPTIONAL_NUMBERS.every((name) => cell[name] === undefined || Number.isFinite(cell[name])) &&
    typeof cell.command === "string";
  if (!whole) {
    throw new InvalidInputError(
      `Cannot go on with the table: ${path} must be the result of ${key.method} for ${key.setting}, got ` +
        `${show(text.slice(0, 80))}; delete it to compute it again`,
    );
  }
  return cell as Cell;
}

/** Keeps a cell. The file is whole or not there. */
export async function writeCell(folder: string, cell: Cell): Promise<void> {
  const path = cellPath(folder, cell);
  await attempt(`write ${path}`, () => writeFileAtomic(path, `${JSON.stringify(cell, undefined, 2)}\n`));
}
