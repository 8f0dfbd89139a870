/**
 * Prices in exact arithmetic, from raw weights, by Definition 3.3 itself; and the best outcome for one or two goods.
 *
 * @module
 */
import { groupMaxLayout } from "../../src/networks/groupmax_layout.ts";
import type { GroupMaxForm } from "../../src/networks/network.ts";
import { forward } from "../../src/networks/reparameterisation.ts";
import { sortGoods } from "../../src/networks/sums_of_largest.ts";
import {
  above,
  add,
  divide,
  type Dyadic,
  exactly,
  exactSoftplus,
  multiply,
  near,
  negative,
  ONE,
  subtract,
  ZERO,
} from "./dyadic.ts";

/** A value and a subgradient. */
export interface ExactValue {
  readonly value: Dyadic;
  readonly slope: readonly Dyadic[];
}

/** The utility <t, x> - f(x) + f(0) of a type, and a supergradient, at x `[m]`. */
export type ExactUtility = (x: readonly Dyadic[]) => ExactValue;

/** The price of an outcome, exactly, and its slope. The common scale 2 / (m + 1) of sums is right to 2^-2000. */
export function exactPrice(form: GroupMaxForm, raw: Float32Array): (x: readonly Dyadic[]) => ExactValue {
  const { size } = form, { goods: m, layers: K, groups: G, groupSize: E, sumsOfLargest } = size;
  const layout = groupMaxLayout(size), slots = forward(form.weights(), raw, new Float64Array(layout.count));
  const weights = Array.from(slots, (w, p) => p < layout.positiveCount ? exactSoftplus(w) : exactly(w));
  const scale = multiply(exactly(2), divide(ONE, exactly(m + 1), 2000));

  const ofInputs = (inputs: readonly Dyadic[]): ExactValue => {
    let hidden: readonly Dyadic[] = [], slopes: readonly (readonly Dyadic[])[] = [];
    for (let k = 0; k < K; k++) {
      const maxima: Dyadic[] = [], slopeOf: Dyadic[][] = [];
      for (let g = 0; g < G; g++) {
        let best: Dyadic | undefined, winner = 0;
        for (let e = 0; e < E; e++) {
          const free = layout.free(k, e) + g;
          let h = weights[free + m * G];
          for (let j = 0; j < m; j++) h = add(h, multiply(weights[free + j * G], inputs[j]));
          for (let i = 0; k > 0 && i < G; i++) {
            h = add(h, multiply(weights[layout.positive(k, e) + i * G + g], hidden[i]));
          }
          if (!best || above(h, best)) best = h, winner = e;
        }
        maxima.push(best!);
        const free = layout.free(k, winner) + g;
        slopeOf.push(Array.from({ length: m }, (_, j) => {
          let slope = weights[free + j * G];
          for (let i = 0; k > 0 && i < G; i++) {
            slope = add(slope, multiply(weights[layout.positive(k, winner) + i * G + g], slopes[i][j]));
          }
          return slope;
        }));
      }
      hidden = maxima, slopes = slopeOf;
    }
    let value = weights[layout.outFree + m];
    const slope = weights.slice(layout.outFree, layout.outFree + m);
    for (let j = 0; j < m; j++) value = add(value, multiply(slope[j], inputs[j]));
    for (let g = 0; g < G; g++) {
      const w = weights[layout.outPositive + g];
      value = add(value, multiply(w, hidden[g]));
      for (let j = 0; j < m; j++) slope[j] = add(slope[j], multiply(w, slopes[g][j]));
    }
    return { value, slope };
  };
  const f = (x: readonly Dyadic[]): ExactValue => {
    if (!sumsOfLargest) return ofInputs(x);
    const order = new Int32Array(m), ranked = x.map(near);
    sortGoods(ranked, order);
    const sorted = [...order].sort((a, b) => above(x[b], x[a]) ? 1 : above(x[a], x[b]) ? -1 : 0);
    let sum = ZERO;
    const { value, slope } = ofInputs(sorted.map((good) => sum = add(sum, multiply(scale, x[good]))));
    const inGoods: Dyadic[] = Array(m);
    for (let k = m - 1, sum = ZERO; k >= 0; k--) inGoods[sorted[k]] = sum = add(sum, multiply(scale, slope[k]));
    return { value, slope: inGoods };
  };
  const none = f(Array(m).fill(ZERO)).value;
  return (x) => {
    const { value, slope } = f(x);
    return { value: subtract(value, none), slope };
  };
}

