/**
 * The linear pieces of f that meet at best responses, and what each counts in the gradient of polishing (polishing.ts).
 *
 * @module
 */
import type { BestResponses } from "../kernels/best_responses/reference.ts";

/** Pieces that count less than this are left out. */
const LEAST_WEIGHT = 1e-3;
/** A piece's gradient is taken this far from the outcome towards a point at which the piece is known to be active. */
export const TOWARDS = 0.02;
/** Points closer than this to an outcome are the outcome. */
const AT_OUTCOME = 1e-6;

/** Points of f, how much each counts in the loss, and the mean of u0. */
export interface WeightedPieces {
  /** N points of each row `[rows, N, m]`, the last of them zero. */
  readonly points: Float32Array;
  /** `[rows, N]`. */
  readonly coefficients: Float32Array;
  readonly revenue: number;
}

/**
 * d u0 / d f at a best response to a type that is spread by `e`, better (1) or worse (-1): half of that of U, and the difference,
 * which counts `ratio` times.
 *
 * @param count Over how many types the mean is taken.
 */
export function slopeAt(sign: number, e: number, count: number, ratio = 1): number {
  return (0.5 - ratio * sign / (2 * e)) / count;
}

/** The linear pieces that meet at a best response, the heaviest `most` of them, and points near it where each is active. */
export function piecesAt(
  { outcomes, supports }: BestResponses,
  k: number,
  m: number,
  most: number,
): { weight: number; point: Float64Array }[] {
  const outcome = outcomes.subarray(k * m, (k + 1) * m), heavy: { weight: number; at: number }[] = [];
  for (let a = 0; a <= m; a++) {
    const at = k * (m + 1) + a, weight = supports!.weights[at];
    if (weight > LEAST_WEIGHT) heavy.push({ weight, at });
  }
  if (heavy.length < 2) return [{ weight: 1, point: outcome }];
  heavy.sort((a, b) => b.weight - a.weight).splice(most);
  const total = heavy.reduce((sum, { weight }) => sum + weight, 0);
  return heavy.map(({ weight, at }) => ({
    weight: weight / total,
    point: pointNear(outcome, supports!.points, heavy.map(({ at }) => at), at, m),
  }));
}

/**
 * A point near an outcome at which a piece is active. A piece that is known at the outcome itself, where all of them meet, is
 * sought on the side of the outcome where the others are not known to be.
 */
function pointNear(outcome: Float64Array, points: Float64Array, all: number[], one: number, m: number): Float64Array {
  const away = (at: number, j: number) => points[at * m + j] - outcome[j];
  if (outcome.some((_, j) => Math.abs(away(one, j)) > AT_OUTCOME)) {
    return outcome.map((x, j) => x + TOWARDS * away(one, j));
  }
  return outcome.map((x, j) => Math.min(1, Math.max(0, x - TOWARDS * all.reduce((sum, at) => sum + away(at, j), 0))));
}
