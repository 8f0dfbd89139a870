// A participant's best response, equation (4), by cutting planes: the algorithm of best_responses/best_response.ts,
// step by step, in 64-bit floats.
//
// The number of cuts that are kept is bounded by `job.cuts`. Where there is no room for another, it replaces one
// outside of the linear program's basis: the one with the largest reduced cost, which is the last that would come in.
// The basis alone bounds the maximum, so that gaps stay certified whatever is dropped. Vectors have m + 1 floats, and
// zeros behind them up to a multiple of four.

import { CLOSE, EPSILON, EQUAL_RATIOS, EXCHANGES, IN_OUT, LEAST_PIVOT, RESULTS, ROUNDS, TIE_BREAK } from "./constants";
import { both, dots, fma2 } from "./double";
import { evaluate, networkSize } from "./double_network";
import { ResponsesJob } from "./responses_job";
import { pad4 } from "./simd";

/** Bytes of a vector. */
// @ts-ignore: decorator
@inline
function vectorBytes(job: ResponsesJob): i32 {
  return pad4(job.goods + 1) << 3;
}

// Where things are in scratch, behind what double_network.ts takes: the inverse of the basis `[m + 1, m + 1]`; vectors
// `best`, `gradient`, `x`, `query`, `direction`, `amounts`, `ratios` and `prices` (what the basis' columns cost); which
// columns are in the basis, as 32-bit integers; the cuts' costs; their reduced costs; the cuts; and where the job asks for
// supports, the points that they were made at.
// @ts-ignore: decorator
@inline
function inverseAt(job: ResponsesJob, s: usize): usize {
  return s + networkSize(job);
}
// @ts-ignore: decorator
@inline
function vectorAt(job: ResponsesJob, s: usize, k: i32): usize {
  return inverseAt(job, s) + (job.goods + 1 + k) * vectorBytes(job);
}
// @ts-ignore: decorator
@inline
function bestAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 0);
}
// @ts-ignore: decorator
@inline
function gradientAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 1);
}
// @ts-ignore: decorator
@inline
function xAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 2);
}
// @ts-ignore: decorator
@inline
function queryAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 3);
}
// @ts-ignore: decorator
@inline
function directionAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 4);
}
// @ts-ignore: decorator
@inline
function amountsAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 5);
}
// @ts-ignore: decorator
@inline
function ratiosAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 6);
}
// @ts-ignore: decorator
@inline
function pricesAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 7);
}
// @ts-ignore: decorator
@inline
function basisAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 8);
}
// @ts-ignore: decorator
@inline
function costsAt(job: ResponsesJob, s: usize): usize {
  return vectorAt(job, s, 9);
}
// @ts-ignore: decorator
@inline
function reducedAt(job: ResponsesJob, s: usize): usize {
  return costsAt(job, s) + (pad4(job.cuts) << 3);
}
// @ts-ignore: decorator
@inline
function cutAt(job: ResponsesJob, s: usize, k: i32): usize {
  return reducedAt(job, s) + (pad4(job.cuts) << 3) + k * vectorBytes(job);
}

// @ts-ignore: decorator
@inline
function pointAt(job: ResponsesJob, s: usize, k: i32): usize {
  return cutAt(job, s, job.cuts) + k * vectorBytes(job);
}

/** Bytes of scratch. */
export function cuttingPlanesSize(job: ResponsesJob): i32 {
  return <i32>(job.supports ? pointAt(job, 0, job.cuts) : cutAt(job, 0, job.cuts));
}

/** The 64-bit floats of a response in `out`. */
export function resultSize(job: ResponsesJob): i32 {
  return job.goods + RESULTS + (job.supports ? (job.goods + 1) * (job.goods + 1) : 0);
}

/** The place for another cut, with `count` there already. */
function roomForCut(job: ResponsesJob, s: usize, count: i32): i32 {
  if (count < job.cuts) return count;
  const reduced = reducedAt(job, s), basis = basisAt(job, s);
  for (let a: i32 = 0; a <= job.goods; a++) {
    const id = load<i32>(basis + (a << 2));
    if (id >= 0) store<f64>(reduced + (id << 3), -Infinity);
  }
  let place: i32 = 0;
  for (let k: i32 = 1; k < count; k++) {
    if (load<f64>(reduced + (k << 3)) > load<f64>(reduced + (place << 3))) place = k;
  }
  return place;
}