/** The utility of a type. */
export function exactUtility(price: (x: readonly Dyadic[]) => ExactValue, type: ArrayLike<number>): ExactUtility {
  const t = Array.from(type, exactly);
  return (x) => {
    const { value, slope } = price(x);
    const worth = t.reduce((sum, value, j) => add(sum, multiply(value, x[j])), ZERO);
    return { value: subtract(worth, value), slope: t.map((value, j) => subtract(value, slope[j])) };
  };
}

/** Places of outcomes between kinks. */
const PLACES = 700;

/** A point of a line, with a function there and its slope along the line. */
interface Tangent {
  readonly at: Dyadic;
  readonly value: Dyadic;
  readonly slope: Dyadic;
  /** The other slopes there, which the search does not look at. */
  readonly others: readonly Dyadic[];
}

/**
 * The maximum of a concave, piecewise linear function on [0, 1]: where the tangents from the left and the right meet,
 * there is another piece, or the maximum. Kinks are rounded to 2^-700.
 *
 * @param most The most evaluations.
 * @returns The tangents around the maximum, the best first.
 */
function lineMaximum(look: (at: Dyadic) => Tangent, most: number): readonly Tangent[] {
  let left = look(ZERO), right = look(ONE);
  if (left.slope.n <= 0n) return [left];
  if (right.slope.n >= 0n) return [right];
  let best = above(left.value, right.value) ? left : right;
  for (let k = 2; k < most; k++) {
    // left.value + left.slope (x - left.at) = right.value + right.slope (x - right.at)
    const rise = subtract(
      subtract(right.value, multiply(right.slope, right.at)),
      subtract(left.value, multiply(left.slope, left.at)),
    );
    const at = divide(rise, subtract(left.slope, right.slope), PLACES);
    if (!above(at, left.at) || !above(right.at, at)) break;
    const middle = look(at);
    if (above(middle.value, best.value)) best = middle;
    if (middle.slope.n === 0n) return [middle];
    const same = middle.slope.n > 0n ? left : right;
    if (subtract(middle.slope, same.slope).n === 0n) break; // no other piece between
    if (middle.slope.n > 0n) left = middle;
    else right = middle;
  }
  return [best, left, right];
}

/**
 * The best outcome of one or two goods. With two, the best amount of the second for each of the first is a concave
 * function of the first, whose slope is that of the mean of the two pieces around it that is flat in the second.
 */
export function exactBest(utility: ExactUtility, goods: number): { readonly at: readonly Dyadic[]; value: Dyadic } {
  if (goods === 1) {
    const [{ at, value }] = lineMaximum((at) => {
      const { value, slope } = utility([at]);
      return { at, value, slope: slope[0], others: [] };
    }, 60);
    return { at: [at], value };
  }
  let best: { at: readonly Dyadic[]; value: Dyadic } | undefined;
  lineMaximum((x) => {
    const [top, left, right] = lineMaximum((y) => {
      const { value, slope } = utility([x, y]);
      if (!best || above(value, best.value)) best = { at: [x, y], value };
      return { at: y, value, slope: slope[1], others: [slope[0]] };
    }, 24);
    if (!left) return { at: x, value: top.value, slope: top.others[0], others: [] };
    const share = divide(negative(right.slope), subtract(left.slope, right.slope), PLACES);
    const slope = add(
      multiply(share, left.others[0]),
      multiply(subtract(ONE, share), right.others[0]),
    );
    return { at: x, value: top.value, slope, others: [] };
  }, 24);
  return best!;
}
