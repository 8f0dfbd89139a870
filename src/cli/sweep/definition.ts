/**
 * The file of a sweep, TOML or JSON: what it may say, and what it says.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { BUDGETS } from "../../experiments/budgets.ts";
import { experimentMethods } from "../../experiments/methods.ts";
import { readTextIfThere } from "../../io/read.ts";
import { TEST_PROFILES } from "../../mechanisms/evaluate.ts";
import { isTable, parseTable, placesIn, type Table, TableReader } from "../option_file.ts";
import { problemOptions } from "../problem_options.ts";
import { plain, trainingOptions } from "../training_options.ts";
import { unitSupplyOptions } from "../unit_supply_options.ts";

/** A value of a training option, as the command line has it. */
export type OptionText = string;

/** Values that are drawn: uniform between two bounds, or uniform in their logarithm. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly scale: "linear" | "log";
}

/** A problem as options of the command line, by name. */
export type ProblemTexts = Readonly<Record<string, OptionText>>;

/** What a sweep asks Slurm for. */
export interface SlurmRequest {
  readonly partition?: string;
  readonly account?: string;
  /** As Slurm has it: `02:00:00`. */
  readonly time?: string;
  /** As Slurm has it: `4G`. */
  readonly memory?: string;
  /** Cores of a task, and threads of its cells. */
  readonly cores: number;
  /** Modules to load. */
  readonly modules: readonly string[];
  /** Lines of the shell before the work begins. */
  readonly setup: readonly string[];
  /** What follows `#SBATCH` in further lines. */
  readonly sbatch: readonly string[];
  /** Cells that a task of the array does one after the other. */
  readonly cellsPerTask: number;
  /** Seconds before the time limit at which a cell stops with a checkpoint, to go on later. */
  readonly stopBefore: number;
  /** Whether every node is known to see the folder of the sweep. */
  readonly shared: boolean;
}

/** What a file of a sweep says, checked but for the values of training options. */
export interface SweepDefinition {
  /** Where cells are kept. */
  readonly out: string;
  readonly problems: readonly ProblemTexts[];
  /** Names of methods. */
  readonly methods: readonly string[];
  readonly seeds: readonly number[];
  readonly budget: typeof BUDGETS[number];
  readonly testProfiles: number;
  /** How many times all ranges are drawn; 0 without ranges. */
  readonly samples: number;
  readonly sampleSeed: number;
  /** Lists and ranges of training options, by name; undefined where a budget sizes the work. */
  readonly training?: Readonly<Record<string, readonly OptionText[] | Range>>;
  readonly slurm: SlurmRequest;
}

/** A file that was read: what it says, and how to name a place in it. */
export interface SweepFile {
  readonly definition: SweepDefinition;
  /** `sweep.toml, line 7` for a key, such as `["training", "chains"]`. */
  readonly place: (keys: readonly string[]) => string;
}

const TOP = [
  ...["out", "problems", "methods", "seeds", "budget", "test-profiles", "samples", "sample-seed", "training", "slurm"],
] as const;
const SLURM = [
  ...["partition", "account", "time", "memory", "cores", "modules", "setup", "sbatch", "cells-per-task"],
  ...["stop-before", "shared"],
] as const;
/** Options of training: those of all mechanisms. Which a problem's has is checked for each cell. */
export const sweptOptions = [...trainingOptions, ...unitSupplyOptions] as const;
/** Those that may be listed: seeds have a key of their own. */
const TRAINING = sweptOptions.map(({ name }) => name).filter((name) => name !== "seed");
const METHODS = experimentMethods.map(({ name }) => name);

/**
 * Reads the file of a sweep.
 *
 * @throws {InvalidInputError} naming the file, the line, the key, the rule and the value.
 */
export async function readSweepFile(path: string): Promise<SweepFile> {
  const text = await readTextIfThere(path) ?? await shipped(path);
  if (text === undefined) {
    throw new InvalidInputError(
      `Cannot read a sweep: FILE must be a file that is there, or table1, got ${show(path)}`,
    );
  }
  return await parseSweep(text, path);
}

/** The text of a sweep that comes with the package: that of Table 1. */
async function shipped(name: string): Promise<string | undefined> {
  return name === "table1" ? (await import("./table_one.ts")).TABLE_ONE : undefined;
}

/** As {@linkcode readSweepFile}, from the text of a file of this name; JSON where the name ends so. */
export async function parseSweep(text: string, path: string): Promise<SweepFile> {
  const place = placesIn(text, path), value = await parseTable(text, path), reader = new Reader("sweep", place);
  return { definition: reader.definition(value, nameOf(path)), place };
}

/** The name of a file without folder and ending. */
function nameOf(path: string): string {
  return path.split(/[/\\]/).pop()!.replace(/\.[^.]*$/, "") || "sweep";
}

