/** WASM best responses against plain code, in both builds and on different numbers of threads. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bestResponse, defaultBestResponse } from "../../../src/kernels/best_responses/best_response.ts";
import { type BestResponses, referenceBestResponses } from "../../../src/kernels/best_responses/reference.ts";
import { wasmBestResponses } from "../../../src/kernels/best_responses/wasm.ts";
import type { KernelBuild } from "../../../src/kernels/wasm/module.ts";
import type { ConvexNetwork } from "../../../src/networks/network.ts";
import { type HostHypernetworkOutput, hostPrices } from "../../../src/networks/hypernetwork_output.ts";
import type { PartialGroupMaxSize } from "../../../src/networks/groupmax_layout.ts";
import { partialGroupMax } from "../../../src/networks/partial_groupmax.ts";
import { groupMaxLayout } from "../../../src/networks/groupmax_layout.ts";
import { placement } from "../../../src/networks/per_good_slopes.ts";
import { groupMaxNetwork } from "../../../src/networks/symmetric_groupmax.ts";
import { deriveKey, randomKey } from "../../../src/random/key.ts";
import { normals, uniforms } from "../../../src/random/numbers.ts";
import { piecesAt } from "../../../src/training/pieces.ts";
import { setThreadCount } from "../../../src/runtime/threads.ts";

/** Ties cost up to 1e-8 of the payments and credits on the menu. */
const GAP = 1e-6;

/** One shape of everything: m, K, G, E, H (0 without a context), R, T, and Hl of slopes per good. */
type Case = readonly [m: number, K: number, G: number, E: number, H: number, R: number, T: number, Hl?: number];

/** Cases without a context of symmetric networks. */
const SYMMETRIC: readonly Case[] = [[1, 1, 1, 1, 0, 9, 1], [10, 2, 8, 4, 0, 30, 1], [7, 3, 5, 3, 0, 6, 2], [
  30,
  1,
  9,
  2,
  0,
  5,
  1,
]];

const CASES: readonly Case[] = [
  ...[[1, 1, 1, 1, 0, 9, 1], [2, 2, 8, 4, 0, 30, 1], [3, 1, 9, 3, 0, 10, 2], [10, 2, 32, 4, 0, 11, 1]] as Case[],
  ...[[1, 1, 1, 2, 1, 1, 1], [2, 2, 8, 4, 64, 13, 1], [2, 3, 5, 2, 3, 7, 4], [4, 2, 6, 5, 8, 12, 3]] as Case[],
  ...[[7, 3, 11, 1, 5, 6, 2], [10, 2, 32, 4, 64, 7, 1], [30, 2, 32, 4, 9, 3, 1], [30, 3, 13, 3, 0, 4, 1]] as Case[],
  ...[[1, 1, 1, 1, 1, 9, 1, 1], [2, 2, 8, 4, 16, 30, 1, 16], [3, 1, 9, 3, 5, 10, 2, 7]] as Case[],
  ...[[10, 2, 32, 4, 16, 11, 1, 16], [7, 3, 11, 5, 3, 6, 2, 20], [13, 2, 6, 2, 4, 7, 1, 3]] as Case[],
];

interface Inputs {
  readonly network: ConvexNetwork;
  readonly hypernetwork: HostHypernetworkOutput;
  readonly types: Float64Array;
  readonly perRow: number;
}

