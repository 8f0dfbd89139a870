import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { HIGHS_OPTIMAL, loadHighs } from "../../../src/deps/highs.ts";
import { affineMaximizer, unitSupply } from "../../../src/kernels/best_responses/affine_maximum.ts";
import { bestResponse } from "../../../src/kernels/best_responses/best_response.ts";
import { affineMaps, linearProgram } from "../../../src/mechanisms/linear_program/program.ts";
import { roundedPrice } from "../../../src/networks/groupmax_price.ts";
import { bindBoost, boosts } from "../../../src/networks/boost.ts";
import { partialGroupMax } from "../../../src/networks/partial_groupmax.ts";
import { deriveKey, randomKey } from "../../../src/random/key.ts";
import { normals, uniforms } from "../../../src/random/numbers.ts";

/** A random network of all n m coordinates, as a term. */
function randomTerm(size: Parameters<typeof affineMaps>[0], seed: number) {
  const network = partialGroupMax(size), key = randomKey(seed);
  const raw = network.initialWeights(key), noise = normals(deriveKey(key, 1), raw.length);
  for (let p = 0; p < raw.length; p++) raw[p] += 0.5 * noise[p];
  const inputOf = Int32Array.from({ length: size.goods }, (_, c) => c);
  return { raw, term: { ...roundedPrice(network.groupMax!, raw), inputOf, inputs: size.goods } };
}

Deno.test("maxima are those that linear programs find", async () => {
  const highs = await loadHighs();
  for (const [seed, n, m, layers] of [[1, 2, 2, 1], [2, 3, 2, 2], [3, 2, 4, 2], [4, 4, 3, 1]]) {
    const N = n * m, size = { goods: N, layers, groups: 6, groupSize: 3 }, { raw, term } = randomTerm(size, seed);
    const box = linearProgram(affineMaps(size, raw)), { matrix } = box, rows = box.numRows + m;
    // The program of the box, and a row for each good.
    const starts = new Int32Array(rows + 1), indices = new Int32Array(matrix.indices.length + N);
    const values = new Float64Array(matrix.values.length + N).fill(1);
    starts.set(matrix.starts), indices.set(matrix.indices), values.set(matrix.values);
    for (let j = 0, at = matrix.indices.length; j < m; j++) {
      for (let i = 0; i < n; i++) indices[at++] = i * m + j;
      starts[box.numRows + j + 1] = at;
    }
    const model = highs.createModel(), maximizer = affineMaximizer([term], unitSupply(n, m));
    model.options.set({ output_flag: false });
    try {
      for (let k = 0; k < 15; k++) {
        const linear = uniforms(deriveKey(randomKey(seed), 2, k), N), colCost = box.colCost.slice();
        for (let c = 0; c < N; c++) colCost[c] -= linear[c];
        model.passModel({
          ...box,
          numRows: rows,
          colCost,
          rowLower: Float64Array.from([...box.rowLower, ...Array(m).fill(-Infinity)]),
          rowUpper: Float64Array.from([...box.rowUpper, ...Array(m).fill(1)]),
          matrix: { ...matrix, numRows: rows, starts, indices, values },
        });
        model.run();
        assertEquals(model.getModelStatus(), HIGHS_OPTIMAL);
        const { colValue } = model.getSolution();
        const optimum = colValue.reduce((sum, x, c) => sum - x * colCost[c], 0);
        const { value, gap } = maximizer.maximize(linear); // each from the basis of the one before
        assertAlmostEquals(value, optimum, 1e-6);
        assert(gap < 1e-10, `gap ${gap}`);
      }
    } finally {
      model.dispose();
    }
  }
});

Deno.test("with a group for each coordinate the maximum is the best response on the box", () => {
  const N = 4, { term } = randomTerm({ goods: N, layers: 2, groups: 5, groupSize: 3 }, 9);
  const box = { groupOf: Int32Array.from({ length: N }, (_, c) => c), groups: N };
  const maximizer = affineMaximizer([term], box);
  for (let k = 0; k < 20; k++) {
    const type = uniforms(deriveKey(randomKey(10), k), N);
    assertAlmostEquals(maximizer.maximize(type).value, bestResponse(term.price, type).utility, 1e-7);
  }
});

Deno.test("the multipliers of a maximum add up to 1, and it is no better from another start", () => {
  const { term } = randomTerm({ goods: 6, layers: 2, groups: 5, groupSize: 3 }, 11);
  const warm = affineMaximizer([term], unitSupply(2, 3)), cold = affineMaximizer([term], unitSupply(2, 3));
  for (let k = 0; k < 30; k++) {
    const linear = uniforms(deriveKey(randomKey(12), k), 6);
    cold.forget();
    assertAlmostEquals(warm.maximize(linear).value, cold.maximize(linear).value, 1e-10);
    assertAlmostEquals(warm.supports().reduce((sum, { weight }) => sum + weight, 0), 1, 1e-12);
  }
});

Deno.test("no maximum of many is left without a certificate", () => {
  const shape = { participants: 3, goods: 8, exchangeable: true, exchangeableGoods: true }, N = 24;
  const boost = boosts(shape, { kind: "separate", layers: 1, groups: 8, groupSize: 4 });
  const maximizer = affineMaximizer(bindBoost(boost, boost.initialParameters(randomKey(20))), unitSupply(3, 8));
  for (let b = 0; b < 250; b++) {
    const linear = uniforms(deriveKey(randomKey(21), b), N);
    maximizer.forget();
    for (let i = -1; i < 3; i++) {
      const { gap } = maximizer.maximize(linear.map((l, c) => Math.floor(c / 8) === i ? 0 : l));
      assert(gap < 1e-10, `${gap} in problem ${b} without ${i}`);
    }
  }
});
