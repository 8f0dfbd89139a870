/** Definition 3.1 and equation (2): the maximum of groups, and prices, on the device and on the host. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type Tensor2D, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { groupMax, groupMaxOnHost } from "../../src/networks/groupmax.ts";
import { groupMaxLayout } from "../../src/networks/groupmax_layout.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { price, prices } from "../../src/networks/price.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { forEachDevice } from "../devices.ts";

forEachDevice("GroupMax takes the largest element of each group, of equal ones the first", async () => {
  // Three elements of four groups; group 1 has a tie, group 3 one among the last two.
  const elements = [[1, 5, -3, 0], [2, 5, -1, 7], [0, 4, -2, 7]];
  const h = elements.map((one) => tf.tensor3d(one, [1, 1, 4]) as Tensor3D), { maxima, leads } = groupMax(h);
  assertEquals(Array.from(await maxima.data()), [2, 5, -1, 7]);
  assertEquals(await Promise.all(leads.map(async (one) => Array.from(await one.data()))), [[1, 0, 1, 1], [0, 0, 0, 0]]);
  const onHost = new Float64Array(4), winners = new Int32Array(4);
  groupMaxOnHost(Float64Array.from(elements.flat()), onHost, winners);
  assertEquals([Array.from(onHost), Array.from(winners)], [[2, 5, -1, 7], [1, 0, 1, 1]]);
  tf.dispose([...h, maxima, ...leads]);
});

forEachDevice("nothing costs nothing, and prices differ from f by f(0), by either way", async () => {
  const network = partialGroupMax({ goods: 3, layers: 2, groups: 4, groupSize: 3 });
  const weights = network.initialWeights(randomKey(1)), f = network.bindOnHost(weights), p = price(f, 3);
  const points = uniforms(randomKey(2), 5 * 3), slope = new Float64Array(3), again = new Float64Array(3);
  const zero = new Float64Array(3), atZero = f(zero, slope);
  assertEquals(p(zero, again), 0);
  assertEquals(again, slope);
  const found = await tf.tidy(() => {
    const all = tf.tensor3d([...points, 0, 0, 0], [1, 6, 3]) as Tensor3D;
    return prices(network.value(tf.tensor2d(weights, [1, weights.length]) as Tensor2D, all));
  }).data();
  for (let k = 0; k < 5; k++) {
    const x = Float64Array.from(points.subarray(3 * k, 3 * k + 3));
    assertEquals(p(x, again), f(x, slope) - atZero);
    assertEquals(again, slope);
    assertAlmostEquals(found[k], p(x, again), 1e-5);
  }
  assertEquals(found[5], 0);
});

Deno.test("the layout has a place for each weight, and maps in the order that it says", () => {
  for (const [goods, layers, groups, groupSize] of [[1, 1, 1, 1], [3, 1, 4, 2], [2, 3, 5, 3]]) {
    const size = { goods, layers, groups, groupSize }, layout = groupMaxLayout(size), places = new Set<number>();
    for (let at = 0; at < layout.positiveCount; at++) places.add(at);
    for (let q = 0; q < layout.maps; q++) for (let j = 0; j <= goods; j++) places.add(layout.map(q, j));
    assertEquals(places.size, layout.count);
    assertEquals(Math.max(...places), layout.count - 1);
    assertEquals(layout.maps, layers * groups * groupSize + 1);
    for (let k = 0; k < layers; k++) {
      for (let e = 0; e < groupSize; e++) {
        for (let g = 0; g < groups; g++) {
          const q = (k * groupSize + e) * groups + g;
          for (let j = 0; j <= goods; j++) assertEquals(layout.map(q, j), layout.free(k, e) + j * groups + g);
        }
      }
    }
    // With padded rows everything is further apart, in the same order.
    const padded = groupMaxLayout(size, groups + 3);
    assertEquals(padded.positiveCount - layout.positiveCount, 3 * (layers - 1) * groupSize * groups);
    assertEquals(padded.free(0, 0), padded.positiveCount);
  }
});
