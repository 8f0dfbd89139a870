import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bestResponse, defaultBestResponse } from "../../../src/kernels/best_responses/best_response.ts";
import type { HostFunction } from "../../../src/networks/network.ts";
import { partialGroupMax } from "../../../src/networks/partial_groupmax.ts";
import { deriveKey, randomKey } from "../../../src/random/key.ts";
import { normals, uniforms } from "../../../src/random/numbers.ts";

/** Ties cost up to 1e-8 of the payments and credits on the menu. */
const GAP = 1e-6;

function randomNetwork(goods: number, seed: number, groups = 6): HostFunction {
  const network = partialGroupMax({ goods, layers: 2, groups, groupSize: 3 });
  const key = deriveKey(randomKey(31), goods, seed), noise = normals(deriveKey(key, 1), network.weightCount);
  return network.bindOnHost(network.initialWeights(key).map((weight, j) => weight + 0.3 * noise[j]));
}

/** The best utility on a grid. */
function gridBest(f: HostFunction, type: ArrayLike<number>, steps: number): number {
  const m = type.length, gradient = new Float64Array(m), x = new Float64Array(m), none = f(x, gradient);
  let best = 0;
  for (let k = 0; k < (steps + 1) ** m; k++) {
    let utility = none;
    for (let i = 0, rest = k; i < m; i++, rest = Math.floor(rest / (steps + 1))) {
      x[i] = rest % (steps + 1) / steps;
      utility += type[i] * x[i];
    }
    best = Math.max(best, utility - f(x, gradient));
  }
  return best;
}

Deno.test("no outcome on a fine grid is better, and the best of them is not much worse", () => {
  for (const [m, steps, loss] of [[1, 5000, 1e-3], [2, 300, 2e-2], [3, 40, 2e-1]]) {
    for (let seed = 0; seed < 30; seed++) {
      const f = randomNetwork(m, seed), type = uniforms(deriveKey(randomKey(32), m, seed), m);
      const { utility, gap } = bestResponse(f, type), best = gridBest(f, type, steps);
      assert(gap <= GAP, `gap ${gap}`);
      assert(best <= utility + gap + 1e-12, `m = ${m}, seed ${seed}: ${best} on the grid, ${utility} found`);
      assert(utility <= best + loss, `m = ${m}, seed ${seed}: ${utility} found, ${best} on the grid`);
    }
  }
});

Deno.test("what is returned fits together: utility, payment and outcome, inside the box, never below zero", () => {
  for (const m of [1, 2, 5, 10, 30]) {
    for (let seed = 0; seed < 10; seed++) {
      const f = randomNetwork(m, seed, 12), type = uniforms(deriveKey(randomKey(33), m, seed), m);
      const { outcome, payment, utility, gap } = bestResponse(f, type), gradient = new Float64Array(m);
      const price = f(outcome, gradient) - f(new Float64Array(m), gradient);
      assertAlmostEquals(payment, price, 1e-12);
      assertAlmostEquals(utility, outcome.reduce((sum, x, i) => sum + x * type[i], 0) - price, 1e-12);
      assert(utility >= 0 && gap >= 0 && gap <= GAP, `utility ${utility}, gap ${gap}`);
      assert(outcome.every((x) => x >= 0 && x <= 1));
    }
  }
});

Deno.test("the optimum of a smooth f is found: f = |x - a|^2 / 2 has it at a + t, cut to the box", () => {
  for (let seed = 0; seed < 20; seed++) {
    const m = 6, a = normals(deriveKey(randomKey(34), seed), m).map((z) => 0.4 * z);
    const type = uniforms(deriveKey(randomKey(35), seed), m);
    const f: HostFunction = (x, gradient) =>
      x.reduce((sum, value, i) => sum + (gradient[i] = value - a[i]) ** 2 / 2, 0);
    const best = Float64Array.from(a, (value, i) => Math.min(1, Math.max(0, value + type[i])));
    const gradient = new Float64Array(m), none = f(new Float64Array(m), gradient);
    const expected = best.reduce((sum, x, i) => sum + x * type[i], none) - f(best, gradient);
    const { utility, gap } = bestResponse(f, type);
    assert(gap <= GAP, `gap ${gap}`);
    assertAlmostEquals(utility, expected, 2e-6);
  }
});

Deno.test("the gap is honest when evaluations run out", () => {
  let cutShort = 0;
  for (let seed = 0; seed < 40; seed++) {
    const m = 8, f = randomNetwork(m, seed, 12), type = uniforms(deriveKey(randomKey(36), seed), m);
    const exact = bestResponse(f, type), rough = bestResponse(f, type, { ...defaultBestResponse, maxEvaluations: 6 });
    assertEquals(rough.evaluations <= 6, true);
    assert(
      exact.utility - rough.utility <= rough.gap + 1e-9,
      `short by ${exact.utility - rough.utility}, ${rough.gap}`,
    );
    if (rough.gap > 1e-3) cutShort++;
  }
  assert(cutShort > 5, "no run was cut short: the test would show nothing");
});

Deno.test("ties go to the higher payment", () => {
  const linear: HostFunction = (x, gradient) => (gradient.fill(0.5), 0.5 * x[0] + 0.5 * x[1]);
  const { outcome, payment, utility } = bestResponse(linear, [0.5, 0.5]);
  assertEquals([...outcome], [1, 1]);
  assertEquals(payment, 1);
  assertEquals(utility, 0);
});

Deno.test("a participant who is offered nothing worth its price takes nothing and pays nothing", () => {
  const dear: HostFunction = (x, gradient) => (gradient.fill(2), 2 * x[0] + 7);
  const { outcome, payment, utility, gap } = bestResponse(dear, [0.9]);
  assertEquals([outcome[0], payment, utility], [0, 0, 0]);
  assert(gap <= GAP);
});
