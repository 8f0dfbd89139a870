/** Certificates hold in exact arithmetic, whatever is in a file; and the exact arithmetic is right. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  above,
  add,
  divide,
  exactly,
  exactSoftplus,
  multiply,
  near,
  ONE,
  subtract,
} from "../../tasks/adversaries/dyadic.ts";
import { exactBest, exactPrice, exactUtility } from "../../tasks/adversaries/exact.ts";
import { ADVERSARIES, adversary } from "../../tasks/adversaries/files.ts";
import { holdAgainst } from "../../tasks/adversaries.ts";
import { price } from "../../src/networks/price.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { symmetricGroupMax } from "../../src/networks/symmetric_groupmax.ts";
import { softplus } from "../../src/networks/softplus.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";

const SEED = randomKey(91);

Deno.test("arithmetic on dyadic numbers is exact", () => {
  for (const x of [0, 1, -0.1, 5e-324, 1e308, -(2 ** -1030), Math.PI]) assertEquals(near(exactly(x)), x);
  // 0.1 + 0.2 is not 0.3, by exactly this.
  assertEquals(near(subtract(add(exactly(0.1), exactly(0.2)), exactly(0.3))), 2 ** -55);
  assertEquals(near(subtract(add(exactly(1e300), exactly(1e-300)), exactly(1e300))), 1e-300);
  assert(above(multiply(exactly(1e200), exactly(1e200)), multiply(exactly(1e199), exactly(1e200))));
  assertAlmostEquals(near(divide(ONE, exactly(3), 100)), 1 / 3, 1e-16);
  for (const x of [-745, -80, -1, -1e-40, 0, 0.3, 20, 1000]) {
    assertAlmostEquals(near(exactSoftplus(x)) / softplus(x), 1, 1e-15, String(x));
  }
});

Deno.test("exact prices are those of 64-bit floats, and the exact best is the best on a grid", () => {
  for (let k = 0; k < 12; k++) {
    const m = 1 + k % 2, size = { goods: m, layers: 2, groups: 3, groupSize: 3 };
    const network = (k % 3 === 0 ? symmetricGroupMax : partialGroupMax)(size), key = deriveKey(SEED, k);
    const noise = normals(deriveKey(key, 1), network.weightCount);
    const raw = network.initialWeights(key).map((weight, p) => weight + 0.5 * noise[p]);
    const p = price(network.bindOnHost(raw), m),
      exact = exactPrice(network.groupMax!, raw),
      slope = new Float64Array(m);
    const type = uniforms(deriveKey(key, 2), m), utility = exactUtility(exact, type);
    const { at, value } = exactBest(utility, m), side = 40;
    assertEquals(near(utility(at).value), near(value));
    for (let j = 0; j < (side + 1) ** m; j++) {
      const x = Float64Array.from({ length: m }, (_, i) => Math.floor(j / (side + 1) ** i) % (side + 1) / side);
      const found = exact(Array.from(x, exactly));
      assertAlmostEquals(near(found.value), p(x, slope), 1e-12);
      assert(!above(utility(Array.from(x, exactly)).value, add(value, exactly(1e-200))), `case ${k}: better at ${x}`);
    }
  }
});

Deno.test("wherever a gap is certified, exact arithmetic stays within it: files made to break certificates", async () => {
  let certified = 0, others = 0, programs = 0;
  for (const [number, kind] of Object.keys(ADVERSARIES).entries()) {
    for (let k = 0; k < 3; k++) {
      const key = deriveKey(SEED, 100, number, k), file = await adversary(kind, key);
      const shown = await holdAgainst(file, deriveKey(key, 1));
      assert(shown.excess <= 0, `${kind}, ${k}: ${Deno.inspect(shown)}`);
      if (shown.certified) certified++;
      else others++;
      if (shown.program === "solved") programs++;
    }
  }
  assert(
    certified > 20 && others > 2 && programs > 20,
    `${certified}, ${others}, ${programs}: the test would show little`,
  );
});
