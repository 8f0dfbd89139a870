/**
 * What is to be said in words about an evaluation that is not as one expects.
 *
 * @module
 */
import { bundle } from "../baselines/bundle.ts";
import { referenceUtilities } from "../baselines/reference_utilities.ts";
import { evaluate, type Evaluation } from "../mechanisms/evaluate.ts";
import { amount, inUnitWords } from "../problems/amounts.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { optimumInWords, referenceMechanisms } from "../problems/reference_mechanisms.ts";
import { scaleOf } from "../problems/scaled.ts";
import { isUnitSupply } from "../problems/supply.ts";
import { deriveKey, randomKey } from "../random/key.ts";

/** A mechanism that hands out less than this share of all goods sells nothing. */
const NOTHING = 1e-4;
/** Values fill too little of the scale where 99 of 100 are below this share of it. */
const SMALL = 0.01;
/** Below another by more than this many standard errors, and by this share of it, is below. */
const ERRORS = 2, LESS = 0.005;
/** Profiles on which values are looked at, and a bundle's price is found: an instant. */
const PROFILES = 4096;
const STREAM = 0x5a1d;

/**
 * Sentences about a mechanism that sells nothing, that earns less than a simple one, or whose values are tiny beside the
 * scale; none where all is well.
 */
export async function remarksOn(
  problem: MechanismProblem,
  evaluation: Evaluation,
  options: { readonly profiles: number; readonly seed: number },
): Promise<string[]> {
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
  const simple = await simpleReference(problem, options);
  if (simple && revenue < simple.value - Math.max(ERRORS * standardError, LESS * simple.value)) {
    remarks.push(
      `it earns less than ${simple.name}, ${amount(problem, simple.value)}: train longer, or with another seed`,
    );
  } else if (simple?.same && revenue < simple.value) {
    remarks.push(
      `${simple.name} earns ${amount(problem, simple.value)} on the same rows: too few rows, or too little training, ` +
        "to tell whether what was learned is better",
    );
  }
  return remarks;
}

/** The best simple mechanism that is known for a problem, and what it earns. */
async function simpleReference(
  problem: MechanismProblem,
  options: { readonly profiles: number; readonly seed: number },
): Promise<{ readonly name: string; readonly value: number; readonly same: boolean } | undefined> {
  const { optimum, separable } = referenceMechanisms(problem);
  if (separable !== undefined) return { name: "selling each good by itself", value: separable, same: false };
  if (optimum) return { name: `the ${optimumInWords(optimum)}`, value: optimum.value, same: false };
  if (!isReproducibleGoods(problem.principalUtility)) return undefined;
  if (isUnitSupply(problem)) {
    const simple = await referenceUtilities(problem, { ...options, profiles: Math.min(options.profiles, PROFILES) });
    const best = simple.filter(({ upperBound }) => !upperBound).reduce((a, b) => b.utility > a.utility ? b : a);
    return { name: best.name, value: best.utility, same: false };
  }
  const auction = bundle(problem, { profiles: PROFILES }), { data } = problem.distribution;
  if (auction.price === Infinity) return undefined;
  const profiles = Math.min(options.profiles, 10 * PROFILES),
    { revenue } = await evaluate(problem, auction, {
      ...options,
      profiles: data ? options.profiles : profiles,
    });
  return {
    name: `one price of ${amount(problem, auction.price)} for all goods together`,
    value: revenue,
    same: !!data,
  };
}