/** Makes cut k at a point where f has the slopes in `gradient`; returns the objective there. */
function makeCut(job: ResponsesJob, s: usize, k: i32, type: usize, point: usize, payment: f64): f64 {
  const m = job.goods, gradient = gradientAt(job, s), cut = cutAt(job, s, k), last = cut + (m << 3);
  let worth: f64 = 0, cost: f64 = 0;
  v128.store(cut + vectorBytes(job) - 32, both(0));
  v128.store(cut + vectorBytes(job) - 16, both(0));
  for (let i: i32 = 0; i < m; i++) {
    const t = load<f64>(type + (i << 3)), x = load<f64>(point + (i << 3));
    const slope = t - (1 - TIE_BREAK) * load<f64>(gradient + (i << 3));
    store<f64>(cut + (i << 3), slope);
    worth += t * x;
    cost -= slope * x;
  }
  store<f64>(last, 1);
  const objective = worth - (1 - TIE_BREAK) * payment;
  store<f64>(costsAt(job, s) + (k << 3), cost + objective);
  if (job.supports) memory.copy(pointAt(job, s, k), point, m << 3);
  return objective;
}

/** Begins with the basis of the first cut and, in each of the other m rows, of r_i or a slack. */
function firstBasis(job: ResponsesJob, s: usize): void {
  const m = job.goods, bytes = vectorBytes(job), first = cutAt(job, s, 0);
  const inverse = inverseAt(job, s), amounts = amountsAt(job, s), basis = basisAt(job, s), prices = pricesAt(job, s);
  for (let i: i32 = 0; i < m; i++) {
    const slope = load<f64>(first + (i << 3)), sign: f64 = slope >= 0 ? 1 : -1, row = inverse + i * bytes;
    store<i32>(basis + (i << 2), (slope >= 0 ? -1 : -2) - 2 * i);
    store<f64>(prices + (i << 3), slope >= 0 ? 1 : 0);
    store<f64>(row + (i << 3), -sign);
    store<f64>(row + (m << 3), sign * slope);
    store<f64>(amounts + (i << 3), sign * slope);
  }
  store<i32>(basis + (m << 2), 0);
  store<f64>(inverse + m * bytes + (m << 3), 1);
  store<f64>(amounts + (m << 3), 1);
  store<f64>(prices + (m << 3), load<f64>(costsAt(job, s)));
}

/** Writes the linear program's solution at the basis to `x`: the point, and behind it minus the value. */
function solution(job: ResponsesJob, s: usize): void {
  const bytes = vectorBytes(job), x = xAt(job, s), inverse = inverseAt(job, s);
  const prices = pricesAt(job, s), end = prices + ((job.goods + 1) << 3);
  let b: i32 = 0;
  for (; b + 64 <= bytes; b += 64) {
    let x0 = both(0), x1 = x0, x2 = x0, x3 = x0, row = inverse + b;
    for (let price = prices; price < end; price += 8, row += bytes) {
      const factor = f64x2.neg(v128.load64_splat(price));
      x0 = fma2(factor, v128.load(row), x0), x1 = fma2(factor, v128.load(row, 16), x1);
      x2 = fma2(factor, v128.load(row, 32), x2), x3 = fma2(factor, v128.load(row, 48), x3);
    }
    v128.store(x + b, x0), v128.store(x + b, x1, 16), v128.store(x + b, x2, 32), v128.store(x + b, x3, 48);
  }
  if (b < bytes) {
    let x0 = both(0), x1 = x0, row = inverse + b;
    for (let price = prices; price < end; price += 8, row += bytes) {
      const factor = f64x2.neg(v128.load64_splat(price));
      x0 = fma2(factor, v128.load(row), x0), x1 = fma2(factor, v128.load(row, 16), x1);
    }
    v128.store(x + b, x0), v128.store(x + b, x1, 16);
  }
}

