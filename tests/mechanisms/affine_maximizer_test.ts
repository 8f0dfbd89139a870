import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { affineMaximizer as maximizerOf, unitSupply } from "../../src/kernels/best_responses/affine_maximum.ts";
import { type AffineMaximizer, affineMaximizer } from "../../src/mechanisms/affine_maximizer.ts";
import { bindBoost, boosts, type BoostShape, type BoostSize, termInputs } from "../../src/networks/boost.ts";
import { groupMaxLayout } from "../../src/networks/groupmax_layout.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import type { HostTensor } from "../../src/runtime/host_tensor.ts";

const JOINT: BoostSize = { kind: "joint", layers: 1, groups: 2, groupSize: 2 };

/** f(x) = slope sum_ij x_ij. */
function linearBoost(participants: number, goods: number, slope: number): AffineMaximizer {
  const shape = { participants, goods, exchangeable: false, exchangeableGoods: false }, boost = JOINT;
  const parameters = boosts(shape, boost).initialParameters(randomKey(0));
  const layout = groupMaxLayout({ ...JOINT, goods: participants * goods }), { data } = parameters.joint;
  data.fill(0, layout.positiveCount).fill(slope, layout.outFree, layout.outFree + participants * goods);
  return affineMaximizer({ problem: "linear", shape, boost, parameters });
}

/** Boosts of all kinds, with random parameters. */
const CASES: readonly (readonly [BoostShape, BoostSize])[] = [
  [{ participants: 1, goods: 2, exchangeable: true, exchangeableGoods: true }, {
    kind: "separate",
    layers: 1,
    groups: 4,
    groupSize: 3,
  }],
  [{ participants: 2, goods: 2, exchangeable: true, exchangeableGoods: true }, {
    kind: "separate",
    layers: 2,
    groups: 4,
    groupSize: 3,
  }],
  [{ participants: 3, goods: 2, exchangeable: false, exchangeableGoods: false }, {
    kind: "separate",
    layers: 1,
    groups: 3,
    groupSize: 3,
  }],
  [{ participants: 2, goods: 3, exchangeable: false, exchangeableGoods: false }, {
    kind: "joint",
    layers: 2,
    groups: 5,
    groupSize: 3,
  }],
];

function randomParameters(shape: BoostShape, size: BoostSize, key: RandomKey): Record<string, HostTensor> {
  const parameters = boosts(shape, size).initialParameters(key);
  Object.values(parameters).forEach(({ data }, at) => {
    normals(deriveKey(key, at), data.length).forEach((z, k) => data[k] += 0.3 * z);
  });
  if (shape.exchangeable) parameters.weights.data.fill(0);
  return parameters;
}

Deno.test("without a boost the mechanism is VCG", async () => {
  const n = 3, m = 2, types = uniforms(randomKey(1), 50 * n * m);
  const { outcomes, payments } = await linearBoost(n, m, 0).run(types);
  for (let b = 0; b < 50; b++) {
    const expected = new Float64Array(n);
    for (let j = 0; j < m; j++) {
      const order = [0, 1, 2].sort((i, k) => types[b * 6 + k * m + j] - types[b * 6 + i * m + j]);
      assertAlmostEquals(outcomes[b * 6 + order[0] * m + j], 1, 1e-12);
      expected[order[0]] += types[b * 6 + order[1] * m + j];
    }
    for (let i = 0; i < n; i++) assertAlmostEquals(payments[b * n + i], expected[i], 1e-9);
  }
});

Deno.test("with a slope of 1/2 and one good the mechanism is Myerson's for uniform types", async () => {
  const n = 3, types = uniforms(randomKey(2), 200 * n), { payments } = await linearBoost(n, 1, 0.5).run(types);
  for (let b = 0; b < 200; b++) {
    const [second, first] = [...types.subarray(b * n, (b + 1) * n)].sort((x, y) => x - y).slice(1);
    const revenue = payments.subarray(b * n, (b + 1) * n).reduce((sum, payment) => sum + payment, 0);
    assertAlmostEquals(revenue, first > 0.5 ? Math.max(0.5, second) : 0, 1e-9);
  }
});

