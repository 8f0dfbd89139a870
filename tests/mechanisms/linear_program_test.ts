import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError, MachineError } from "../../src/errors.ts";
import { bestResponse } from "../../src/kernels/best_responses/best_response.ts";
import type { ProgramBasis } from "../../src/mechanisms/exact_best_response.ts";
import { exactBestResponses, solveBestResponse } from "../../src/mechanisms/linear_program.ts";
import { supportBelow, utilityBound } from "../../src/mechanisms/linear_program/certificate.ts";
import { affineMaps } from "../../src/mechanisms/linear_program/program.ts";
import { forward } from "../../src/networks/reparameterisation.ts";
import { groupMaxNetwork } from "../../src/networks/symmetric_groupmax.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { certify, MOST_DIFFERENCE, MOST_GAP, randomCase } from "../../tasks/certify.ts";

const SEED = randomKey(71);

Deno.test("linear programs and cutting planes find the same utility, and the programs prove it", async () => {
  for (let k = 0; k < 200; k++) {
    const one = randomCase(deriveKey(SEED, 0, k)), { difference, gap } = await certify(one);
    const name = `case ${k}, ${JSON.stringify(one.size)}`;
    assert(difference <= MOST_DIFFERENCE, `${name}: utilities differ by ${difference}`);
    assert(gap <= MOST_GAP, `${name}: the duality gap is ${gap}`);
  }
});

Deno.test("what is returned fits together, and no random outcome is better than the bound", async () => {
  for (let k = 0; k < 40; k++) {
    const { size, weights, type } = randomCase(deriveKey(SEED, 1, k)), m = size.goods, gradient = new Float64Array(m);
    const f = groupMaxNetwork(size).bindOnHost(weights), atZero = f(new Float64Array(m), gradient);
    const worth = (x: ArrayLike<number>) => type.reduce((sum, value, j) => sum + value * x[j], 0);
    const { outcome, payment, utility, bound, gap, leastPayment } = await solveBestResponse(size, weights, type);
    assert(outcome.every((x) => x >= 0 && x <= 1));
    assertAlmostEquals(payment, f(outcome, gradient) - atZero, 1e-12);
    assertAlmostEquals(utility, worth(outcome) - payment, 1e-12);
    assertAlmostEquals(gap, Math.max(0, bound - utility), 1e-15);
    assert(utility >= 0 && leastPayment <= payment);
    for (let j = 0; j < 200; j++) {
      // Everywhere in the box, and near the outcome.
      const draw = uniforms(deriveKey(SEED, 2, k, j), m), share = j % 2 === 0 ? 1 : 0.05;
      const x = outcome.map((value, i) => value + share * (draw[i] - value));
      assert(worth(x) - f(x, gradient) + atZero <= bound + 1e-12, `case ${k}: a random outcome is above the bound`);
    }
  }
});

Deno.test("a certificate does not depend on the solver: any multipliers give a function below the price", () => {
  let loose = 0;
  for (let k = 0; k < 60; k++) {
    const { size, weights, type: drawn } = randomCase(deriveKey(SEED, 3, k)), m = size.goods;
    // A symmetric f has affine maps where goods are in order.
    const { sumsOfLargest: symmetric } = size, inOrder = (x: Float32Array) => symmetric ? x.sort().reverse() : x;
    const type = inOrder(drawn.slice());
    const network = groupMaxNetwork(size), f = network.bindOnHost(weights);
    const maps = affineMaps(size, forward(network.groupMax!.weights(), weights, new Float64Array(weights.length)));
    const multipliers = Float64Array.from(normals(deriveKey(SEED, 4, k), maps.offset.length));
    if (k % 3 === 0) multipliers.fill(0);
    if (k % 3 === 1) multipliers[0] = NaN;
    const support = supportBelow(maps, multipliers), gradient = new Float64Array(m);
    const none = f(new Float64Array(m), gradient);
    for (let j = 0; j < 100; j++) {
      const x = Float64Array.from(inOrder(uniforms(deriveKey(SEED, 5, k, j), m))), value = f(x, gradient) - none;
      const below = support.slope.reduce((sum, slope, i) => sum + slope * x[i], support.constant);
      assert(below <= value + 1e-10 * (1 + Math.abs(value)), `case ${k}: ${below} is not below p = ${value}`);
    }
    const best = bestResponse(f, type).utility, bound = utilityBound(maps, support, type);
    assert(best <= bound + 1e-9);
    if (bound > best + 1e-3) loose++;
  }
  assert(loose > 20, "random multipliers are nearly optimal: the test would show nothing");
});

