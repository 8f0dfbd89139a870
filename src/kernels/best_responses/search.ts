/**
 * A search for best responses where f need not be convex: ascent from the best of many points. The utility found may be
 * below the maximum by any amount, so that the certified gap is infinite.
 *
 * The search evaluates u(x) = <t, x> - f(x) + f(0) at the zero outcome, at (1, ..., 1), and at fixed random points of
 * which every second one is a corner of the box. From the best few of these it climbs along the slope of u, projected
 * onto the box, with steps that double while u grows and halve when it does not. Where nothing better is found it
 * returns the zero outcome, so that the mechanism stays individually rational.
 *
 * @module
 */
import type { HostFunction } from "../../networks/network.ts";
import { price as priceOf } from "../../networks/price.ts";
import { randomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import { type BestResponse, type BestResponseOptions, defaultBestResponse, TIE_BREAK } from "./best_response.ts";

/** The number of points from which the best are taken, besides the zero outcome. */
const POINTS = 32;
/** The number of points from which the search climbs. */
const ASCENTS = 4;
/** The most evaluations of f in a climb. */
const CLIMB = 40;
/** The first step, as the largest change of a coordinate. */
const FIRST_STEP = 0.25;
/** A climb ends when its steps are this small. */
const LEAST_STEP = 1e-5;

/** The points for each m, made once. */
const pointsOf = new Map<number, readonly Float64Array[]>();

function startingPoints(m: number): readonly Float64Array[] {
  let points = pointsOf.get(m);
  if (!points) {
    const random = uniforms(randomKey(0), POINTS * m);
    points = Array.from({ length: POINTS }, (_, k) => {
      if (k === 0) return new Float64Array(m).fill(1);
      const point = Float64Array.from(random.subarray(k * m, (k + 1) * m));
      return k % 2 === 0 ? point : point.map(Math.round);
    });
    pointsOf.set(m, points);
  }
  return points;
}

/** A point, u there at the prices by which ties are broken, its payment, and the slope of u. */
interface Place {
  readonly outcome: Float64Array;
  readonly objective: number;
  readonly payment: number;
  readonly slope: Float64Array;
}

/**
 * The best outcome that the search finds for a participant of type `type` `[m]`. Ties are broken as in
 * {@linkcode "./best_response.ts"}: u is taken at prices (1 - TIE_BREAK) p.
 */
export function searchedResponse(
  f: HostFunction,
  type: ArrayLike<number>,
  { maxEvaluations }: BestResponseOptions = defaultBestResponse,
): BestResponse {
  const m = type.length, price = priceOf(f, m), priceSlope = new Float64Array(m);
  let evaluations = 0;
  const look = (outcome: Float64Array): Place => {
    const payment = price(outcome, priceSlope), slope = new Float64Array(m);
    let worth = 0;
    for (let j = 0; j < m; j++) {
      worth += type[j] * outcome[j];
      slope[j] = type[j] - (1 - TIE_BREAK) * priceSlope[j];
    }
    evaluations++;
    return { outcome, objective: worth - (1 - TIE_BREAK) * payment, payment, slope };
  };

  const nothing = look(new Float64Array(m)), places = [nothing];
  for (const point of startingPoints(m)) if (evaluations < maxEvaluations) places.push(look(point.slice()));
  places.sort((a, b) => b.objective - a.objective);
  let best = places[0];
  for (const start of places.slice(0, ASCENTS)) {
    let place = start, step = FIRST_STEP;
    for (let k = 0; k < CLIMB && step > LEAST_STEP && evaluations < maxEvaluations; k++) {
      const { outcome, slope } = place;
      const free = slope.map((s, j) => (s > 0 ? outcome[j] < 1 : outcome[j] > 0) ? s : 0);
      const steepest = free.reduce((most, s) => Math.max(most, Math.abs(s)), 0);
      if (steepest === 0) break;
      const next = look(outcome.map((x, j) => Math.min(1, Math.max(0, x + step * free[j] / steepest))));
      if (next.objective > place.objective) place = next, step = Math.min(1, 2 * step);
      else step /= 2;
    }
    if (place.objective > best.objective) best = place;
  }
  if (best.objective <= 0) best = nothing;
  let utility = -best.payment;
  for (let j = 0; j < m; j++) utility += type[j] * best.outcome[j];
  const { outcome, payment } = best;
  return { outcome, payment, utility: Math.max(0, utility), gap: Infinity, evaluations, supports: [] };
}
