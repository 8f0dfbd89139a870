/**
 * The options that choose a problem, shared by commands.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import { empiricalProblem } from "../problems/empirical.ts";
import type { MechanismProblem, ProblemSource } from "../problems/problem.ts";
import { parseSetting, settingProblem, settingSlug } from "../problems/settings.ts";
import { moduleProblem } from "../problems/user_module.ts";
import type { Option, Values } from "./command.ts";

/** The options. */
export const problemOptions = [
  {
    name: "setting",
    kind: "text",
    placeholder: "NAME",
    help: "A setting of the paper, such as U-3-10-cp1-cd0: uniform types, 3 participants, 10 goods, " +
      "production cost 1, duplication cost 0; tedi settings explains",
  },
  {
    name: "problem",
    kind: "text",
    placeholder: "FILE.ts",
    help: "A problem of your own: a path or URL of a module whose default export is its definition",
  },
  {
    name: "types",
    kind: "text",
    placeholder: "FILE.csv",
    help: "A data set of types in [0, 1]: a row is a profile of N*M numbers, or one participant's M; " +
      "of ten rows one is kept for validation and two for the test",
  },
  {
    name: "participants",
    kind: "integer",
    least: 1,
    placeholder: "N",
    help: "With --types: the number of participants",
  },
  { name: "goods", kind: "integer", least: 1, placeholder: "M", help: "With --types: the number of goods" },
  {
    name: "production-cost",
    kind: "number",
    least: 0,
    placeholder: "COST",
    help: "With --types: what the principal pays once for each good that anybody gets",
    default: "0",
  },
  {
    name: "duplication-cost",
    kind: "number",
    least: 0,
    placeholder: "COST",
    help: "With --types: what the principal pays for each unit handed out",
    default: "0",
  },
] as const satisfies readonly Option[];

/** Their values. */
export type ProblemValues = Values<typeof problemOptions[number]>;

/** The setting that is trained where no problem is given. */
export const DEFAULT_SETTING = "U_{1,2}^{0,0}";

const OF_TYPES = ["participants", "goods", "production-cost", "duplication-cost"] as const;

/**
 * The problem that the options choose; undefined where none of them is given.
 *
 * @throws {InvalidInputError} where the options contradict each other, or the problem cannot be made.
 */
export async function chosenProblem(command: string, values: ProblemValues): Promise<MechanismProblem | undefined> {
  const action = `run tedi ${command}`;
  const given = (["setting", "problem", "types"] as const).filter((name) => values[name] !== undefined);
  if (given.length > 1) {
    throw new InvalidInputError(
      `Cannot ${action}: the problem must be given once, got ${given.map((name) => `--${name}`).join(" and ")}`,
    );
  }
  const stray = OF_TYPES.find((name) => values[name] !== undefined);
  if (values.types === undefined && stray) {
    throw new InvalidInputError(`Cannot ${action}: --${stray} must come with --types FILE.csv, which is missing`);
  }
  if (values.setting !== undefined) return settingProblem(values.setting);
  if (values.problem !== undefined) return await moduleProblem(values.problem);
  if (values.types === undefined) return undefined;
  const { types: file, participants, goods } = values;
  if (participants === undefined || goods === undefined) {
    const missing = participants === undefined ? "--participants N" : "--goods M";
    throw new InvalidInputError(`Cannot ${action}: --types must come with ${missing}, which is missing`);
  }
  const productionCost = values["production-cost"] ?? 0, duplicationCost = values["duplication-cost"] ?? 0;
  return await empiricalProblem({ file, participants, goods, productionCost, duplicationCost });
}

/** A short name of a problem for folders: `U-1-2-cp0-cd0`, or that of its file. */
export function problemSlug(problem: MechanismProblem): string {
  const { source, participants, goods } = problem;
  switch (source.kind) {
    case "setting":
      return settingSlug(parseSetting(source.setting));
    case "empirical":
      return `${fileSlug(source.file)}-${participants}-${goods}` +
        `-cp${source.productionCost}-cd${source.duplicationCost}`;
    case "module":
      return fileSlug(source.module);
    default:
      return "custom";
  }
}

/** The name of a file without its folder and ending, in letters that every file system takes. */
function fileSlug(path: string): string {
  const name = path.split(/[/\\]/).pop()!.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9_.-]+/g, "-");
  return name.replace(/^[.-]+/, "") || "problem";
}

/** The option that would choose the problem of a source, for messages. */
export function describeSource(source: ProblemSource): string {
  switch (source.kind) {
    case "setting":
      return `--setting ${source.setting}`;
    case "module":
      return `--problem ${source.module}`;
    case "empirical":
      return `--types ${source.file} --participants ${source.participants} --goods ${source.goods} ` +
        `--production-cost ${source.productionCost} --duplication-cost ${source.duplicationCost}`;
    default:
      return "a problem that a program defined";
  }
}