Deno.test("a warm start changes nothing but the time", async () => {
  const { size, weights } = randomCase(deriveKey(SEED, 6)), m = size.goods;
  const responses = await exactBestResponses(size, weights);
  let warm: ProgramBasis | undefined;
  for (let k = 0; k < 30; k++) {
    const type = uniforms(deriveKey(SEED, 7, k), m), cold = responses.solve(type);
    const found = responses.solve(type, { warm });
    assertAlmostEquals(found.utility, cold.utility, 1e-9);
    assertAlmostEquals(found.payment, cold.payment, 1e-6);
    assert(found.gap <= MOST_GAP);
    warm = found.basis;
  }
  responses.dispose();
  // From the basis of one rule to the next, which is not far.
  const noise = normals(deriveKey(SEED, 8), weights.length), type = uniforms(deriveKey(SEED, 9), m);
  const near = weights.map((weight, j) => weight + 0.05 * noise[j]);
  const cold = await solveBestResponse(size, near, type), found = await solveBestResponse(size, near, type, { warm });
  assertAlmostEquals(found.utility, cold.utility, 1e-9);
  assert(found.gap <= MOST_GAP);
});

/** Raw weights of f = <a, x>. */
const linear = (a: readonly number[]) => Float64Array.from([0, ...a.map(() => 0), 0, ...a, 0]);

Deno.test("ties go to the highest payment, and are reported", async () => {
  const size = { goods: 3, layers: 1, groups: 1, groupSize: 1 }, type = [0.25, 0.5, 0.75];
  const equal = await solveBestResponse(size, linear(type), type);
  assertEquals([[...equal.outcome], equal.payment, equal.utility], [[1, 1, 1], 1.5, 0]);
  assertEquals([equal.tied, equal.leastPayment], [true, 0]);
  // Only the second good is a tie.
  const second = await solveBestResponse(size, linear([0.125, 0.5, 1]), type);
  assertEquals([[...second.outcome], second.payment, second.utility], [[1, 1, 0], 0.625, 0.125]);
  assertEquals([second.tied, second.leastPayment], [true, 0.125]);
  const none = await solveBestResponse(size, linear([0.125, 0.25, 1]), type);
  assertEquals([[...none.outcome], none.payment, none.tied], [[1, 1, 0], 0.375, false]);
  const dear = await solveBestResponse(size, linear([2, 2, 2]), type);
  assertEquals([[...dear.outcome], dear.payment, dear.utility, dear.tied], [[0, 0, 0], 0, 0, false]);
});

Deno.test("ties of a random rule at its own slope cost at most 1e-9 of utility", async () => {
  let ties = 0;
  for (let k = 0; k < 60; k++) {
    const { size, weights } = randomCase(deriveKey(SEED, 10, k)), m = size.goods, slope = new Float64Array(m);
    const f = groupMaxNetwork(size).bindOnHost(weights);
    f(new Float64Array(m).fill(0.5), slope); // a type for which everything on this piece of f is equally good
    const { tied, payment, leastPayment, gap, utility } = await solveBestResponse(size, weights, slope);
    assert(gap <= 1.1e-9, `case ${k}: ${gap}`);
    assertAlmostEquals(utility, bestResponse(f, slope).utility, 1e-7);
    if (!tied) continue;
    ties++;
    assert(payment > leastPayment);
  }
  assert(ties > 20, `only ${ties} ties: the test would show nothing`);
});

Deno.test("what does not fit together is refused", async () => {
  const size = { goods: 2, layers: 1, groups: 1, groupSize: 1 }, weights = linear([0.5, 0.5]);
  await assertRejects(
    () => exactBestResponses(size, weights.slice(1)),
    InvalidInputError,
    "must be 7 finite numbers, got 6",
  );
  await assertRejects(() => exactBestResponses(size, weights.fill(NaN, 0, 1)), InvalidInputError, "finite");
  await assertRejects(() => exactBestResponses({ ...size, groups: 0 }, weights), InvalidInputError, "groups");
  await assertRejects(
    () => exactBestResponses(size, linear([0.5, 0.5]).fill(1e16, 1, 2)),
    MachineError,
    "HiGHS failed",
  );
  const responses = await exactBestResponses(size, linear([0.5, 0.5]));
  assertThrows(() => responses.solve([0.5]), InvalidInputError, "must be 2 numbers, got 1");
  assertThrows(() => responses.solve([0.5, NaN]), InvalidInputError, "type[1]");
  responses.dispose();
});
