/**
 * What is to be said in words about an evaluation that is not as one expects.
 *
 * @module
 */
import type { Evaluation } from "../mechanisms/evaluate.ts";
import { amount, inUnitWords } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { optimumInWords, referenceMechanisms } from "../problems/reference_mechanisms.ts";
import { scaleOf } from "../problems/scaled.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import type { Comparison } from "../baselines/compared_with_best.ts";

/** A mechanism that hands out less than this share of all goods sells nothing. */
const NOTHING = 1e-4;
/** Values fill too little of the scale where 99 of 100 are below this share of it. */
const SMALL = 0.01;
/** Below another by more than this many standard errors, and by this share of it, is below. */
const ERRORS = 2, LESS = 0.005;
/** Profiles on which values are looked at: an instant. */
const PROFILES = 4096;
const STREAM = 0x5a1d;

/**
 * Sentences about a mechanism that sells nothing, that earns less than a simple one, or whose values are tiny beside the
 * scale; none where all is well.
 *
 * @param comparison How it compares with the best simple mechanism on the same test profiles, where there is one.
 */
export function remarksOn(
  problem: MechanismProblem,
  evaluation: Evaluation,
  comparison: Comparison | undefined,
): string[] {
  const remarks: string[] = [], { revenue, standardError, allocated } = evaluation;
  if (allocated < NOTHING) remarks.push("it sells next to nothing: prices are above what anybody would pay");
  const scale = scaleOf(problem);
  const types = problem.distribution.sample(deriveKey(randomKey(0), STREAM), PROFILES, "training").toSorted();
  const high = types[Math.floor(0.99 * (types.length - 1))];
  if (high < SMALL * scale) {
    remarks.push(
      `99 of 100 values are below ${amount(problem, high)}, a hundredth of the scale, ${scale}${
        inUnitWords(problem)
      }; ` +
        "if larger ones are not meant to be reported, a smaller scale says so",
    );
  }
  const simple = knownSimple(problem, comparison === undefined);
  if (simple && revenue < simple.value - Math.max(ERRORS * standardError, LESS * simple.value)) {
    remarks.push(
      `it earns less than ${simple.name}, ${amount(problem, simple.value)}: train longer, or with another seed`,
    );
  } else if (comparison) {
    const { best: { name, remark, utility }, difference, interval: [low, high] } = comparison;
    if (high < 0 && -difference > LESS * utility) {
      remarks.push(
        `it earns ${amount(problem, -difference)} less than ${name} (${remark}): train longer, or with another seed`,
      );
    } else if (low <= 0 && problem.distribution.data) {
      remarks.push(
        `${name} (${remark}) may earn as much: there are too few held-out rows, or there was too little training, to ` +
          "tell whether what was learned is better",
      );
    }
  }
  return remarks;
}

/** What selling each good by itself earns, or where nothing simpler is known the optimum, if either is known exactly. */
function knownSimple(
  problem: MechanismProblem,
  orOptimum: boolean,
): { readonly name: string; readonly value: number } | undefined {
  const { optimum, separable } = referenceMechanisms(problem);
  if (separable !== undefined) return { name: "selling each good by itself", value: separable };
  return orOptimum && optimum ? { name: `the ${optimumInWords(optimum)}`, value: optimum.value } : undefined;
}
