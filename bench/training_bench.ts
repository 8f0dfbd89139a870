/**
 * One iteration of Algorithm 1 as training does it, with fused WASM kernels beside op-by-op TensorFlow.js.
 */
import { openKernels, priceKernels } from "../src/kernels/select.ts";
import { settingProblem } from "../src/problems/settings.ts";
import { openDevice } from "../src/runtime/device.ts";
import { initialise, iterate } from "../src/training/algorithm1.ts";
import { defaultTraining } from "../src/training/options.ts";
import { disposeState } from "../src/training/state.ts";
import { trainingRules } from "../src/training/train.ts";

await openDevice({ backend: "wasm" });

for (const setting of ["U_{1,2}^{0,0}", "U_{1,10}^{0,0}", "U_{3,2}^{1,0}", "U_{3,10}^{1,0}"]) {
  const problem = settingProblem(setting), options = defaultTraining(problem), rules = trainingRules(problem, options);
  await openKernels(rules.network);
  for (const name of ["wasm", "reference"] as const) {
    const kernels = priceKernels(rules.network, name);
    let state = initialise(problem, rules, options);
    Deno.bench({
      name: `iteration of ${setting}, ${name}`,
      group: `iteration of ${setting}`,
      baseline: name === "wasm",
      n: name === "wasm" ? 20 : 3,
      warmup: name === "wasm" ? 5 : 1,
      async fn() {
        const next = await iterate(problem, rules, kernels, options, state);
        disposeState(state, next.state);
        state = next.state;
      },
    });
  }
}
