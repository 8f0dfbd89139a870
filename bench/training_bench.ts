/**
 * What training spends its time on, on wasm: one iteration of Algorithm 1, and its parts.
 */
import { type Tensor3D, tf } from "../src/deps/tfjs.ts";
import { bestResponse } from "../src/mechanisms/best_response.ts";
import { partialGroupMax } from "../src/networks/partial_groupmax.ts";
import { settingProblem } from "../src/problems/settings.ts";
import { deriveKey, randomKey } from "../src/random/key.ts";
import { normals, uniforms } from "../src/random/numbers.ts";
import { openDevice } from "../src/runtime/device.ts";
import { adaptedStepSize, langevin } from "../src/sampling/langevin.ts";
import { iterate } from "../src/training/iteration.ts";
import { defaultTraining } from "../src/training/options.ts";
import { disposeState, initialState } from "../src/training/state.ts";
import { trainingRules } from "../src/training/train.ts";

await openDevice({ backend: "wasm" });

for (const setting of ["U_{1,2}^{0,0}", "U_{1,10}^{0,0}", "U_{3,2}^{1,0}"]) {
  const problem = settingProblem(setting), options = defaultTraining(problem), rules = trainingRules(problem, options);
  let state = initialState(problem, rules, options);
  Deno.bench({
    name: `one iteration, ${setting}`,
    group: "iteration",
    n: 10,
    warmup: 2,
    async fn() {
      const next = await iterate(problem, rules, options, state);
      disposeState(state, next.state);
      state = next.state;
    },
  });
}

for (const goods of [2, 10, 30]) {
  const network = partialGroupMax({ goods, layers: 2, groups: goods > 4 ? 32 : 8, groupSize: 4 });
  const weights = tf.tensor2d(network.initialWeights(randomKey(1)), [1, network.weightCount]);
  const shape: [number, number, number] = [1, 4096, goods];
  const chains = tf.tensor3d(uniforms(randomKey(2), 4096 * goods), shape), types = tf.fill(shape, 0.5) as Tensor3D;
  const stepSize = adaptedStepSize(tf.scalar(0.1), 0.3, 100);
  const gradient = network.gradient(weights);
  Deno.bench({
    name: `10 Langevin steps of 4096 chains, m = ${goods}`,
    group: "langevin",
    async fn() {
      const moved = langevin(
        gradient,
        types,
        chains,
        { beta: 100, stepSize, steps: 10, wall: "reflect" },
        randomKey(3),
      );
      await moved.chains.data();
      tf.dispose([moved.chains, moved.squareSlopes]);
    },
  });

  const noise = normals(randomKey(4), network.weightCount);
  const f = network.bindOnHost(network.initialWeights(randomKey(1)).map((weight, j) => weight + 0.3 * noise[j]));
  let k = 0;
  Deno.bench({
    name: `certified best response, m = ${goods}`,
    group: "best response",
    fn() {
      bestResponse(f, uniforms(deriveKey(randomKey(5), k++), goods));
    },
  });
}