CASES.forEach(([shape, boost], at) => {
  const { participants: n, goods: m } = shape, name = `${boost.kind}, n = ${n}, m = ${m}`;

  Deno.test(`maxima are right (${name})`, () => {
    const family = boosts(shape, boost), terms = bindBoost(family, randomParameters(shape, boost, randomKey(at)));
    const maximizer = maximizerOf(terms, unitSupply(n, m)), N = n * m;
    const value = (linear: ArrayLike<number>, x: Float64Array): number => {
      let sum = 0;
      for (let c = 0; c < N; c++) sum += linear[c] * x[c];
      for (const { price, inputOf, inputs } of terms) {
        const y = new Float64Array(inputs);
        termInputs(x, inputOf, y);
        sum -= price(y, new Float64Array(inputs));
      }
      return sum;
    };
    for (let k = 0; k < 20; k++) {
      const linear = uniforms(deriveKey(randomKey(3), at, k), N), found = maximizer.maximize(linear);
      assert(found.gap < 1e-9, `gap ${found.gap}`);
      assertAlmostEquals(found.value, value(linear, found.outcome), 1e-12);
      for (let j = 0; j < m; j++) {
        let sold = 0;
        for (let i = 0; i < n; i++) sold += found.outcome[i * m + j];
        assert(sold <= 1 + 1e-15);
      }
      assert(found.outcome.every((x) => x >= 0));
      const draws = uniforms(deriveKey(randomKey(4), at, k), 200 * (N + m));
      for (let s = 0; s < 200; s++) {
        const x = new Float64Array(N), own = draws.subarray(s * (N + m), (s + 1) * (N + m));
        for (let j = 0; j < m; j++) {
          let sum = -Math.log(own[N + j] + 1e-9);
          for (let i = 0; i < n; i++) sum += x[i * m + j] = Math.max(0, -Math.log(own[i * m + j] + 1e-9) - 1);
          for (let i = 0; i < n; i++) x[i * m + j] /= sum;
        }
        assert(value(linear, x) <= found.value + found.gap);
      }
    }
  });

  Deno.test(`nobody gains by a lie or loses by taking part (${name})`, async () => {
    const mechanism = affineMaximizer({
      ...{ problem: "random", shape, boost },
      parameters: randomParameters(shape, boost, randomKey(10 + at)),
    });
    const profiles = 6, lies = 60, types = uniforms(deriveKey(randomKey(5), at), profiles * n * m);
    const truth = await mechanism.run(types);
    assert(truth.gaps.every((gap) => gap < 1e-8));
    for (let b = 0; b < profiles; b++) {
      for (let i = 0; i < n; i++) {
        const own = types.subarray((b * n + i) * m, (b * n + i + 1) * m), utility = truth.utilities[b * n + i];
        assert(utility >= -1e-9);
        const reported = new Float32Array(lies * n * m), drawn = uniforms(deriveKey(randomKey(6), at, b, i), lies * m);
        for (let k = 0; k < lies; k++) {
          reported.set(types.subarray(b * n * m, (b + 1) * n * m), k * n * m);
          reported.set(drawn.subarray(k * m, (k + 1) * m), (k * n + i) * m);
        }
        const lied = await mechanism.run(reported);
        for (let k = 0; k < lies; k++) {
          let gain = -lied.payments[k * n + i];
          for (let j = 0; j < m; j++) gain += own[j] * lied.outcomes[(k * n + i) * m + j];
          assert(gain <= utility + 1e-9, `lie ${k} of ${i}: ${gain} > ${utility}`);
        }
      }
    }
  });
});

Deno.test("a boost of exchangeable participants and goods does not depend on which is which", async () => {
  const [shape, boost] = CASES[1], parameters = randomParameters(shape, boost, randomKey(20));
  const mechanism = affineMaximizer({ problem: "symmetric", shape, boost, parameters });
  const types = uniforms(randomKey(21), 40), swapped = types.map((_, at) => types[at ^ 2]); // participants
  const other = types.map((_, at) => types[at ^ 1]); // goods
  const [a, b, c] = await Promise.all([types, swapped, other].map((some) => mechanism.run(some)));
  for (let row = 0; row < 20; row++) {
    assertAlmostEquals(a.payments[row], b.payments[row ^ 1], 1e-9);
    assertAlmostEquals(a.payments[row], c.payments[row], 1e-9);
  }
});

