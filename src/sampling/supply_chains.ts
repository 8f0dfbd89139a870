/**
 * Chains on the outcomes of goods that exist once, x >= 0 with sum_i x_ij <= 1 for each good j: a product of simplices,
 * with the density exp(beta A(x)).
 *
 * A chain takes Langevin steps with reflection, and exchanges shares of goods.
 *
 * **Reflection.** For some order of participants and of what remains unsold, the sums s_1 <= ... <= s_n of the first
 * shares of a good say the same as the shares, and a change of variables by sums has determinant 1. In these coordinates
 * the simplex is 0 <= s_1 <= ... <= s_n <= 1, a fundamental domain of the group W that the reflections at its boundary
 * generate: mirror every coordinate at 0 and 1, and sort. Both are isometries. So where noise is symmetric, the density of
 * going from s to s', the sum over g in W of that of g s' - s, is that of going back, and the uniform law stays as it is:
 * no mass piles up on the boundary, as it does by projection, and none is missing, as where a step outside is refused and the
 * chain then stays. The order is drawn anew for each step, so that no participant is treated apart.
 *
 * **Correction.** Where g takes y = s + drift(s) + noise into the simplex, s' = g y, the way back is by y' = g s, from s'
 * to s by the inverse of g. (s, y) -> (s', y') preserves volume and is its own inverse, so that the test of Metropolis and
 * Hastings with the densities of noise y - s - drift(s) and y' - s' - drift(s') leaves exp(beta A) as it is, whatever the
 * drift. The width of noise is drawn for each step, from 1 / beta to the width of the simplex; the drift is the Langevin
 * one, sigma^2 beta / 2 times the slope of A, but no longer than the noise.
 *
 * **Exchanges.** Two participants, or one and what is unsold, change places in one good or in a random set of goods. These
 * are isometries of the product of simplices, and tested in the same way. By them chains go from corner to corner, which
 * at a high beta no small step does.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals, uniforms } from "../random/numbers.ts";

/** A concave function of an outcome `[n m]`: gives its value, and writes its slope. */
export type OutcomeValue = (x: Float64Array, slope: Float64Array) => number;

/** What chains are on. */
export interface SupplyChains {
  readonly participants: number;
  readonly goods: number;
  /** The density is exp(beta A). */
  readonly beta: number;
}

/** The largest deviation of noise, in sums of shares. */
const WIDEST = 0.5;

/**
 * Takes outcomes `[C n m]` of C chains through sweeps, in place: each a Langevin step, for the auctions that section 5 of the
 * paper proposes, and an exchange.
 */