function inputs([goods, layers, groups, groupSize, H, R, T, width = 0]: Case, sumsOfLargest?: true): Inputs {
  const network = groupMaxNetwork({ goods, layers, groups, groupSize, sumsOfLargest }), P = network.weightCount;
  const key = deriveKey(randomKey(51), goods, layers, groups, groupSize, H), noise = normals(deriveKey(key, 0), P);
  const bias = network.initialWeights(deriveKey(key, 1)).map((weight, j) => weight + 0.3 * noise[j]);
  const types = Float64Array.from(uniforms(deriveKey(key, 2), R * T * goods), (t) => 1.1 * t - 0.05);
  if (H === 0) return { network, hypernetwork: { bias }, types, perRow: T };
  const hidden = Float64Array.from(normals(deriveKey(key, 3), R * H), (z) => Math.max(0, z + 1e-9));
  const layout = groupMaxLayout({ goods, layers, groups, groupSize }), { maps } = layout;
  const D = width > 0 ? P - goods * maps : P;
  const weight = normals(deriveKey(key, 4), H * D).map((z) => 0.3 * z / Math.sqrt(H));
  const perGood = width === 0 ? undefined : {
    hidden: Float64Array.from(normals(deriveKey(key, 5), R * goods * width), (z) => Math.max(0, z + 1e-9)),
    weight: normals(deriveKey(key, 6), width * maps).map((z) => 0.3 * z / Math.sqrt(width)),
    ...{ placement: placement(layout, goods), goods, width },
  };
  return { network, hypernetwork: { hidden, weight, bias, perGood }, types, perRow: T };
}

/** A hypernetwork whose rows of raw weights are given, each in 64-bit floats. */
function outputOf(rows: readonly (readonly number[])[]): HostHypernetworkOutput {
  const P = rows[0].length, weight = new Float32Array(P * P);
  for (let p = 0; p < P; p++) weight[p * P + p] = 1;
  return { hidden: Float64Array.from(rows.flat()), weight, bias: new Float32Array(P) };
}

/** Outcome, payment and utility fit together, and no random point is better than utility + gap. */
function checkCertificates({ network, hypernetwork, types, perRow }: Inputs, found: BestResponses, name: string): void {
  const m = network.goods, functions = hostPrices(network, hypernetwork), gradient = new Float64Array(m);
  const tries = 100, points = uniforms(deriveKey(randomKey(52), m), tries * m), zero = new Float64Array(m);
  for (let k = 0; k < types.length / m; k++) {
    const f = functions(Math.floor(k / perRow)),
      none = f(zero, gradient),
      at = (x: Float64Array) => f(x, gradient) - none;
    const worth = (x: Float64Array) => x.reduce((sum, value, i) => sum + value * types[k * m + i], 0);
    const outcome = found.outcomes.slice(k * m, (k + 1) * m);
    assert(outcome.every((x) => x >= 0 && x <= 1), name);
    assertAlmostEquals(found.payments[k], at(outcome), 1e-12, name);
    assertAlmostEquals(found.utilities[k], Math.max(0, worth(outcome) - found.payments[k]), 1e-12, name);
    for (let j = 0; j < tries; j++) {
      // Everywhere in the box, and near the outcome.
      const share = j % 2 === 0 ? 1 : 0.05;
      const x = outcome.map((value, i) => value + share * (points[j * m + i] - value));
      const best = found.utilities[k] + found.gaps[k] + 1e-12;
      assert(worth(x) - at(x) <= best, `${name}: ${worth(x) - at(x)} at a random point, at most ${best} certified`);
    }
  }
}

function assertClose(a: Float64Array, b: Float64Array, tolerance: number, name: string): void {
  assertEquals(a.length, b.length);
  a.forEach((value, k) => assertAlmostEquals(value, b[k], tolerance, `${name}, ${k}`));
}

for (const build of ["relaxed", "plain"] as KernelBuild[]) {
  for (const [k, one] of [...CASES, ...SYMMETRIC].entries()) {
    const sumsOfLargest = k < CASES.length ? undefined : true;
    const name = `${build}, ${sumsOfLargest ? "symmetric, " : ""}[m, K, G, E, H, R, T] = [${one}]`;
    Deno.test(`WASM best responses are those of plain code: ${name}`, () => {
      const given = inputs(one, sumsOfLargest), { network, hypernetwork, types, perRow } = given;
      const found = wasmBestResponses(network, hypernetwork, types, perRow, undefined, { build });
      const expected = referenceBestResponses(network, hypernetwork, types, perRow);
      assertClose(found.utilities, expected.utilities, 1e-9, name);
      assert(found.gaps.every((gap) => gap >= 0 && gap <= GAP), `${name}: gaps ${found.gaps}`);
      checkCertificates(given, found, name);
    });
  }
}

