/**
 * The paper's settings F_{n,m}^{c^p,c^d} (section 4.1), their names, and the columns of Table 1.
 *
 * @module
 */
import { InvalidInputError, requireInteger, requireNumber, show } from "../errors.ts";
import { bernoulliTypes, correlatedTypes, uniformTypes } from "./distributions.ts";
import { reproducibleGoods } from "./principal_utility.ts";
import type { MechanismProblem, TypeDistribution } from "./problem.ts";

/** The letter of a type distribution: `U`niform, `B`ernoulli(0.5) or `C`orrelated. */
export type DistributionLetter = "U" | "B" | "C";

/** A setting F_{n,m}^{c^p,c^d} of section 4.1, as plain data. */
export interface Setting {
  /** F. */
  readonly distribution: DistributionLetter;
  /** n, the number of participants. */
  readonly participants: number;
  /** m, the number of goods. */
  readonly goods: number;
  /** c^p, paid once for a good that anybody receives. */
  readonly productionCost: number;
  /** c^d, paid for every unit handed out. */
  readonly duplicationCost: number;
}

/** The distributions of section 4.1 by letter. */
const factories: Readonly<Record<DistributionLetter, (participants: number, goods: number) => TypeDistribution>> = {
  U: uniformTypes,
  B: bernoulliTypes,
  C: correlatedTypes,
};

/** Larger problems than this are taken for a slip of the finger. */
const MOST = 1000;

// A number as a name may hold it. A wrong sign, point or size is found after the match, so that it has its own message.
const NUMBER = String.raw`\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*`;
const BRACES = new RegExp(String.raw`^([UBC])_\{${NUMBER},${NUMBER}\}(?:\^\{${NUMBER},${NUMBER}\})?$`, "i");
const SHELL = new RegExp(String.raw`^([UBC])-${NUMBER}-${NUMBER}(?:-cp${NUMBER}-cd${NUMBER})?$`, "i");

/** Fails unless every part of a setting makes sense. */
function requireSetting(action: string, setting: Setting): void {
  if (!Object.hasOwn(factories, setting.distribution)) {
    throw new InvalidInputError(`Cannot ${action}: distribution must be U, B or C, got ${show(setting.distribution)}`);
  }
  const sizes = [
    ["n, the number of participants,", setting.participants],
    ["m, the number of goods,", setting.goods],
  ] as const;
  for (const [thing, value] of sizes) {
    requireInteger(action, thing, value, 1);
    if (value > MOST) throw new InvalidInputError(`Cannot ${action}: ${thing} must be at most ${MOST}, got ${value}`);
  }
  requireNumber(action, "cp, the production cost,", setting.productionCost, 0);
  requireNumber(action, "cd, the duplication cost,", setting.duplicationCost, 0);
}

/**
 * Reads the name of a setting: `U_{3,10}^{1,0}` as the paper prints it, or `U-3-10-cp1-cd0`
 * for a shell. Costs that are left out are 0.
 *
 * @throws {InvalidInputError} where the name has another form, n or m is not from 1 to 1000, or a cost is negative.
 */
export function parseSetting(text: string): Setting {
  const match = typeof text === "string" ? BRACES.exec(text.trim()) ?? SHELL.exec(text.trim()) : null;
  if (!match) {
    throw new InvalidInputError(
      `Cannot read setting: its name must have the form F_{n,m}^{cp,cd} or F-n-m-cpX-cdY with F one of U, B, C, ` +
        `such as "U_{3,10}^{1,0}" or "U-3-10-cp1-cd0", got ${show(text)}`,
    );
  }
  const [, letter, n, m, cp = "0", cd = "0"] = match;
  const setting: Setting = {
    distribution: letter.toUpperCase() as DistributionLetter,
    participants: Number(n),
    goods: Number(m),
    productionCost: Number(cp),
    duplicationCost: Number(cd),
  };
  requireSetting(`read setting ${show(text)}`, setting);
  return setting;
}

/** The canonical name of a setting, such as `U_{3,10}^{1,0}`. */
export function settingName(setting: Setting): string {
  const { distribution, participants, goods, productionCost, duplicationCost } = setting;
  return `${distribution}_{${participants},${goods}}^{${productionCost},${duplicationCost}}`;
}

/** The name of a setting for shells and file names, such as `U-3-10-cp1-cd0`. */
export function settingSlug(setting: Setting): string {
  const { distribution, participants, goods, productionCost, duplicationCost } = setting;
  return `${distribution}-${participants}-${goods}-cp${productionCost}-cd${duplicationCost}`;
}

