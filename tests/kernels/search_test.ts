/** Best responses to prices that need not be convex. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bestResponse } from "../../src/kernels/best_responses/best_response.ts";
import { searchedResponse } from "../../src/kernels/best_responses/search.ts";
import { bestResponses } from "../../src/kernels/best_responses/select.ts";
import { multilayerPerceptron } from "../../src/networks/mlp.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";

Deno.test("a search finds nearly what a fine grid has, and says that nothing certifies it", () => {
  const network = multilayerPerceptron({ goods: 2, layers: 2, width: 8 }), gradient = new Float64Array(2), side = 100;
  let short = 0;
  for (let k = 0; k < 40; k++) {
    const key = deriveKey(randomKey(1), k), raw = normals(key, network.weightCount).map((z) => 0.4 * z);
    const f = network.bindOnHost(Float32Array.from(raw)), [s, t] = uniforms(deriveKey(key, 1), 2);
    const found = searchedResponse(f, [s, t]), none = f(new Float64Array(2), gradient);
    let best = 0;
    for (let i = 0; i <= side; i++) {
      for (let j = 0; j <= side; j++) {
        const x = Float64Array.of(i / side, j / side);
        best = Math.max(best, s * x[0] + t * x[1] - f(x, gradient) + none);
      }
    }
    assertEquals(found.gap, Infinity);
    assert(found.outcome.every((x) => x >= 0 && x <= 1));
    const payment = f(found.outcome, gradient) - none;
    assertAlmostEquals(found.payment, payment, 1e-12);
    const utility = s * found.outcome[0] + t * found.outcome[1] - payment;
    assertAlmostEquals(found.utility, Math.max(0, utility), 1e-12);
    short += Math.max(0, best - found.utility) / 40;
  }
  assert(short < 1e-3, `on average ${short} below the grid's best`);
});

Deno.test("on convex prices a search comes close to the certified best response, and never above it", () => {
  const network = partialGroupMax({ goods: 4, layers: 2, groups: 8, groupSize: 4 });
  const f = network.bindOnHost(network.initialWeights(randomKey(2)));
  let short = 0;
  for (let k = 0; k < 20; k++) {
    const type = uniforms(deriveKey(randomKey(3), k), 4), { utility } = bestResponse(f, type);
    const found = searchedResponse(f, type).utility;
    assert(found <= utility + 1e-7);
    short += (utility - found) / 20;
  }
  assert(short < 5e-3, `on average ${short} below the best`);
});

Deno.test("best responses of an MLP are searched for, within the evaluations that are allowed", () => {
  const network = multilayerPerceptron({ goods: 3, layers: 1, width: 4 });
  const hypernetwork = { bias: network.initialWeights(randomKey(4)) }, types = uniforms(randomKey(5), 6 * 3);
  const { gaps, evaluations } = bestResponses(network, hypernetwork, types, 2, {
    tolerance: 1e-10,
    maxEvaluations: 50,
  });
  assertEquals(Array.from(gaps), Array(6).fill(Infinity));
  assert(evaluations.every((count) => count <= 50));
});
