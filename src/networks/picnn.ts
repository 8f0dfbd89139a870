/**
 * Partial Input Convex Neural Network (Amos, Xu and Kolter, ICML 2017), the network of the ablation TEDI-PICNN.
 *
 * z_k = relu(W_{k-1} z_{k-1} + A_{k-1} x + b_{k-1}) for k = 1..K, f = W_K z_K + A_K x + b_K, where W_k >= 0 for k >= 1
 * by softplus; there is no z_0. f is convex and piecewise linear in x, so that best responses are exact. W_k, A_k and
 * b_k come from the same hypernetwork as those of a Partial GroupMax Network, where the original multiplies layers with
 * others made of the context: TEDI-PICNN differs from TEDI by relu in the place of GroupMax only. A value costs
 * about H (K m + (K - 1) H) multiply-adds.
 *
 * One f has P raw weights, in this order, each matrix row-major with inputs as rows:
 *   positive, before softplus:  W_k `[H, H]` for k = 1..K-1;  W_K `[H]`
 *   of any sign (free):         (A_k, b_k) `[m + 1, H]` for k = 0..K-1;  (A_K, b_K) `[m + 1]`
 * This is the order of groupmax_layout.ts with groups of one element. relu(h) = max(0, h) is a GroupMax over groups of
 * two elements, the first of which is the constant 0: a {@linkcode "./reparameterisation.ts"} with constants.
 *
 * @module
 */
import type { Tensor2D } from "../deps/tfjs.ts";
import { requireInteger } from "../errors.ts";
import type { RandomKey } from "../random/key.ts";
import { groupMaxLayout } from "./groupmax_layout.ts";
import type { ConvexNetwork, NetworkKindEntry } from "./network.ts";
import { partialGroupMax, setInitialPrice } from "./partial_groupmax.ts";
import { forward, forwardOnDevice, hold, lazily, type Reparameterisation } from "./reparameterisation.ts";
import { NO_WEIGHT } from "./softplus.ts";
import { widestNetwork } from "./widest.ts";

/** The size of a Partial Input Convex Neural Network. */
export interface PartialInputConvexSize {
  /** m, the dimension of x. */
  readonly goods: number;
  /** K, the number of relu layers. */
  readonly layers: number;
  /** H, the width of a layer. */
  readonly width: number;
}

/**
 * A Partial Input Convex Neural Network as a family of functions of its raw weights.
 *
 * @throws {InvalidInputError} unless all sizes are positive integers.
 */
export function partialInputConvex(size: PartialInputConvexSize): ConvexNetwork {
  const { goods: m, layers: K, width: H } = size;
  for (const [name, value] of Object.entries(size)) {
    requireInteger("make a Partial Input Convex Neural Network", name, value, 1);
  }
  const linearSize = { goods: m, layers: K, groups: H, groupSize: 1 }, linear = partialGroupMax(linearSize);
  const network = partialGroupMax({ goods: m, layers: K, groups: H, groupSize: 2 });
  const weights = lazily(() => reluAsGroupMax(size)),
    { outFree } = groupMaxLayout(linearSize);
  const onDevice = (raw: Tensor2D) => forwardOnDevice(weights(), raw);

  const relu: ConvexNetwork = {
    goods: m,
    weightCount: linear.weightCount,
    convex: true,
    activations: network.activations,
    groupMax: { size: network.groupMax!.size, direct: false, weights },
    lowerBounds: () => undefined,

    initialWeights(key: RandomKey): Float32Array {
      const initial = linear.initialWeights(key);
      // Its initial price was set for the network without relu: it is set anew.
      initial.fill(0, outFree, outFree + m);
      setInitialPrice(initial, linearSize, relu.bindOnHost(initial), false);
      return initial;
    },
    value: (raw, points) => network.value(onDevice(raw), points),
    slope: (raw) => network.slope(onDevice(raw)),
    bindOnHost: (raw) => network.bindOnHost(forward(weights(), raw, new Float64Array(network.weightCount))),
  };
  return relu;
}

/** The raw weights of the network whose groups are (0, h): those of the elements 0 are constants. */
function reluAsGroupMax({ goods: m, layers: K, width: H }: PartialInputConvexSize): Reparameterisation {
  const sizes = { goods: m, layers: K, groups: H };
  const own = groupMaxLayout({ ...sizes, groupSize: 1 }), pairs = groupMaxLayout({ ...sizes, groupSize: 2 });
  const from = new Int32Array(pairs.count).fill(-1), constants = new Float32Array(pairs.count);
  constants.fill(NO_WEIGHT, 0, pairs.positiveCount);
  const place = (to: number, first: number, count: number) => hold(from, to, first, count);
  for (let k = 1; k < K; k++) place(pairs.positive(k, 1), own.positive(k, 0), H * H);
  place(pairs.outPositive, own.outPositive, H);
  for (let k = 0; k < K; k++) place(pairs.free(k, 1), own.free(k, 0), (m + 1) * H);
  place(pairs.outFree, own.outFree, m + 1);
  return { inputs: own.count, from, constants };
}

/**
 * The ablation TEDI-PICNN: K layers, as wide as they can be with no more raw weights than the Partial GroupMax Network.
 */
export const picnnKind: NetworkKindEntry = {
  summary: "relu layers, of the ablation TEDI-PICNN",
  withContext: true,
  setContext: false,
  make: ({ goods, layers, ...size }) =>
    partialInputConvex({
      ...{ goods, layers },
      width: widestNetwork(
        (width) => groupMaxLayout({ goods, layers, groups: width, groupSize: 1 }).count,
        groupMaxLayout({ goods, layers, ...size }).count,
      ),
    }),
};
