/** What changes of bundles are worth where many participants share production costs: the gradient is that of the revenue. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { bestResponses } from "../../src/kernels/best_responses/select.ts";
import { openKernels } from "../../src/kernels/select.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { meanOf } from "../../src/mechanisms/mean.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { normals } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { tensorsIn } from "../../src/runtime/gradients.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import { changeDirections, ratiosOfChanges } from "../../src/training/bundle_changes.ts";
import { followsChanges } from "../../src/training/outcome_changes.ts";
import { polishingStep } from "../../src/training/polishing.ts";
import { randomPrices } from "./random_prices.ts";

const SETTING = "U-4-2-cp1-cd0.1", N = 4, M = 2;

Deno.test("bundles: the gradient is that of the revenue, where four participants share costs", async () => {
  await openDevice({ backend: "wasm" });
  const { problem, options, rules, parameters, principalUtility: u0 } = randomPrices(SETTING, "set");
  const types = problem.distribution.sample(randomKey(8), 20_000, "validation");
  const revenuesOf = async (of: typeof parameters) => {
    const { outcomes, payments } = await menuMechanism({
      ...{ problem: problem.name, shape: rules.shape, network: options.network, parameters: of },
    }).run(Float64Array.from(types));
    return Array.from({ length: types.length / (N * M) }, (_, b) => {
      let sum = 0;
      for (let i = 0; i < N; i++) sum += payments[b * N + i];
      for (let j = 0; j < M; j++) {
        const each = Array.from({ length: N }, (_, i) => outcomes[(b * N + i) * M + j]);
        sum -= u0.productionCost * Math.max(...each) + u0.duplicationCost * each.reduce((a, x) => a + x);
      }
      return sum;
    });
  };
  const kernels = await openKernels(rules.network), on = uploadAll(parameters);
  const made = await polishingStep(problem, rules, kernels, {
    ...{ ...options, iterations: 1, polishShare: 1, polishProfiles: 20_000, initialSpread: 0.02 },
  }, { iteration: 0, parameters: on });
  const own = meanOf(await revenuesOf(parameters));
  assertAlmostEquals(made.revenue, own.mean, 6 * own.standardError);
  const step = 0.01;
  for (const name of ["output.bias", "output.slopes"]) {
    const { shape, data } = parameters[name], direction = normals(randomKey(9), data.length);
    const moved = (by: number) =>
      revenuesOf({ ...parameters, [name]: { shape, data: data.map((value, at) => value + by * direction[at]) } });
    const [more, less] = [await moved(step), await moved(-step)];
    const { mean, standardError } = meanOf(more.map((revenue, b) => -(revenue - less[b]) / (2 * step)));
    const gradient = made.gradients[name].dataSync() as Float32Array,
      found = gradient.reduce((sum, g, at) => sum + g * direction[at], 0);
    assert(Math.abs(mean) > 6 * standardError, `${name}: ${mean} shows little`);
    assertAlmostEquals(found, mean, 0.1 * Math.abs(mean) + 4 * standardError, name);
  }
  tf.dispose([...tensorsIn(on), ...tensorsIn(made.gradients), ...tensorsIn(made.gradient)]);
});

/** Points between the two types of a row that the search looks at. */
const POINTS = 200;

Deno.test("bundles: others choose at the type at which an outcome changes", async () => {
  await openDevice({ backend: "wasm" });
  const { problem, rules, parameters, mechanism, principalUtility: u0 } = randomPrices(SETTING, "set");
  const profiles = 60, spread = 0.1, types = problem.distribution.sample(randomKey(7), profiles, "training");
  const hypernetworkOf = (of: Float32Array) => rules.hostHypernetwork(parameters, of), own = hypernetworkOf(types);
  const { of: directions } = changeDirections(rules, own, types, u0);
  const both = new Float64Array(2 * types.length);
  types.forEach((t, at) => {
    const to = at + Math.floor(at / M) * M;
    both[to] = t + spread * directions[at], both[to + M] = t - spread * directions[at];
  });
  const found = bestResponses(rules.network, own, both, 2), count = profiles * N, first = 0;
  const ratios = ratiosOfChanges(rules, hypernetworkOf, types, directions, { found, first, count, spread }, u0);
  const bundle = (outcomes: Float64Array, at: number) => outcomes.subarray(at * M, (at + 1) * M);
  const same = (a: Float64Array, b: Float64Array) => a.every((x, j) => Math.abs(x - b[j]) < 1e-6);
  let changed = 0, apart = 0;
  for (let row = 0; row < count; row++) {
    const better = bundle(found.outcomes, 2 * row), worse = bundle(found.outcomes, 2 * row + 1), i = row % N;
    if (same(better, worse)) {
      assertEquals(ratios[row], 1);
      continue;
    }
    // All types between; the participant's own prices do not read them.
    const walk = Float64Array.from({ length: POINTS * N * M }, (_, at) => {
      const of = (row - i) * M + at % (N * M), s = -spread + 2 * spread * (Math.floor(at / (N * M)) + 0.5) / POINTS;
      return Math.min(1, Math.max(0, types[of] + (Math.floor(of / M) === row ? s * directions[of] : 0)));
    });
    const { outcomes } = await mechanism.run(walk);
    const ownAt = (k: number) => bundle(outcomes, k * N + i);
    const othersAt = (k: number) =>
      Array.from(
        { length: M },
        (_, j) => Math.max(...Array.from({ length: N }, (_, o) => o === i ? 0 : bundle(outcomes, k * N + o)[j])),
      );
    let at = 0;
    while (at < POINTS && same(ownAt(at), worse)) at++;
    if (at < 2 || at > POINTS - 2 || !same(ownAt(at), better) || !same(ownAt(POINTS - 1), better)) continue; // two changes
    const [before, after] = [othersAt(at - 2), othersAt(at + 1)];
    if (before.some((x, j) => Math.abs(x - after[j]) > 1e-9)) continue; // others change next to it
    let along = 0, worth = 0, asUsual = 0;
    for (let j = 0; j < M; j++) {
      const change = better[j] - worse[j], cost = (M: number) => Math.max(M, better[j]) - Math.max(M, worse[j]);
      along += change * directions[row * M + j], worth += change * (types[row * M + j] - u0.duplicationCost);
      worth -= u0.productionCost * cost(before[j]);
      asUsual += u0.productionCost * (cost(othersAt(POINTS / 2)[j]) - cost(before[j]));
    }
    assertAlmostEquals(ratios[row], Math.min(20, Math.max(-20, worth / along)), 1e-5, `row ${row}`);
    changed++;
    if (Math.abs(asUsual) > 0.05) apart++;
  }
  assert(changed > 20 && apart > 0, `${changed} rows change, ${apart} otherwise than at the type itself`);
});

Deno.test("changes of a few goods are followed with more than three participants", () => {
  const follows = (setting: string) => followsChanges(settingProblem(setting));
  assertEquals(["U-4-2-cp1-cd0", "U-5-4-cp2-cd0", "U-3-2-cp1-cd0", "U-4-5-cp1-cd0"].map(follows), [
    true,
    true,
    false,
    false,
  ]);
  assertEquals(["U-4-2-cp0-cd0.5", "B-4-2-cp1-cd0"].map(follows), [false, false]);
});
