import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { randomMechanism } from "./random_mechanism.ts";

/** Best responses are certified to this. */
const GAP = 1e-6;

Deno.test("no misreport is worth more than the truth, and nobody loses by taking part", async () => {
  for (const [n, m] of [[1, 3], [3, 2], [4, 4]]) {
    const mechanism = randomMechanism(n, m, 41), B = 25, tries = 6;
    const types = uniforms(randomKey(42), B * n * m), lies = uniforms(randomKey(43), tries * B * n * m);
    const truth = await mechanism.run(types);
    assertEquals(truth.profiles, B);
    assert(truth.utilities.every((utility) => utility >= 0), "individually rational");
    assert(truth.gaps.every((gap) => gap <= GAP));
    let changed = 0;
    for (let k = 0; k < tries; k++) {
      for (let i = 0; i < n; i++) {
        const reported = types.slice();
        for (let b = 0; b < B; b++) {
          for (let j = 0; j < m; j++) {
            const at = (b * n + i) * m + j;
            // Far lies and near ones, which are the tempting ones.
            const lie = k % 2 === 0 ? lies[k * B * n * m + at] : types[at] + 0.1 * (lies[k * B * n * m + at] - 0.5);
            reported[at] = Math.min(1, Math.max(0, lie));
          }
        }
        const result = await mechanism.run(reported);
        for (let b = 0; b < B; b++) {
          const row = b * n + i;
          let utility = -result.payments[row];
          for (let j = 0; j < m; j++) utility += types[row * m + j] * result.outcomes[row * m + j];
          const gain = utility - truth.utilities[row];
          assert(gain <= GAP, `participant ${i} of profile ${b} gains ${gain} by a lie`);
          if (result.payments[row] !== truth.payments[row]) changed++;
        }
      }
    }
    assert(changed > B, "misreports changed next to nothing: the test would show nothing");
  }
});

Deno.test(
  "results do not depend on how profiles are batched, and nested arrays are the same as flat ones",
  async () => {
    const n = 3, m = 2, mechanism = randomMechanism(n, m, 44), types = uniforms(randomKey(45), 10 * n * m);
    const all = await mechanism.run(types);
    for (let b = 0; b < 10; b++) {
      const nested = [
        Array.from({ length: n }, (_, i) => Array.from(types.subarray((b * n + i) * m, (b * n + i + 1) * m))),
      ];
      const one = await mechanism.run(nested);
      assertEquals(one.payments, all.payments.slice(b * n, (b + 1) * n));
      assertEquals(one.outcomes, all.outcomes.slice(b * n * m, (b + 1) * n * m));
    }
  },
);

Deno.test("types of the wrong shape or outside [0, 1] are named", async () => {
  const mechanism = randomMechanism(1, 2, 46);
  const cases: [unknown, string][] = [
    [[[[0.5, 1.5]]], "types[0][0][1] must be a number in [0, 1], got 1.5"],
    [[[[0.5, -0.1]]], "types[0][0][1] must be a number in [0, 1], got -0.1"],
    [[[[0.5, NaN]]], "types[0][0][1] must be a number in [0, 1], got NaN"],
    [[[[0.5]]], "types[0][0] must be a list of 2 numbers"],
    [[[[0.5, 0.5], [0.5, 0.5]]], "types[0] must be a list of 1 participant"],
    [new Float32Array(3), "the number of types must be a positive multiple of n m = 2, got 3"],
    [[], "the number of types must be a positive multiple of n m = 2, got 0"],
    [[[["a", 0]]], 'types[0][0][0] must be a number in [0, 1], got "a"'],
  ];
  for (const [types, message] of cases) {
    await assertRejects(() => mechanism.run(types as Float32Array), InvalidInputError, message);
  }
});

Deno.test("parameters that do not fit the network, or are not finite, are named", () => {
  const good = randomMechanism(2, 2, 48);
  const broken = (change: (parameters: Record<string, { shape: number[]; data: Float32Array }>) => void) => {
    const parameters = Object.fromEntries(
      Object.entries(good.parameters).map(([name, { shape, data }]) => [
        name,
        { shape: [...shape], data: Float32Array.from(data) },
      ]),
    );
    change(parameters);
    return () => menuMechanism({ problem: "", shape: good.shape, network: good.network, parameters });
  };
  assertThrows(broken((p) => delete p["output.bias"]), InvalidInputError, "output.bias must be there");
  assertThrows(broken((p) => p["output.bias"].data[3] = NaN), InvalidInputError, "output.bias must be finite, got NaN");
  assertThrows(broken((p) => p["output.bias"].shape = [1]), InvalidInputError, "output.bias must be float32 of shape");
  assertThrows(broken((p) => p.more = p["output.bias"]), InvalidInputError, "more must be one of its parameters");
});