Deno.test("a profile's result does not depend on those before it", async () => {
  const [shape, boost] = CASES[3];
  const mechanism = affineMaximizer({
    ...{ problem: "alone", shape, boost },
    parameters: randomParameters(shape, boost, randomKey(30)),
  });
  const types = uniforms(randomKey(31), 5 * 6), all = await mechanism.run(types);
  const last = await mechanism.run(types.subarray(24));
  assertEquals(last.payments, all.payments.slice(8));
});

Deno.test("what cannot be a mechanism is refused", async () => {
  const [shape, boost] = CASES[1], parameters = randomParameters(shape, boost, randomKey(40));
  const make = (changed: Record<string, HostTensor>) => () =>
    affineMaximizer({ problem: "wrong", shape, boost, parameters: { ...parameters, ...changed } });
  assertThrows(make({ sold: { shape: [1, 1], data: new Float32Array(1) } }), InvalidInputError, "sold");
  assertThrows(make({ other: parameters.sold }), InvalidInputError, "other must be one of its parameters");
  const bad = { ...parameters.sold, data: parameters.sold.data.slice().fill(NaN) };
  assertThrows(make({ sold: bad }), InvalidInputError, "finite");
  const kind = "both" as "joint";
  assertThrows(() => boosts(shape, { ...boost, kind }), InvalidInputError, 'one of separate, joint, got "both"');
  await assertRejects(() => make({})().run([[[2, 0], [0, 0]]]), InvalidInputError, "types[0][0][0]");
});

CASES.forEach(([shape, boost], at) => {
  Deno.test(`everybody chooses from a menu of convex prices (${boost.kind}, n = ${shape.participants})`, async () => {
    const { participants: n, goods: m } = shape, key = deriveKey(randomKey(50), at);
    const parameters = randomParameters(shape, boost, key);
    const mechanism = affineMaximizer({ problem: "menu", shape, boost, parameters });
    const types = uniforms(key, 3 * n * m), { outcomes, payments, utilities } = await mechanism.run(types);
    // What is taken costs what is paid, and nothing else on the menu is better.
    const charged = await mechanism.prices(types, outcomes), tried = 20;
    charged.forEach((price, row) => assertAlmostEquals(price, payments[row], 1e-9));
    const drawn = Float64Array.from(uniforms(deriveKey(key, 1), 3 * n * tried * m));
    const prices = await mechanism.prices(types, drawn);
    for (let k = 0; k < prices.length; k++) {
      const row = Math.floor(k / tried);
      let utility = -prices[k];
      for (let j = 0; j < m; j++) utility += types[row * m + j] * drawn[k * m + j];
      assert(utility <= utilities[row] + 1e-9);
    }
    // Convex along segments.
    const middle = drawn.slice();
    for (let k = 0; k + 2 < prices.length; k += 3) {
      if (Math.floor(k / tried) !== Math.floor((k + 2) / tried)) continue;
      for (let j = 0; j < m; j++) middle[(k + 2) * m + j] = (drawn[k * m + j] + drawn[(k + 1) * m + j]) / 2;
    }
    const again = await mechanism.prices(types, middle);
    for (let k = 0; k + 2 < prices.length; k += 3) {
      if (Math.floor(k / tried) !== Math.floor((k + 2) / tried)) continue;
      assert(again[k + 2] <= (again[k] + again[k + 1]) / 2 + 1e-9);
    }
    const own = types.slice(), swapped = own.map((type, c) => c < m ? 1 - type : type); // participant 1 of profile 1
    const other = await mechanism.prices(swapped, drawn);
    for (let k = 0; k < tried; k++) assertAlmostEquals(other[k], prices[k], 1e-9);
  });
});