Deno.test("supports are the linear pieces that meet at a best response, weighted so that nothing is better", () => {
  const options = { ...defaultBestResponse, supports: true };
  let lotteries = 0, responses = 0, wrong = 0;
  for (const one of CASES) {
    const { network, hypernetwork, types, perRow } = inputs(one), m = network.goods;
    const plain = referenceBestResponses(network, hypernetwork, types, perRow, options);
    const none = wasmBestResponses(network, hypernetwork, types, perRow);
    assertEquals(none.supports, undefined);
    const wasm = wasmBestResponses(network, hypernetwork, types, perRow, options);
    assertClose(wasm.utilities, none.utilities, 1e-9, `${one}`);
    assert(wasm.gaps.every((gap) => gap >= 0 && gap <= GAP), `${one}: gaps ${wasm.gaps}`);
    const functions = hostPrices(network, hypernetwork), slope = new Float64Array(m);
    for (const found of [wasm, plain]) {
      for (let k = 0; k < types.length / m; k++) {
        const f = functions(Math.floor(k / perRow)), mean = new Float64Array(m);
        const weights = found.supports!.weights.subarray(k * (m + 1), (k + 1) * (m + 1));
        assert(weights.every((weight) => weight >= 0), `${one}: ${weights}`);
        assertAlmostEquals(weights.reduce((sum, weight) => sum + weight), 1, 1e-9);
        for (const { weight, point } of piecesAt(found, k, m, m + 1)) {
          f(point, slope);
          slope.forEach((s, i) => mean[i] += weight * s);
        }
        let most = 0;
        for (let i = 0; i < m; i++) {
          const x = found.outcomes[k * m + i], gain = types[k * m + i] - mean[i];
          // At a best response no coordinate can gain: what is inside the box has a slope of 0.
          if (x > 1e-9) most = Math.max(most, -gain);
          if (x < 1 - 1e-9) most = Math.max(most, gain);
          if (x > 1e-9 && x < 1 - 1e-9) lotteries++;
        }
        responses++;
        if (most > 1e-2) wrong++;
      }
    }
  }
  // Points at which pieces are known may be where several meet, too, of which one is taken by chance.
  assert(wrong < 0.06 * responses, `${wrong} of ${responses}`);
  assert(lotteries > 50, `only ${lotteries} coordinates inside the box: the test would show little`);
});

Deno.test("WASM best responses have the same bits on any number of threads", () => {
  try {
    for (const one of CASES.slice(0, 9)) {
      const { network, hypernetwork, types, perRow } = inputs(one);
      const results = [1, 2, 5].map((threads) => {
        setThreadCount(threads);
        return wasmBestResponses(network, hypernetwork, types, perRow);
      });
      for (const other of results.slice(1)) assertEquals(other, results[0], String(one));
    }
  } finally {
    setThreadCount(undefined);
  }
});

Deno.test("WASM best responses: ties go to the higher payment, and what is too dear is not taken", () => {
  // f = a x_1 + a x_2 for a = 0.5 and a = 2; the raw weights of everything else are 0.
  const network = partialGroupMax({ goods: 2, layers: 1, groups: 1, groupSize: 1 });
  const hypernetwork = outputOf([0.5, 2].map((a) => [0, 0, 0, 0, a, a, 0]));
  const { outcomes, payments, utilities } = wasmBestResponses(network, hypernetwork, new Float32Array(4).fill(0.5), 1);
  assertEquals([...outcomes], [1, 1, 0, 0]);
  assertEquals([...payments], [1, 0]);
  assertEquals([...utilities], [0, 0]);
});