/** Brings cut `id`, r_i (-1 - 2i) or a slack (-2 - 2i) into the basis; false where nothing can leave it. */
function exchange(job: ResponsesJob, s: usize, id: i32): bool {
  const m = job.goods, bytes = vectorBytes(job);
  const inverse = inverseAt(job, s), direction = directionAt(job, s), amounts = amountsAt(job, s);
  const ratios = ratiosAt(job, s);
  let row = inverse;
  if (id >= 0) dots(inverse, m + 1, cutAt(job, s, id), bytes, direction);
  else {
    const at = id & 1 ? (-1 - id) << 2 : (-2 - id) << 2, sign: f64 = id & 1 ? -1 : 1;
    for (let a: i32 = 0; a <= m; a++, row += bytes) store<f64>(direction + (a << 3), sign * load<f64>(row + at));
  }
  for (let b: i32 = 0; b < bytes; b += 16) {
    const d = v128.load(direction + b), r = f64x2.div(v128.load(amounts + b), d);
    v128.store(ratios + b, v128.bitselect(r, both(Infinity), f64x2.gt(d, both(LEAST_PIVOT))));
  }
  let leaving: i32 = -1, ratio: f64 = Infinity;
  for (let a: i32 = 0; a <= m; a++) {
    const r = load<f64>(ratios + (a << 3));
    if (r >= ratio + EQUAL_RATIOS || r == Infinity) continue;
    if (r < ratio - EQUAL_RATIOS || load<f64>(direction + (a << 3)) > load<f64>(direction + (leaving << 3))) {
      ratio = min(ratio, r);
      leaving = a;
    }
  }
  if (leaving < 0) return false;
  const pivot = 1 / load<f64>(direction + (leaving << 3)), from = inverse + leaving * bytes;
  const amount = pivot * load<f64>(amounts + (leaving << 3));
  for (let b: i32 = 0; b < bytes; b += 16) v128.store(from + b, f64x2.mul(v128.load(from + b), both(pivot)));
  row = inverse;
  for (let a: i32 = 0; a <= m; a++, row += bytes) {
    const d = load<f64>(direction + (a << 3));
    if (a == leaving || d == 0) continue;
    const factor = both(-d);
    for (let b: i32 = 0; b < bytes; b += 32) {
      v128.store(row + b, fma2(factor, v128.load(from + b), v128.load(row + b)));
      v128.store(row + b, fma2(factor, v128.load(from + b, 16), v128.load(row + b, 16)), 16);
    }
    store<f64>(amounts + (a << 3), max<f64>(0, load<f64>(amounts + (a << 3)) - d * amount));
  }
  store<f64>(amounts + (leaving << 3), amount);
  store<i32>(basisAt(job, s) + (leaving << 2), id);
  store<f64>(pricesAt(job, s) + (leaving << 3), id >= 0 ? load<f64>(costsAt(job, s) + (id << 3)) : <f64>(id & 1));
  return true;
}

/**
 * Solves the linear program over `cuts` cuts by exchanges from the present basis and solution; returns how many. Cuts
 * whose reduced cost is below `least` come in.
 */
function solve(job: ResponsesJob, s: usize, cuts: i32, least: f64): i32 {
  const m = job.goods, bytes = vectorBytes(job), x = xAt(job, s);
  const costs = costsAt(job, s), reduced = reducedAt(job, s);
  let round: i32 = 0;
  for (; round < ROUNDS * (m + 1); round++) {
    let entering: i32 = 0, worst = -EPSILON, found = false;
    for (let i: i32 = 0; i < m; i++) {
      const xi = load<f64>(x + (i << 3));
      if (1 - xi < worst) worst = 1 - xi, entering = -1 - 2 * i, found = true;
      if (xi < worst) worst = xi, entering = -2 - 2 * i, found = true;
    }
    dots(cutAt(job, s, 0), cuts, x, bytes, reduced);
    for (let k = cuts - 1; k >= 0; k--) {
      const cost = load<f64>(costs + (k << 3)) + load<f64>(reduced + (k << 3));
      store<f64>(reduced + (k << 3), cost);
      if (cost < least && cost < worst) worst = cost, entering = k, found = true;
    }
    if (!found || !exchange(job, s, entering)) break;
    solution(job, s);
  }
  return round;
}

/** The bound of the basis' cuts on the maximum of u, made anew: see best_response.ts. */
function boundOfBasis(job: ResponsesJob, s: usize): f64 {
  const m = job.goods, bytes = vectorBytes(job), slopes = directionAt(job, s), amounts = amountsAt(job, s);
  let constant: f64 = 0;
  memory.fill(slopes, 0, bytes);
  for (let a: i32 = 0; a <= m; a++) {
    const id = load<i32>(basisAt(job, s) + (a << 2));
    if (id < 0) continue;
    const amount = load<f64>(amounts + (a << 3)), cut = cutAt(job, s, id), factor = both(amount);
    constant += amount * load<f64>(costsAt(job, s) + (id << 3));
    for (let b: i32 = 0; b < bytes; b += 16) {
      v128.store(slopes + b, fma2(factor, v128.load(cut + b), v128.load(slopes + b)));
    }
  }
  for (let i: i32 = 0; i < m; i++) constant += max<f64>(0, load<f64>(slopes + (i << 3)));
  return constant / load<f64>(slopes + (m << 3)); // the last number of a cut is 1
}