/** Reads what a file says. */
class Reader extends TableReader {
  integer(keys: readonly string[], value: unknown, least: number, otherwise: number): number {
    if (value === undefined) return otherwise;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
      this.fail(keys, `an integer of at least ${least}`, value);
    }
    return value;
  }

  text(keys: readonly string[], value: unknown): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value !== "string" || value === "" || /[\n\r]/.test(value)) this.fail(keys, "a text of one line", value);
    return value;
  }

  texts(keys: readonly string[], value: unknown = []): string[] {
    if (!Array.isArray(value) || value.some((one) => typeof one !== "string" || /[\n\r]/.test(one))) {
      this.fail(keys, "a list of texts of one line", value);
    }
    return value;
  }

  list(keys: readonly string[], value: unknown): unknown[] {
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
    if (list.length === 0) this.fail(keys, "a list of at least one", value);
    const texts = list.map((one) => JSON.stringify(one));
    texts.forEach((text, k) => {
      if (texts.indexOf(text) !== k) this.fail(keys, "a list without repetitions", list[k]);
    });
    return list;
  }

  definition(value: Table, name: string): SweepDefinition {
    this.known(value, TOP, []);
    const { training, slurm = {}, budget = "standard" } = value;
    const methods = this.list(["methods"], value.methods ?? "TEDI").map((method) => {
      const found = METHODS.find((one) => one.toLowerCase() === String(method).toLowerCase());
      return found ?? this.fail(["methods"], `of ${METHODS.join(", ")}`, method);
    });
    const seeds = this.list(["seeds"], value.seeds ?? 0).map((seed) => this.integer(["seeds"], seed, 0, 0));
    if (!BUDGETS.some((one) => one === budget)) this.fail(["budget"], `of ${BUDGETS.join(", ")}`, budget);
    if (training !== undefined && value.budget !== undefined) {
      this.fail(["budget"], "left out where there is training: its iterations size the work", budget);
    }
    const other = methods.find((method) => method !== "TEDI");
    if (training !== undefined && other !== undefined) {
      this.fail(["methods"], "TEDI alone where there is training, whose options are TEDI's", other);
    }
    const read = training === undefined ? undefined : this.training(training);
    const ranges = Object.values(read ?? {}).some((one) => !Array.isArray(one));
    if (ranges && value.samples === undefined) {
      this.fail(["training"], "without ranges, or beside samples = N", undefined);
    }
    if (!ranges && value.samples !== undefined) {
      this.fail(["samples"], "left out where no option of training is a range", value.samples);
    }
    if (!isTable(slurm)) this.fail(["slurm"], "a table", slurm);
    return {
      out: this.text(["out"], value.out) ?? `sweeps/${name}`,
      problems: this.list(["problems"], value.problems).map((one) => this.problem(one)),
      ...{ methods, seeds, budget: budget as SweepDefinition["budget"] },
      testProfiles: this.integer(["test-profiles"], value["test-profiles"], 2, TEST_PROFILES),
      samples: this.integer(["samples"], value.samples, 1, 0),
      sampleSeed: this.integer(["sample-seed"], value["sample-seed"], 0, 0),
      ...read && { training: read },
      slurm: this.slurm(slurm),
    };
  }

  problem(value: unknown): ProblemTexts {
    if (typeof value === "string") return { setting: value };
    if (!isTable(value)) this.fail(["problems"], "names of settings, or tables such as {types = ...}", value);
    this.known(value, problemOptions.map(({ name }) => name), ["problems"]);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)]));
  }

  training(value: unknown): Record<string, OptionText[] | Range> {
    if (!isTable(value)) this.fail(["training"], "a table", value);
    this.known(value, TRAINING, ["training"]);
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => {
        const keys = ["training", name];
        return [name, isTable(one) ? this.range(keys, name, one) : this.list(keys, one).map(plain)];
      }),
    );
  }

  range(keys: readonly string[], name: string, value: Table): Range {
    this.known(value, ["min", "max", "scale"], keys);
    const { min, max, scale = "linear" } = value;
    const { kind } = sweptOptions.find((option) => option.name === name)!;
    if (kind !== "number" && kind !== "integer") this.fail(keys, "a list: it is no number", value);
    if (typeof min !== "number" || typeof max !== "number" || !(min < max) || !Number.isFinite(max - min)) {
      this.fail(keys, "a range with min below max", value);
    }
    if (scale !== "linear" && scale !== "log") this.fail([...keys, "scale"], "linear or log", scale);
    if (scale === "log" && min <= 0) this.fail([...keys, "min"], "above 0 on a log scale", min);
    return { min, max, scale };
  }

  slurm(value: Table): SlurmRequest {
    this.known(value, SLURM, ["slurm"]);
    const { shared = false } = value, text = (name: string) => this.text(["slurm", name], value[name]);
    const whole = (name: string, otherwise: number) => this.integer(["slurm", name], value[name], 1, otherwise);
    const texts = (name: string) => this.texts(["slurm", name], value[name]);
    if (typeof shared !== "boolean") this.fail(["slurm", "shared"], "true or false", shared);
    return {
      ...{ partition: text("partition"), account: text("account"), time: text("time"), memory: text("memory") },
      ...{ cores: whole("cores", 1), modules: texts("modules"), setup: texts("setup"), sbatch: texts("sbatch") },
      ...{ cellsPerTask: whole("cells-per-task", 1), stopBefore: whole("stop-before", 60), shared },
    };
  }
}