/**
 * The type distribution of a letter, for n participants and m goods.
 *
 * @throws {InvalidInputError} unless the letter is U, B or C and both sizes are positive integers.
 */
export function distributionOf(letter: DistributionLetter, participants: number, goods: number): TypeDistribution {
  if (!Object.hasOwn(factories, letter)) {
    throw new InvalidInputError(`Cannot define types: distribution must be "U", "B" or "C", got ${show(letter)}`);
  }
  return factories[letter](participants, goods);
}

/**
 * The mechanism design problem of a setting.
 *
 * @example
 * ```ts
 * import { settingProblem } from "@tedi/toolkit";
 * import { assertEquals } from "@std/assert";
 *
 * const problem = settingProblem("U_{3,10}^{1,0}"); // the same as U-3-10-cp1-cd0
 * assertEquals([problem.participants, problem.goods], [3, 10]);
 * ```
 *
 * @throws {InvalidInputError} as {@linkcode parseSetting} does.
 */
export function settingProblem(setting: string | Setting): MechanismProblem {
  const given = typeof setting === "string" ? parseSetting(setting) : setting;
  requireSetting("define a setting", given);
  const name = settingName(given);
  return {
    name,
    participants: given.participants,
    goods: given.goods,
    distribution: distributionOf(given.distribution, given.participants, given.goods),
    principalUtility: reproducibleGoods(given),
    source: { kind: "setting", setting: name },
  };
}

/** The setting that a problem, a setting or its name stands for; undefined for problems of other kinds. */
export function settingOf(problem: MechanismProblem | Setting | string): Setting | undefined {
  if (typeof problem === "string") return parseSetting(problem);
  if (!("source" in problem)) return problem;
  return problem.source.kind === "setting" ? parseSetting(problem.source.setting) : undefined;
}

/** A column of Table 1: a setting, and expected utilities of the principal as printed. */
export interface TableOneColumn {
  /** The canonical name of the setting. */
  readonly setting: string;
  /** The row "TEDI". */
  readonly tedi: number;
  /** The best of the rows VCG, Separable-OPT and Bundle-OPT. */
  readonly classical: number;
  /** The row that {@linkcode TableOneColumn.classical} stands in. */
  readonly classicalMethod: "Separable-OPT" | "Bundle-OPT";
}

/** The 13 settings of Table 1, in the paper's order. */
export const tableOneSettings: readonly TableOneColumn[] = [
  { setting: "U_{1,10}^{0,0}", tedi: 3.4620, classical: 3.4477, classicalMethod: "Bundle-OPT" },
  { setting: "B_{1,10}^{0,0}", tedi: 4.9128, classical: 5.0000, classicalMethod: "Separable-OPT" },
  { setting: "U_{3,2}^{1,0}", tedi: 0.2678, classical: 0.2601, classicalMethod: "Separable-OPT" },
  { setting: "U_{3,10}^{1,0}", tedi: 1.7285, classical: 1.3019, classicalMethod: "Separable-OPT" },
  { setting: "U_{3,20}^{1,0}", tedi: 3.8436, classical: 2.6019, classicalMethod: "Separable-OPT" },
  { setting: "U_{3,30}^{1,0}", tedi: 5.8771, classical: 5.3308, classicalMethod: "Bundle-OPT" },
  { setting: "U_{3,10}^{0,0.5}", tedi: 2.1989, classical: 1.8752, classicalMethod: "Separable-OPT" },
  { setting: "U_{3,20}^{0,0.5}", tedi: 4.6609, classical: 3.7501, classicalMethod: "Separable-OPT" },
  { setting: "U_{3,30}^{0,0.5}", tedi: 7.1884, classical: 5.6221, classicalMethod: "Separable-OPT" },
  { setting: "B_{3,10}^{1,0}", tedi: 5.8090, classical: 6.2507, classicalMethod: "Separable-OPT" },
  { setting: "C_{3,10}^{1,0}", tedi: 2.2400, classical: 1.4981, classicalMethod: "Separable-OPT" },
  { setting: "C_{3,10}^{0,0.5}", tedi: 1.4101, classical: 1.1894, classicalMethod: "Separable-OPT" },
  { setting: "U_{10,10}^{0,0.5}", tedi: 7.3140, classical: 6.2537, classicalMethod: "Separable-OPT" },
];