Deno.test("WASM best responses end where evaluations run out, with honest gaps", () => {
  let cutShort = 0;
  for (const one of CASES) {
    const given = inputs(one), { network, hypernetwork, types, perRow } = given;
    const exact = wasmBestResponses(network, hypernetwork, types, perRow);
    for (const maxEvaluations of [1, 2, 6]) {
      const options = { ...defaultBestResponse, maxEvaluations };
      const rough = wasmBestResponses(network, hypernetwork, types, perRow, options);
      const expected = referenceBestResponses(network, hypernetwork, types, perRow, options);
      assert(rough.evaluations.every((count) => count <= maxEvaluations));
      assertClose(rough.utilities, expected.utilities, 1e-6, `${one}`);
      checkCertificates(given, rough, `${one}`);
      rough.gaps.forEach((gap, k) => {
        assert(exact.utilities[k] - rough.utilities[k] <= gap + 1e-9);
        if (gap > 1e-3) cutShort++;
      });
    }
  }
  assert(cutShort > 50, "next to no run was cut short: the test would show nothing");
});

Deno.test("WASM best responses are the same where cuts are dropped, and certified", () => {
  let dropped = 0;
  for (const one of CASES) {
    const given = inputs(one), { network, hypernetwork, types, perRow } = given, m = network.goods;
    const expected = wasmBestResponses(network, hypernetwork, types, perRow);
    const found = wasmBestResponses(network, hypernetwork, types, perRow, defaultBestResponse, { mostCuts: m + 3 });
    assertClose(found.utilities, expected.utilities, 1e-9, `${one}`);
    assert(found.gaps.every((gap) => gap <= GAP), `${one}: gaps ${found.gaps}`);
    checkCertificates(given, found, `${one}`);
    dropped += found.evaluations.filter((count) => count > m + 3).length;
  }
  assert(dropped > 50, `only ${dropped} best responses dropped cuts: the test would show nothing`);
});

Deno.test("WASM best responses in many chunks are those of one", () => {
  const network = partialGroupMax({ goods: 1, layers: 1, groups: 1, groupSize: 1 }), rows = 400_000;
  const bias = Float32Array.from([0, 0.4, 0, 0.1, 0]), types = uniforms(randomKey(53), rows);
  const f = network.bindOnHost(bias), options = { ...defaultBestResponse, maxEvaluations: 3 };
  const { utilities } = wasmBestResponses(network, { bias }, types, 1, options);
  for (let k = 0; k < rows; k += 997) {
    const expected = bestResponse(f, types.subarray(k, k + 1), options).utility;
    assertAlmostEquals(utilities[k], expected, 1e-12, `row ${k}`);
  }
});

for (const build of ["relaxed", "plain"] as KernelBuild[]) {
  Deno.test(`WASM softplus, ${build}: to 1e-15 of its value from 1e-30 to 500`, () => {
    // f = softplus(w) s x on [0, 1], with s a power of two that makes it cheap enough to be bought.
    const size: PartialGroupMaxSize = { goods: 1, layers: 1, groups: 1, groupSize: 1 };
    const count = 20_000, raw: number[] = [], scale: number[] = [];
    for (let k = 0; k < count; k++) {
      // Dense around 0, then towards both ends; next to the places where other formulas take over, too.
      const t = 2 * (k + 0.5) / count - 1;
      raw.push(k % 2 === 0 ? 3 * t : t < 0 ? 69 * t : 500 * t);
      scale.push(2 ** -Math.max(0, Math.ceil(Math.log2(Math.max(1, raw[k] + 1)))));
    }
    const hypernetwork = outputOf(raw.map((w, k) => [w, scale[k], 0, 0, 0]));
    const { outcomes, payments } = wasmBestResponses(
      partialGroupMax(size),
      hypernetwork,
      new Float64Array(count).fill(2),
      1,
      undefined,
      { build },
    );
    let worst = 0;
    for (let k = 0; k < count; k++) {
      const w = raw[k], y = Math.exp(-Math.abs(w)), expected = Math.log1p(y) + Math.max(0, w);
      assertAlmostEquals(outcomes[k], 1, 1e-15);
      worst = Math.max(worst, Math.abs(payments[k] / (scale[k] * outcomes[k]) / expected - 1));
    }
    assert(worst <= 1e-15, `relative error ${worst}`);
  });
}
