/**
 * The cells of a sweep: all of them made, and checked, before one is run.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";
import { cellCommand, type CellKey, cellPath, digest } from "../../experiments/cells.ts";
import { experimentMethods } from "../../experiments/methods.ts";
import type { CellToRun } from "../../experiments/run_cells.ts";
import { readTextIfThere } from "../../io/read.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { deriveKey, randomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import { shellLine } from "../next_steps.ts";
import { optionAtFault } from "../option_file.ts";
import { parseCommandLine } from "../options.ts";
import { chosenProblem, describeSource, problemOptions, problemSlug, sourceArguments } from "../problem_options.ts";
import { chosenTraining } from "../training_options.ts";
import { chosenUnitSupplyTraining, requireNoUnitSupplyOptions } from "../unit_supply_options.ts";
import { type OptionText, type Range, type SweepDefinition, type SweepFile, sweptOptions } from "./definition.ts";

/** A cell of a sweep, all but its folder. */
export type SweepCell = Omit<CellToRun, "folder">;

/** The stream of random search. */
const STREAM = 0x5eed;
/** Decimals of a number that is drawn: few enough to be typed again. */
const DIGITS = 4;

/**
 * The cells of a sweep in order: problem by problem, then method, training options and seed.
 *
 * @throws {InvalidInputError} naming the file's line, the cell, the option, the rule and the value.
 */
export async function sweepCells({ definition, place }: SweepFile): Promise<SweepCell[]> {
  const { methods, seeds, budget, testProfiles } = definition, cells: SweepCell[] = [];
  const problems: { problem: MechanismProblem; source?: string }[] = [];
  for (const texts of definition.problems) {
    const problem = await at(place(["problems"]), "", async () => {
      return (await chosenProblem("sweep", parseCommandLine("sweep", problemOptions, [], asArguments(texts)).values))!;
    });
    problems.push({ problem, source: await sourceOf(problem) });
  }
  const configurations = trainingConfigurations(definition);
  const all = problems.length * methods.length * configurations.length * seeds.length;
  let number = 0;
  for (const { problem, source } of problems) {
    for (const method of methods.map((name) => experimentMethods.find((one) => one.name === name)!)) {
      const applies = method.applies(problem);
      for (const texts of configurations) {
        for (const seed of seeds) {
          number++;
          if (!applies) continue;
          const key: CellKey = {
            ...{ setting: problem.name, method: method.name, seed, testProfiles },
            budget: texts === undefined ? budget : "options",
            ...texts && { training: shellLine(asArguments(texts)) },
            ...source !== undefined && { source },
          };
          if (texts === undefined) {
            const command = source === undefined ? cellCommand(key) : "";
            cells.push({ problem, method, key, budget, command });
            continue;
          }
          const training = await at(
            place(["training"]),
            ` in cell ${number} of ${all}`,
            () => {
              const { values } = parseCommandLine("sweep", sweptOptions, [], asArguments(texts)),
                all = { ...values, seed };
              if (problem.supply === "unit") return chosenUnitSupplyTraining(problem, all);
              requireNoUnitSupplyOptions(problem, all);
              return chosenTraining(problem, all);
            },
            texts,
            place,
          );
          const command = shellLine([
            ...["tedi", "train", ...problemArguments(problem), ...asArguments(texts)],
            ...["--seed", String(seed), "--test-profiles", String(testProfiles)],
            ...["--out", `runs/${problemSlug(problem)}-${digest(key.training!)}-seed${seed}`],
          ]);
          cells.push({ problem, method, key, budget, training, command });
        }
      }
    }
  }
  requireApart(cells);
  return cells;
}

/** Two cells of a sweep must not be kept in one file. */
function requireApart(cells: readonly SweepCell[]): void {
  const paths = cells.map(({ key }) => cellPath("", key));
  const twice = paths.findIndex((path, k) => paths.indexOf(path) !== k);
  if (twice < 0) return;
  const { setting, method, seed, training = "" } = cells[twice].key;
  throw new InvalidInputError(
    `Cannot sweep: cells must differ, got ${method} in ${setting}, seed ${seed} ${training} twice`,
  );
}

/** Options as arguments. */
function asArguments(texts: Readonly<Record<string, OptionText>>): string[] {
  return Object.entries(texts).map(([name, text]) => `--${name}=${text}`);
}

/** What `work` gives; what it says of wrong input is preceded by the place in the file. */
async function at<T>(
  place: string,
  where: string,
  work: () => T | Promise<T>,
  texts: Readonly<Record<string, OptionText>> = {},
  placeOf?: (keys: readonly string[]) => string,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    // The option at fault is one that the message names.
    const name = optionAtFault(error.message, Object.keys(texts));
    const line = name === undefined ? place : placeOf!(["training", name]);
    throw new InvalidInputError(`Cannot sweep (${line})${where}: ${error.message}`);
  }
}

/** All training options, by name: every combination of the lists, each with every draw of the ranges. */
function trainingConfigurations(
  { training, samples, sampleSeed }: SweepDefinition,
): (Readonly<Record<string, OptionText>> | undefined)[] {
  if (training === undefined) return [undefined];
  return Array.from({ length: Math.max(1, samples) }, (_, sample) => {
    let grid: Record<string, OptionText>[] = [{}];
    for (const [k, [name, values]] of Object.entries(training).entries()) {
      const texts = isRange(values) ? [draw(values, name, sampleSeed, k, sample)] : values;
      grid = grid.flatMap((one) => texts.map((text) => ({ ...one, [name]: text })));
    }
    return grid;
  }).flat();
}

const isRange = (values: readonly OptionText[] | Range): values is Range => !Array.isArray(values);

/** A number of a range. The same seed gives the same first numbers, however many are drawn. */
function draw({ min, max, scale }: Range, name: string, seed: number, option: number, sample: number): OptionText {
  const [u] = uniforms(deriveKey(randomKey(seed), STREAM, option, sample), 1);
  const value = scale === "log" ? min * (max / min) ** u : min + (max - min) * u;
  const { kind } = sweptOptions.find((one) => one.name === name)!;
  return kind === "integer" ? String(Math.round(value)) : String(Number(value.toPrecision(DIGITS)));
}

/** The arguments that choose a problem, settings by names that a shell takes as they are. */
function problemArguments(problem: MechanismProblem): string[] {
  const { source } = problem;
  return source.kind === "setting" ? ["--setting", problemSlug(problem)] : sourceArguments(source);
}

/** Where a problem comes from, with a digest of what may change; undefined for a setting. */
async function sourceOf({ source }: MechanismProblem): Promise<string | undefined> {
  if (source.kind === "setting") return undefined;
  const said = describeSource(source);
  if (source.kind === "empirical") return `${said} (${source.sha256.slice(0, 12)})`;
  if (source.kind !== "module") return said;
  const text = /^[a-z]+:/.test(source.module) ? undefined : await readTextIfThere(source.module);
  return text === undefined ? said : `${said} (${digest(text)})`;
}
