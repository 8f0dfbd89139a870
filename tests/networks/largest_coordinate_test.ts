/** Initial weights that say the largest coordinate. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { groupMaxLayout } from "../../src/networks/groupmax_layout.ts";
import { saysLargestCoordinate, setLargestCoordinate } from "../../src/networks/largest_coordinate.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

Deno.test("a network with these weights has the largest coordinate as a term", () => {
  for (const [goods, groups, groupSize] of [[5, 8, 3], [4, 4, 2], [10, 32, 8], [20, 32, 8]]) {
    const size = { goods, layers: 2, groups, groupSize }, network = partialGroupMax(size);
    assert(saysLargestCoordinate(size));
    const weights = new Float32Array(network.weightCount).fill(-20, 0, groupMaxLayout(size).positiveCount); // no other terms
    const slope = new Float64Array(goods);
    setLargestCoordinate(weights, size, 3);
    const f = network.bindOnHost(weights), price = (x: Float64Array) => f(x, slope) - f(new Float64Array(goods), slope);
    const points = uniforms(randomKey(2), 20 * goods);
    for (let k = 0; k < 20; k++) {
      const x = Float64Array.from(points.subarray(k * goods, (k + 1) * goods));
      if (k < goods) x.fill(0), x[k] = 1; // a single good
      // Weights that stand for 0 add a few percent.
      assertAlmostEquals(price(x), 3 * Math.max(...x), 0.25);
    }
  }
});

Deno.test("small networks cannot say it so", () => {
  assertEquals(saysLargestCoordinate({ goods: 5, layers: 1, groups: 8, groupSize: 4 }), false);
  assertEquals(saysLargestCoordinate({ goods: 10, layers: 2, groups: 32, groupSize: 3 }), false);
  assertEquals(saysLargestCoordinate({ goods: 10, layers: 2, groups: 8, groupSize: 8 }), false);
});
