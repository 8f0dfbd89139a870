/**
 * The paper's settings F_{n,m}^{c^p,c^d} (section 4.1) and their names, and those of goods that exist once,
 * F_{n,m}^{unit}.
 *
 * @module
 */
import { InvalidInputError, requireInteger, requireNumber, show } from "../errors.ts";
import {
  distributionFamily,
  type DistributionLetter,
  distributionLetters,
  distributionOf,
} from "./distributions/table.ts";
import { reproducibleGoods } from "./principal_utility.ts";
import type { MechanismProblem } from "./problem.ts";

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
  /** `unit` where each good exists once; both costs are 0 then. Goods are reproducible unless given. */
  readonly supply?: "unit";
}

/** Larger problems than this are taken for a slip of the finger. */
const MOST = 1000;

// A number as a name may hold it. A wrong sign, point or size is found after the match, so that it has its own message.
const NUMBER = String.raw`\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*`;
const LETTER = `([${distributionLetters.join("")}])`;
const BRACES = new RegExp(
  String.raw`^${LETTER}_\{${NUMBER},${NUMBER}\}(?:\^\{${NUMBER},${NUMBER}\}|\^\{\s*(unit)\s*\})?$`,
  "i",
);
const SHELL = new RegExp(
  String.raw`^${LETTER}-${NUMBER}-${NUMBER}(?:(?:-cp${NUMBER})?(?:-cd${NUMBER})?|-(unit))$`,
  "i",
);

/** Fails unless every part of a setting makes sense. */
function requireSetting(action: string, setting: Setting): void {
  distributionFamily(action, setting.distribution);
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
  const { supply, productionCost, duplicationCost } = setting;
  if (supply !== undefined && supply !== "unit") {
    throw new InvalidInputError(`Cannot ${action}: supply must be left out or be unit, got ${show(supply)}`);
  }
  if (supply !== undefined && productionCost + duplicationCost > 0) {
    throw new InvalidInputError(
      `Cannot ${action}: costs must be 0 where goods exist once, got ${productionCost} and ${duplicationCost}; ` +
        "defineProblem takes costs with supply",
    );
  }
}

/**
 * Reads the name of a setting: `U_{3,10}^{1,0}` as the paper prints it, or `U-3-10-cp1-cd0`
 * for a shell; `U_{3,10}^{unit}` or `U-3-10-unit` where goods exist once. Costs that are left out are 0.
 *
 * @throws {InvalidInputError} where the name has another form, n or m is not from 1 to 1000, or a cost is negative.
 */
export function parseSetting(text: string): Setting {
  const match = typeof text === "string" ? BRACES.exec(text.trim()) ?? SHELL.exec(text.trim()) : null;
  if (!match) {
    throw new InvalidInputError(
      "Cannot read setting: its name must have the form F_{n,m}^{cp,cd} or F-n-m-cpX-cdY, or F_{n,m}^{unit} or " +
        `F-n-m-unit where goods exist once, with F one of ${distributionLetters.join(", ")}, such as ` +
        `"U_{3,10}^{1,0}", "U-3-10-cp1-cd0" or "U-3-10-unit", got ${show(text)}`,
    );
  }
  const [, letter, n, m, cp = "0", cd = "0", unit] = match;
  const setting: Setting = {
    distribution: letter.toUpperCase() as DistributionLetter,
    participants: Number(n),
    goods: Number(m),
    productionCost: Number(cp),
    duplicationCost: Number(cd),
    ...unit !== undefined && { supply: "unit" },
  };
  requireSetting(`read setting ${show(text)}`, setting);
  return setting;
}

/** The canonical name of a setting, such as `U_{3,10}^{1,0}`. */
export function settingName(setting: Setting): string {
  const { distribution, participants, goods, productionCost, duplicationCost, supply } = setting;
  return `${distribution}_{${participants},${goods}}^{${supply ?? `${productionCost},${duplicationCost}`}}`;
}

/** The name of a setting for shells and file names, such as `U-3-10-cp1-cd0`. */
export function settingSlug(setting: Setting): string {
  const { distribution, participants, goods, productionCost, duplicationCost, supply } = setting;
  return `${distribution}-${participants}-${goods}-${supply ?? `cp${productionCost}-cd${duplicationCost}`}`;
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
    ...given.supply && { supply: given.supply },
  };
}

/**
 * The setting that a problem, a setting or its name stands for; undefined for problems of other kinds.
 *
 * @throws {InvalidInputError} as {@linkcode parseSetting} does.
 */
export function settingOf(problem: MechanismProblem | Setting | string): Setting | undefined {
  if (typeof problem === "string") return parseSetting(problem);
  if (!("source" in problem)) {
    requireSetting("use a setting", problem);
    return problem;
  }
  return problem.source.kind === "setting" ? parseSetting(problem.source.setting) : undefined;
}