/** Writes the supports `[m + 1, 1 + m]` to `out`: the multiplier of each of the basis' cuts, and the point it was made at. */
function writeSupports(job: ResponsesJob, s: usize, out: usize): void {
  const m = job.goods, amounts = amountsAt(job, s);
  let total: f64 = 0;
  for (let a: i32 = 0; a <= m; a++) {
    if (load<i32>(basisAt(job, s) + (a << 2)) >= 0) total += load<f64>(amounts + (a << 3));
  }
  for (let a: i32 = 0; a <= m; a++, out += (m + 1) << 3) {
    const id = load<i32>(basisAt(job, s) + (a << 2));
    if (id < 0) memory.fill(out, 0, (m + 1) << 3);
    else {
      store<f64>(out, load<f64>(amounts + (a << 3)) / total);
      memory.copy(out + 8, pointAt(job, s, id), m << 3);
    }
  }
}

/**
 * The best response, equation (4), of type `type` `[m]` at packed weights `w`, which are relative to zero: writes
 * outcome `[m]`, payment, utility, gap, the number of evaluations and the bound on rounding to `out`, and the supports where
 * the job asks for them.
 */
export function bestResponse(job: ResponsesJob, w: usize, type: usize, out: usize, s: usize, magnitude: f64): void {
  const m = job.goods, best = bestAt(job, s), gradient = gradientAt(job, s), x = xAt(job, s), query = queryAt(job, s);
  const rest = out + (m << 3);
  let worth: f64 = 0;
  for (let i: i32 = 0; i < m; i++) worth += abs<f64>(load<f64>(type + (i << 3)));
  const rounding = job.relative * magnitude + job.absolute * worth;
  if (!(magnitude < job.largest)) {
    memory.fill(out, 0, resultSize(job) << 3);
    store<f64>(rest, Infinity, 16);
    store<f64>(rest, Infinity, 32);
    return;
  }
  memory.fill(inverseAt(job, s), 0, <i32>(costsAt(job, 0) - inverseAt(job, 0)));
  evaluate(job, w, best, gradient, s); // `best` is the zero outcome: nothing, for no payment
  let bestObjective: f64 = 0, bestPayment: f64 = 0, bestUtility: f64 = 0, bound: f64 = Infinity, credit: f64 = 0;
  makeCut(job, s, 0, type, best, 0);
  for (let i: i32 = 0; i < m; i++) credit += max<f64>(0, -load<f64>(gradient + (i << 3)));
  firstBasis(job, s);
  solution(job, s);

  const least = -max<f64>(EPSILON, 0.25 * rounding), enough = max<f64>(job.tolerance, rounding);
  let evaluations: i32 = 1, cuts: i32 = 1, exchanges: f64 = 0, share: f64 = IN_OUT;
  for (let i: i32 = 0; i < m; i++) store<f64>(query + (i << 3), 0.5);
  while (evaluations < job.maxEvaluations) {
    const payment = evaluate(job, w, query, gradient, s);
    evaluations++;
    const place = roomForCut(job, s, cuts), objective = makeCut(job, s, place, type, query, payment);
    cuts = max(cuts, place + 1);
    const better = objective > bestObjective;
    if (better) {
      worth = 0;
      for (let i: i32 = 0; i < m; i++) worth += load<f64>(type + (i << 3)) * load<f64>(query + (i << 3));
      bestObjective = objective, bestPayment = payment, bestUtility = worth - payment;
      memory.copy(best, query, m << 3);
    }
    const exchanged = solve(job, s, cuts, least);
    exchanges += exchanged;
    bound = min(bound, -load<f64>(x + (m << 3)));
    if (bound - bestObjective <= enough || exchanges > <f64>EXCHANGES * job.maxEvaluations) break;
    // Where nothing moved, the next query would be this one again: go all the way, or stop.
    const stuck = exchanged == 0 && !better;
    if (stuck && share == 1) break;
    share = !stuck && bound - bestObjective > CLOSE ? IN_OUT : 1;
    for (let i: i32 = 0; i < m; i++) {
      const from = load<f64>(best + (i << 3)), to = min<f64>(1, max<f64>(0, load<f64>(x + (i << 3))));
      store<f64>(query + (i << 3), from + share * (to - from));
    }
  }
  const gap = max<f64>(0, boundOfBasis(job, s) - bestObjective) + TIE_BREAK * max<f64>(0, bestPayment + credit);
  memory.copy(out, best, m << 3);
  store<f64>(rest, bestPayment);
  store<f64>(rest, max<f64>(0, bestUtility), 8);
  store<f64>(rest, gap == gap ? gap + rounding : Infinity, 16);
  store<f64>(rest, evaluations, 24);
  store<f64>(rest, rounding, 32);
  if (job.supports) writeSupports(job, s, rest + (RESULTS << 3));
}
