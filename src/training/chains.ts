/**
 * New profiles' chains begin, so that all chains can go on from where they are (section 3.3.5).
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { bestResponses } from "../kernels/best_responses/select.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import { type HypernetworkOutput, sliceRows } from "../networks/hypernetwork_output.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { HostTensors } from "../runtime/host_tensor.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { type Chains, tileTypes } from "../sampling/move_chains.ts";
import { freshProfiles, type TrainingOptions } from "./options.ts";

/**
 * The chains without the oldest, and those of the newest profiles behind them, which start at best responses.
 *
 * @param parameters The parameters on the host, for best responses; called where they are needed.
 * @param hypernetwork What all rows' weights are made from.
 * @param types Types of all profiles, the newest last.
 */
export function refreshChains(
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  parameters: () => HostTensors,
  hypernetwork: HypernetworkOutput,
  types: Float32Array,
  old: Chains,
  beta: number,
  key: RandomKey,
): Chains {
  const { participants: n, goods: m } = rules.shape;
  const count = freshProfiles(options) * n, first = types.length / m - count;
  const fresh = types.subarray(first * m);
  return tf.tidy(() => {
    const start = startAtBestResponses(rules, parameters, fresh, options, beta, key);
    // Chains start near kinks of u, where the slope at one point says nothing: it is averaged over the chains.
    const slopes = tf.sub(
      tf.tensor(tileTypes(fresh, m, options.chains), start.shape),
      kernels.slope(sliceRows(hypernetwork, first, count), start),
    );
    return {
      chains: tf.concat([old.chains.slice([count]), start], 0) as Tensor3D,
      squareSlopes: tf.concat([old.squareSlopes.slice([count]), tf.mean(tf.square(slopes), 1)], 0) as Tensor2D,
    };
  });
}

/**
 * Where new chains start, `[rows, C, m]`: at best responses of the participant to types that are perturbed by logistic
 * noise of scale initialPointNoise / beta, so that a participant who is almost indifferent starts on all sides (perturb and
 * maximise, Papandreou and Yuille, ICCV 2011), and within 1 / beta of them, since they lie on kinks of u, where a slope says
 * nothing.
 */
function startAtBestResponses(
  rules: PricingRules,
  parameters: () => HostTensors,
  types: Float32Array,
  { chains: C, initialPoints, initialPointNoise }: TrainingOptions,
  beta: number,
  key: RandomKey,
): Tensor3D {
  const m = rules.shape.goods, rows = types.length / m;
  const far = uniforms(deriveKey(key, 1), rows * initialPoints * m);
  const perturbed = Float64Array.from(far, (uniform, at) => {
    const j = at % m, row = Math.floor(at / (initialPoints * m)), u = uniform + 2 ** -25; // in (0, 1)
    return types[row * m + j] + initialPointNoise * Math.log(u / (1 - u)) / beta;
  });
  const { outcomes } = bestResponses(
    rules.network,
    rules.hostHypernetwork(parameters(), types),
    perturbed,
    initialPoints,
  );
  const start = uniforms(deriveKey(key, 0), rows * C * m);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < C; c++) {
      const at = (row * C + c) * m, from = (row * initialPoints + c % initialPoints) * m;
      for (let j = 0; j < m; j++) {
        const x = Math.abs(outcomes[from + j] + (2 * start[at + j] - 1) / beta);
        start[at + j] = x > 1 ? Math.max(0, 2 - x) : x;
      }
    }
  }
  return tf.tensor3d(start, [rows, C, m]);
}
