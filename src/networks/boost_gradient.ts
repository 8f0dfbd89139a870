/**
 * Boosts for training on the host: gradients in the weights.
 *
 * One set of weights serves all type profiles, and a gradient is needed at a few points of each: plain loops over 64-bit
 * floats.
 *
 * @module
 */
import type { HostTensor } from "../runtime/host_tensor.ts";
import type { Boost } from "./boost.ts";
import { groupMaxLayout } from "./groupmax_layout.ts";
import type { GroupMaxForm } from "./network.ts";
import { hostLayers, throughSoftplus } from "./partial_groupmax.ts";
import { addTransposed, forward } from "./reparameterisation.ts";
import { sortGoods, sumScale } from "./sums_of_largest.ts";

/** A network of a boost whose gradient can be taken. */
export interface TrainableTerm {
  /** See BoostTerm of boost.ts. */
  readonly inputOf: Int32Array;
  /** The number of inputs. */
  readonly inputs: number;
  /**
   * Adds `coefficient` times the gradient in the weights at some inputs to what is summed up: of the affine function that
   * the network is at the inputs `at`, which must be one that it is at `inputs`, too.
   */
  add(inputs: ArrayLike<number>, at: ArrayLike<number>, coefficient: number): void;
}

/** A boost whose gradient can be taken. */
export interface TrainableBoost {
  readonly terms: readonly TrainableTerm[];
  /** The gradient in the raw weights that was summed up, by parameter, without that in the participants' weights. */
  gradient(): Record<string, Float64Array>;
}

/** The boost of some parameters, with a gradient of zeros. */
export function trainableBoost(
  { terms, parameterShapes }: Boost,
  parameters: Readonly<Record<string, Pick<HostTensor, "data">>>,
): TrainableBoost {
  const shared = new Map<string, ReturnType<typeof trainable>>();
  const made = terms.map(({ parameter, row, network, inputOf }) => {
    const name = `${parameter} ${row}`, P = network.weightCount;
    let own = shared.get(name);
    if (!own) {
      const raw = parameters[parameter].data.subarray(row * P, (row + 1) * P) as Float32Array;
      shared.set(name, own = trainable(network.groupMax!, raw));
    }
    return { inputOf, inputs: network.goods, add: own.add };
  });
  return {
    terms: made,
    gradient() {
      const out: Record<string, Float64Array> = {};
      for (const [name, shape] of Object.entries(parameterShapes)) {
        if (name !== "weights") out[name] = new Float64Array(shape[0] * shape[1]);
      }
      const seen = new Set<string>();
      for (const { parameter, row, network: { weightCount: P } } of terms) {
        const name = `${parameter} ${row}`;
        if (seen.has(name)) continue;
        seen.add(name);
        shared.get(name)!.addGradient(out[parameter].subarray(row * P, (row + 1) * P));
      }
      return out;
    },
  };
}

/** One network: its value and its gradient. */
function trainable({ size, weights: form }: GroupMaxForm, raw: Float32Array | Float64Array) {
  const { goods: m, layers: K, groups: G, sumsOfLargest } = size, layout = groupMaxLayout(size), map = form();
  const slots = forward(map, raw, new Float64Array(map.from.length)), w = throughSoftplus(size, slots);
  const { at, values, winners } = hostLayers(size, w), gradient = new Float64Array(w.length);
  const order = new Int32Array(m), point = new Float64Array(m), scale = sumScale(m);
  const above = new Float64Array(G), below = new Float64Array(G), { outFree, outPositive, positiveCount } = layout;
  const pieces = winners.map((won) => won.slice());
  /** Evaluates all layers at some inputs. */
  const evaluate = (inputs: ArrayLike<number>): void => {
    if (sumsOfLargest) {
      sortGoods(inputs, order);
      for (let k = 0, sum = 0; k < m; k++) point[k] = sum += scale * inputs[order[k]];
    } else for (let k = 0; k < m; k++) point[k] = inputs[k];
    at(point);
  };
  return {
    add(inputs: ArrayLike<number>, where: ArrayLike<number>, coefficient: number): void {
      if (coefficient === 0) return;
      evaluate(where);
      winners.forEach((won, k) => pieces[k].set(won));
      evaluate(inputs);
      for (let i = 0; i < m; i++) gradient[outFree + i] += coefficient * point[i];
      for (let g = 0; g < G; g++) {
        gradient[outPositive + g] += coefficient * values[K][g];
        above[g] = coefficient * w[outPositive + g];
      }
      for (let k = K - 1; k >= 0; k--) {
        const won = pieces[k];
        for (let g = 0; g < G; g++) {
          const free = layout.free(k, won[g]) + g;
          for (let i = 0; i < m; i++) gradient[free + i * G] += above[g] * point[i];
          gradient[free + m * G] += above[g];
        }
        if (k === 0) continue;
        below.fill(0);
        for (let g = 0; g < G; g++) {
          const base = layout.positive(k, won[g]) + g;
          for (let i = 0; i < G; i++) {
            gradient[base + i * G] += above[g] * values[k][i];
            below[i] += above[g] * w[base + i * G];
          }
        }
        above.set(below);
      }
    },
    /** Adds the gradient in the raw weights `[P]`. */
    addGradient(out: Float64Array): void {
      const inSlots = gradient.slice();
      for (let s = 0; s < positiveCount; s++) inSlots[s] /= 1 + Math.exp(-slots[s]);
      addTransposed(map, inSlots, out, raw);
    },
  };
}
