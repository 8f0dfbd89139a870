/**
 * Chains of new profiles. Chains go on from where they are as the mechanism changes (continuous sampling, section 3.3.5);
 * those of a profile that has just come begin at best responses to perturbed types.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { bestResponses } from "../kernels/best_responses/select.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import { type HostHypernetworkOutput, type HypernetworkOutput, sliceRows } from "../networks/hypernetwork_output.ts";
import type { ConvexNetwork } from "../networks/network.ts";
import { type RowTypes, sliceTypes, tiledTypes } from "../networks/row_types.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import type { Chains } from "../sampling/move_chains.ts";
import { freshProfiles, type TrainingOptions } from "./options.ts";
import { chainsReturn } from "./phase.ts";
import type { TrainingState } from "./state.ts";

/**
 * How many rows, the last ones, have chains that begin in the next iteration of a state: those of profiles that come with it,
 * or all where chains come back after polishing. In the first iteration chains are there.
 */
export function beginningRows(
  state: Pick<TrainingState, "iteration" | "phase" | "types">,
  options: TrainingOptions,
  { participants: n, goods: m }: { readonly participants: number; readonly goods: number },
): number {
  if (chainsReturn(state, options)) return state.types.length / m;
  return state.iteration > 0 ? freshProfiles(options) * n : 0;
}

/**
 * The chains without the oldest, and those of the newest profiles behind them.
 *
 * @param hypernetwork The weights of all rows.
 * @param types Types of all rows `[R, m]`, the newest last.
 * @param points Where the chains of the newest begin, `[rows, C, m]`: see {@linkcode initialPoints}.
 */
export function refreshChains(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  types: RowTypes,
  points: Float32Array | Tensor3D,
  old: Chains,
): Chains {
  const [rows, C, m] = old.chains.shape, size = points instanceof Float32Array ? points.length : points.size;
  const count = size / (C * m), first = rows - count;
  return tf.tidy(() => {
    const start = points instanceof Float32Array ? tf.tensor3d(points, [count, C, m]) : points;
    // Chains begin near kinks of u, where the slope at one point says nothing: it is averaged over the chains.
    const slopes = tf.sub(
      tiledTypes(sliceTypes(types, m, first), m, C),
      kernels.slope(sliceRows(hypernetwork, first, count), start),
    );
    return {
      chains: behind(old.chains, start) as Tensor3D,
      squareSlopes: behind(old.squareSlopes, tf.mean(tf.square(slopes), 1)) as Tensor2D,
    };
  });
}

/** The rows of `old` without its first ones, and those of `more` behind them, as many in all. */
function behind(old: Tensor, more: Tensor): Tensor {
  const [count] = more.shape, all = count === old.shape[0];
  return all ? tf.clone(more) : tf.concat([old.slice([count]), more], 0);
}

/**
 * Initial points of new chains `[rows, C, m]`, in two steps.
 *
 * Each is a best response of the row's participant to a type that is perturbed by logistic noise of scale
 * `initialPointNoise / beta`, so that the chains of a participant who is almost indifferent begin on all sides (perturb and
 * maximise, Papandreou and Yuille, ICCV 2011). There are `initialPoints` such types; chain c takes number c modulo them.
 *
 * Best responses lie on kinks of u, where a slope says nothing. So each coordinate is moved by up to 1 / beta, uniformly,
 * and reflected into the box.
 *
 * @param hypernetwork The weights of the rows.
 * @param types The rows' types `[rows, m]`.
 */
export function initialPoints(
  network: ConvexNetwork,
  hypernetwork: HostHypernetworkOutput,
  types: Float32Array,
  { chains: C, initialPoints: T, initialPointNoise }: TrainingOptions,
  beta: number,
  key: RandomKey,
): Float32Array {
  const m = network.goods, rows = types.length / m;
  const perturbed = Float64Array.from(uniforms(deriveKey(key, 1), rows * T * m), (uniform, at) => {
    const j = at % m, row = Math.floor(at / (T * m)), u = uniform + 2 ** -25; // in (0, 1)
    return types[row * m + j] + initialPointNoise * Math.log(u / (1 - u)) / beta;
  });
  const { outcomes } = bestResponses(network, hypernetwork, perturbed, T);
  const points = uniforms(deriveKey(key, 0), rows * C * m);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < C; c++) {
      const at = (row * C + c) * m, from = (row * T + c % T) * m;
      for (let j = 0; j < m; j++) {
        const x = Math.abs(outcomes[from + j] + (2 * points[at + j] - 1) / beta);
        points[at + j] = x > 1 ? Math.max(0, 2 - x) : x;
      }
    }
  }
  return points;
}
