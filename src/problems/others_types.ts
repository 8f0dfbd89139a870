/**
 * What the others' types say of a participant's: a straight line through their mean.
 *
 * @module
 */
import { alikeValues } from "./alike_values.ts";
import { ofSample } from "./of_sample.ts";
import type { MechanismProblem } from "./problem.ts";

/** Others' types tell a type if they explain this share of its variance. */
const SHARE_TOLD = 0.9;

/** A straight line, and the share of the variance of y that it explains. */
export interface Line {
  readonly slope: number;
  readonly share: number;
}

/** The line that is closest to `y` at `x`; a flat one where chance alone may make it rise or fall. */
export function closestLine(y: Float64Array, x: Float64Array): Line {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const ofX = mean(x), ofY = mean(y);
  let xx = 0, xy = 0, yy = 0;
  for (let k = 0; k < x.length; k++) {
    const dx = x[k] - ofX, dy = y[k] - ofY;
    xx += dx * dx, xy += dx * dy, yy += dy * dy;
  }
  const share = xy * xy / (xx * yy);
  return share > 9 / x.length ? { slope: xy / xx, share } : { slope: 0, share: 0 };
}

/** The mean of the others' types for each type `[B, n, m]`; 0 where there are none. */
export function othersMeans(types: Float32Array, n: number, m: number): Float32Array {
  const means = new Float32Array(types.length);
  for (let at = 0; at < types.length; at++) {
    const profile = at - at % (n * m);
    let sum = -types[at];
    for (let k = 0; k < n; k++) sum += types[profile + k * m + at % m];
    means[at] = sum / Math.max(1, n - 1);
  }
  return means;
}

/** Whether the others' types nearly tell a participant's type: then it has nearly an atom, given theirs. */
export function othersTell(problem: MechanismProblem): boolean {
  return problem.participants > 1 && !problem.distribution.independent && nearlyOnLines(problem);
}

const nearlyOnLines = ofSample(0x07e5, (types, problem) => {
  const means = othersMeans(types, problem.participants, problem.goods);
  const own = alikeValues(problem, types), others = alikeValues(problem, means);
  return own.every((values, k) => closestLine(values, others[k]).share > SHARE_TOLD);
});