export function moveSupplyChains(
  chains: Float64Array,
  value: OutcomeValue,
  { participants: n, goods: m, beta }: SupplyChains,
  sweeps: number,
  key: RandomKey,
): void {
  const N = n * m, C = chains.length / N, draws = 2 * n + m + 6;
  let x = new Float64Array(N), slope = new Float64Array(N), next = new Float64Array(N), nextSlope = new Float64Array(N);
  const sums = new Float64Array(N), back = new Float64Array(N), noise = new Float64Array(N);
  const order = new Int32Array(n + 1), places = new Int32Array(n), mirrored = new Float64Array(n);
  for (let chain = 0; chain < C; chain++) {
    const u = uniforms(deriveKey(key, chain, 0), sweeps * draws), z = normals(deriveKey(key, chain, 1), sweeps * N);
    x.set(chains.subarray(chain * N, (chain + 1) * N));
    let here = value(x, slope), at = 0;
    const accept = (there: number, logRatio: number): void => {
      if (!(Math.log(u[at++]) < beta * (there - here) + logRatio)) return;
      [x, next] = [next, x], [slope, nextSlope] = [nextSlope, slope];
      here = there;
    };
    /** The slope of A in s_k of good j: what goes up there is the share before, and what goes down the one after. */
    const inSum = (slope: Float64Array, k: number, j: number): number =>
      (order[k] < n ? slope[order[k] * m + j] : 0) - (order[k + 1] < n ? slope[order[k + 1] * m + j] : 0);
    /** By how much the drift along a slope is shortened, so that it is not longer than `longest`. */
    const shortened = (slope: Float64Array, factor: number, longest: number): number => {
      let squares = 0;
      for (let j = 0; j < m; j++) for (let k = 0; k < n; k++) squares += inSum(slope, k, j) ** 2;
      return Math.min(factor, longest / Math.sqrt(squares || 1));
    };
    for (let sweep = 0; sweep < sweeps; sweep++) {
      at = sweep * draws;
      const sigma = WIDEST * Math.min(1, 1 / (beta * WIDEST)) ** u[at++], longest = sigma * Math.sqrt(N);
      for (let i = 0; i <= n; i++) order[i] = i;
      for (let i = n; i > 0; i--) {
        const k = Math.floor(u[at++] * (i + 1));
        [order[i], order[k]] = [order[k], order[i]];
      }
      const drift = shortened(slope, sigma * sigma * beta / 2, longest);
      let before = 0;
      for (let j = 0; j < m; j++) {
        let sum = 0, unsold = 1;
        for (let i = 0; i < n; i++) unsold -= x[i * m + j];
        for (let k = 0; k < n; k++) {
          sum += order[k] < n ? x[order[k] * m + j] : Math.max(0, unsold);
          const w = sigma * z[sweep * N + j * n + k], y = sum + drift * inSum(slope, k, j) + w;
          before += w * w;
          // The mirrored y, as sign y + shift, and the same of the sum.
          const far = Math.abs(y), turns = 2 * Math.floor(far / 2), turned = far - turns > 1;
          const sign = (y < 0) !== turned ? -1 : 1;
          mirrored[k] = turned ? 2 + turns - far : far - turns;
          noise[k] = sign * sum + (turned ? 2 + turns : -turns);
          places[k] = k;
        }
        for (let k = 1; k < n; k++) { // sorts by insertion
          const own = places[k];
          let to = k;
          for (; to > 0 && mirrored[places[to - 1]] > mirrored[own]; to--) places[to] = places[to - 1];
          places[to] = own;
        }
        let last = 0;
        for (let k = 0; k < n; k++) {
          const s = mirrored[places[k]];
          sums[j * n + k] = s, back[j * n + k] = noise[places[k]];
          if (order[k] < n) next[order[k] * m + j] = s - last;
          last = s;
        }
        if (order[n] < n) next[order[n] * m + j] = 1 - last;
      }
      const there = value(next, nextSlope), nextDrift = shortened(nextSlope, sigma * sigma * beta / 2, longest);
      let after = 0;
      for (let j = 0; j < m; j++) {
        for (let k = 0; k < n; k++) {
          after += (back[j * n + k] - sums[j * n + k] - nextDrift * inSum(nextSlope, k, j)) ** 2;
        }
      }
      accept(there, (before - after) / (2 * sigma * sigma));

      next.set(x);
      const a = Math.floor(u[at++] * (n + 1)), b = (a + 1 + Math.floor(u[at++] * n)) % (n + 1);
      const one = u[at++] < 0.5 ? Math.floor(u[at] * m) : -1;
      at++;
      for (let j = 0; j < m; j++) {
        const chosen = one < 0 ? u[at + j] < 0.5 : j === one;
        if (chosen) exchange(next, j, a, b, n, m);
      }
      at += m;
      accept(value(next, nextSlope), 0);
    }
    chains.set(x, chain * N);
  }
}

/** Exchanges the shares of a and b in good j, where n stands for what is unsold. */
function exchange(x: Float64Array, j: number, a: number, b: number, n: number, m: number): void {
  if (a === n) return exchange(x, j, b, a, n, m);
  const own = x[a * m + j];
  if (b < n) {
    x[a * m + j] = x[b * m + j], x[b * m + j] = own;
    return;
  }
  let unsold = 1;
  for (let i = 0; i < n; i++) unsold -= x[i * m + j];
  x[a * m + j] = Math.max(0, unsold);
}

/** C outcomes drawn from the uniform law on the product of simplices, `[C n m]`. */
export function uniformOutcomes(count: number, participants: number, goods: number, key: RandomKey): Float64Array {
  const n = participants, m = goods, u = uniforms(key, count * n * m), outcomes = new Float64Array(u.length);
  for (let c = 0; c < count * m; c++) {
    const sums = u.slice(c * n, (c + 1) * n).sort(), chain = Math.floor(c / m), j = c % m;
    for (let i = 0; i < n; i++) outcomes[(chain * n + i) * m + j] = sums[i] - (i > 0 ? sums[i - 1] : 0);
  }
  return outcomes;
}
