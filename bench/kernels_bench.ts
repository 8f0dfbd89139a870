/**
 * Each fused WASM kernel beside the same in op-by-op TensorFlow.js: 384 rows (128 profiles of 3 participants) with
 * weights of their own, from a dense or a set context, and 384 rows with the same weights; K = 2, E = 4, H = 64
 * or H = Hl = 32, 16 chains.
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../src/deps/tfjs.ts";
import { openKernels, priceKernels } from "../src/kernels/select.ts";
import type { HypernetworkOutput } from "../src/networks/hypernetwork_output.ts";
import { groupMaxLayout } from "../src/networks/groupmax_layout.ts";
import { placement } from "../src/networks/per_good_slopes.ts";
import { partialGroupMax } from "../src/networks/partial_groupmax.ts";
import { deriveKey, randomKey } from "../src/random/key.ts";
import { normals, uniforms } from "../src/random/numbers.ts";
import { openDevice } from "../src/runtime/device.ts";
import type { MoveOptions } from "../src/sampling/move_chains.ts";

await openDevice({ backend: "wasm" });

const ROWS = 384, C = 16, H = 64, key = randomKey(1);
const MOVE: MoveOptions = {
  ...{
    beta: 80,
    steps: 10,
    lineMoveEvery: 10,
    boundary: "reflect",
    stepRule: "adapted",
    stepScale: 0.3,
    largestStep: 0.2,
  },
};

for (const [goods, groups] of [[2, 8], [10, 32], [30, 32]]) {
  const network = partialGroupMax({ goods, layers: 2, groups, groupSize: 4 }), P = network.weightCount;
  await openKernels(network);
  const scaled = (stream: number, count: number, scale: number) =>
    normals(deriveKey(key, stream), count).map((z) => z * scale);
  const bias = tf.tensor1d(network.initialWeights(key));
  const hidden = tf.tensor2d(scaled(0, ROWS * H, 1), [ROWS, H]), weight = tf.tensor2d(scaled(1, H * P, 0.02), [H, P]);
  const chains = tf.tensor3d(uniforms(deriveKey(key, 2), ROWS * C * goods), [ROWS, C, goods]) as Tensor3D;
  const coefficients = tf.tensor2d(scaled(3, ROWS * C, 1), [ROWS, C]) as Tensor2D;
  const squareSlopes = tf.fill([ROWS, goods], 0.1) as Tensor2D, types = uniforms(deriveKey(key, 4), ROWS * goods);
  const layout = groupMaxLayout({ goods, layers: 2, groups, groupSize: 4 }), { maps } = layout;
  const W = 32, D = P - goods * maps;
  const perGood = {
    hidden: tf.tensor3d(scaled(5, ROWS * goods * W, 1), [ROWS, goods, W]),
    weight: tf.tensor2d(scaled(6, W * maps, 0.02), [W, maps]),
    placement: placement(layout, goods),
  };
  const ofAll = { hidden: tf.slice(hidden, [0, 0], [ROWS, W]), weight: tf.slice(weight, [0, 0], [W, D]) };
  const sources: Record<string, HypernetworkOutput> = {
    "own weights": { hidden, weight, bias },
    "set context": { ...ofAll, bias, perGood },
    "one row of weights": { bias },
  };
  for (const [which, hypernetwork] of Object.entries(sources)) {
    for (const name of ["wasm", "reference"] as const) {
      const kernels = priceKernels(network, name);
      const operations: Record<string, () => object> = {
        value: () => kernels.value(hypernetwork, chains),
        slope: () => kernels.slope(hypernetwork, chains),
        gradient: () => kernels.gradient(hypernetwork, chains, coefficients),
        moveChains: () => kernels.moveChains(hypernetwork, types, { chains, squareSlopes }, MOVE, key),
      };
      for (const [operation, run] of Object.entries(operations)) {
        Deno.bench({
          name: `${operation}, m = ${goods}, ${which}, ${name}`,
          group: `${operation}, m = ${goods}, ${which}`,
          baseline: name === "wasm",
          n: name === "wasm" ? 20 : 3,
          warmup: name === "wasm" ? 5 : 1,
          fn() {
            const made = run();
            tf.dispose(made instanceof tf.Tensor ? made : Object.values(made) as Tensor[]);
          },
        });
      }
    }
  }
}
