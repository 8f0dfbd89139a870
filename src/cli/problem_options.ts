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
import { chosenTable, TABLE_OPTION_NAMES, tableArguments, tableOptions } from "./table_options.ts";

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
    help: "A table of values in any unit, CSV or JSON: a row is one participant's M values, or a profile of N*M; " +
      "of ten rows one is kept for validation and two for the test",
  },
  {
    name: "participants",
    kind: "integer",
    least: 1,
    placeholder: "N",
    help: "With --types: the number of participants who take part together",
    default: "1",
  },
  {
    name: "goods",
    kind: "integer",
    least: 1,
    placeholder: "M",
    help: "With --types: the number of goods",
    default: "one for each column",
  },
  ...tableOptions,
  {
    name: "scale",
    kind: "number",
    least: 0,
    placeholder: "X",
    help: "With --types: the largest value that anybody may report",
    default: "the largest in the table",
  },
  {
    name: "unit",
    kind: "text",
    placeholder: "NAME",
    help: "With --types: the unit of values, such as EUR",
    default: "that of the cells, if any",
  },
  { name: "exchangeable-goods", kind: "flag", help: "With --types: which good is which makes no difference" },
  { name: "unit-supply", kind: "flag", help: "With --types: each good exists once, for one of the participants" },
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

const OF_TYPES = [
  ...["participants", "goods", "production-cost", "duplication-cost", "scale", "unit", "exchangeable-goods"] as const,
  "unit-supply" as const,
  ...TABLE_OPTION_NAMES,
];

/**
 * The problem that the options choose; undefined where none of them is given.
 *
 * @param onNote Told what was recognised in a table.
 * @throws {InvalidInputError} where the options contradict each other, or the problem cannot be made.
 */
export async function chosenProblem(
  command: string,
  values: ProblemValues,
  onNote?: (note: string) => void,
): Promise<MechanismProblem | undefined> {
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
  const { types: file, participants, goods, scale, unit } = values;
  const productionCost = values["production-cost"] ?? 0, duplicationCost = values["duplication-cost"] ?? 0;
  return await empiricalProblem({
    ...{ file, participants, goods, productionCost, duplicationCost, onNote },
    ...chosenTable(values),
    ...scale !== undefined && { scale },
    ...unit !== undefined && { unit },
    ...values["exchangeable-goods"] && { exchangeableGoods: true },
    ...values["unit-supply"] && { supply: "unit" as const },
  });
}

/** A short name of a problem for folders: `U-1-2-cp0-cd0`, or that of its file. */
export function problemSlug(problem: MechanismProblem): string {
  const { source, participants, goods } = problem;
  switch (source.kind) {
    case "setting":
      return settingSlug(parseSetting(source.setting));
    case "empirical":
      return `${fileSlug(source.file)}-${participants}-${goods}` +
        `-cp${source.productionCost}-cd${source.duplicationCost}${source.supply ? "-unit" : ""}`;
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

/** The arguments that choose the problem of a source; none for one that a program defined. */
export function sourceArguments(source: ProblemSource): string[] {
  switch (source.kind) {
    case "setting":
      return ["--setting", source.setting];
    case "module":
      return ["--problem", source.module];
    case "empirical":
      return empiricalArguments(source);
    default:
      return [];
  }
}

/** The arguments that choose a problem of data. */
function empiricalArguments(source: ProblemSource & { readonly kind: "empirical" }): string[] {
  const { file, participants, goods, productionCost, duplicationCost, scale, unit, exchangeableGoods, supply } = source;
  return [
    ...["--types", file, "--participants", String(participants), "--goods", String(goods)],
    ...productionCost > 0 ? ["--production-cost", String(productionCost)] : [],
    ...duplicationCost > 0 ? ["--duplication-cost", String(duplicationCost)] : [],
    ...tableArguments(source),
    ...scale === undefined ? [] : ["--scale", String(scale)],
    ...unit === undefined ? [] : ["--unit", unit],
    ...exchangeableGoods ? ["--exchangeable-goods"] : [],
    ...supply ? ["--unit-supply"] : [],
  ];
}

/** The option that would choose the problem of a source, for messages. */
export function describeSource(source: ProblemSource): string {
  return sourceArguments(source).join(" ") || "a problem that a program defined";
}
