/**
 * What is to be said in words about an evaluation that is not as one expects.
 *
 * @module
 */
import type { ReferenceUtility } from "../baselines/reference_utilities.ts";
import type { Evaluation } from "../mechanisms/evaluate.ts";
import { amount, inUnitWords } from "../problems/amounts.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { optimumInWords, referenceMechanisms } from "../problems/reference_mechanisms.ts";
import { scaleOf } from "../problems/scaled.ts";
import { deriveKey, randomKey } from "../random/key.ts";

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
 * @param references What simple mechanisms earn on the same test profiles.
 */
export function remarksOn(
  problem: MechanismProblem,
  evaluation: Evaluation,
  references: readonly ReferenceUtility[],
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
  const simple = bestSimple(problem, references);
  if (simple && revenue < simple.value - Math.max(ERRORS * standardError, LESS * simple.value)) {
    remarks.push(
      `it earns less than ${simple.name}, ${amount(problem, simple.value)}: train longer, or with another seed`,
    );
  } else if (simple?.measured && problem.distribution.data && revenue < simple.value) {
    remarks.push(
      `${simple.name} earns ${amount(problem, simple.value)} on the same rows: too few rows, or too little training, ` +
        "to tell whether what was learned is better",
    );
  }
  return remarks;
}

/** The best simple mechanism that is known for a problem, and what it earns. */
function bestSimple(
  problem: MechanismProblem,
  references: readonly ReferenceUtility[],
): { readonly name: string; readonly value: number; readonly measured: boolean } | undefined {
  const { optimum, separable } = referenceMechanisms(problem);
  const known = references.filter(({ upperBound }) => !upperBound).map(({ name, remark, utility }) => (
    { name: `${name} (${remark})`, value: utility, measured: true }
  ));
  if (separable !== undefined) {
    known.push({ name: "selling each good by itself", value: separable, measured: false });
  } else if (known.length === 0 && optimum) {
    known.push({ name: `the ${optimumInWords(optimum)}`, value: optimum.value, measured: false });
  }
  return known.reduce<typeof known[number] | undefined>(
    (best, one) => best && best.value >= one.value ? best : one,
    undefined,
  );
}
