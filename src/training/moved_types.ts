/**
 * Types with atoms, or that the others' types tell, for polishing where participants decide together whether a good is
 * produced.
 *
 * If prices are a little too high for everybody, a lower price of one participant gains the principal nothing: alone it pays
 * at most what production costs. So nothing brings such prices back, and with atoms one step too far leaves all of them too
 * high. Chains at a high beta leave B_{3,1}^{1,0} there, and it earned nothing; nor did three participants who always agree.
 * Here all types of a profile become better or worse together by a small share, while prices read what they were, so that
 * there are always profiles in which all are ready to pay. The share falls with the spread of types, and prices end by it
 * below what people are willing to pay, as they do with one participant.
 *
 * @module
 */
import { hasAtoms } from "../problems/atoms.ts";
import { othersTell } from "../problems/others_types.ts";
import { sharesProductionCosts } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import type { RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { hasFewGoods } from "./few_goods.ts";

/**
 * Whether types that are polished are moved. With more goods training begins with participation fees, and prices stay below
 * where this is of use.
 */
export function movesTogether(problem: MechanismProblem): boolean {
  return hasFewGoods(problem) && sharesProductionCosts(problem) && (hasAtoms(problem) || othersTell(problem));
}

/** Types of which all of a profile are better or worse than those given by one share, at random up to `spread`. */
export function movedTogether(types: Float32Array, profiles: number, spread: number, key: RandomKey): Float32Array {
  const size = types.length / profiles, shares = uniforms(key, profiles);
  return types.map((type, at) => type * (1 + spread * (2 * shares[Math.floor(at / size)] - 1)));
}
