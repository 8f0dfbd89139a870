/** What changes of outcomes are worth where participants share production costs: against a search through all types between. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { bestResponses } from "../../src/kernels/best_responses/select.ts";
import { openKernels } from "../../src/kernels/select.ts";
import { meanOf } from "../../src/mechanisms/mean.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { tensorsIn } from "../../src/runtime/gradients.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import {
  costsOfChanges,
  followedPieces,
  followsChanges,
  outcomeChanges,
  ownTypes,
} from "../../src/training/outcome_changes.ts";
import { polishingStep } from "../../src/training/polishing.ts";
import { randomPrices } from "./random_prices.ts";

/** Points between the two types of a row that the search looks at. */
const POINTS = 400;

for (
  const [setting, context] of [["U-2-1-cp0.5-cd0", "dense"], ["U-3-1-cp0.8-cd0", "set"], [
    "U-2-1-cp0.5-cd0",
    "none",
  ]] as const
) {
  Deno.test(`others choose at the type at which an outcome changes: ${setting}, ${context}`, async () => {
    await openDevice({ backend: "wasm" });
    const { problem, rules, parameters, mechanism, principalUtility: { productionCost } } = randomPrices(
      setting,
      context,
    );
    const n = problem.participants, profiles = 120, rows = profiles * n, spread = 0.1;
    const types = problem.distribution.sample(randomKey(7), profiles, "training");
    const hypernetworkOf = (of: Float32Array) => rules.hostHypernetwork(parameters, of);
    const both = new Float64Array(2 * rows).map((_, k) => types[k >> 1] * (1 + (k % 2 === 0 ? spread : -spread)));
    const found = bestResponses(rules.network, hypernetworkOf(types), both, 2), { outcomes } = found;
    const { changes, of } = outcomeChanges(found, Float64Array.from(types), 0, 1);
    const costs = costsOfChanges(rules, hypernetworkOf, types, changes, productionCost);
    let changed = 0, apart = 0;
    for (let row = 0; row < rows; row++) {
      const [better, worse] = outcomes.subarray(2 * row, 2 * row + 2), i = row % n;
      if (Math.abs(better - worse) < 1e-6) {
        // Lotteries count at the type itself.
        if (better > 1e-6 && better < 1 - 1e-6) assertEquals(changes[of[row]].type, types[row]);
        else assertEquals(of[row], -1);
        continue;
      }
      // All types between, the participant's own prices held fast: they do not read its type.
      const types1 = Float64Array.from({ length: POINTS * n }, (_, at) => {
        const own = row - i + at % n, s = -spread + 2 * spread * (Math.floor(at / n) + 0.5) / POINTS;
        return Math.min(1, types[own] * (own === row ? 1 + s : 1));
      });
      const { outcomes: all } = await mechanism.run(types1);
      const ownAt = (k: number) => all[k * n + i];
      const othersAt = (k: number) => Math.max(...Array.from({ length: n }, (_, o) => o === i ? 0 : all[k * n + o]));
      let first = 0;
      while (first < POINTS && Math.abs(ownAt(first) - better) >= Math.abs(ownAt(first) - worse)) first++;
      if (Math.abs(ownAt(Math.max(0, first - 1)) - worse) > 1e-6) {
        // There is a lottery between: the others choose where it is passed over, at the type for which both are as good.
        const [paid, paidWorse] = found.payments.subarray(2 * row, 2 * row + 2);
        const share = (paid - paidWorse) / (better - worse) / types[row];
        first = Math.round((share - 1 + spread) / (2 * spread) * POINTS);
      }
      // Where the others change next to it, either is right.
      const near = [-2, -1, 0, 1].map((k) => othersAt(Math.min(POINTS - 1, Math.max(0, first + k))));
      if (Math.max(...near) - Math.min(...near) > 1e-9) continue;
      const cost = (M: number) => productionCost * (Math.max(M, better) - Math.max(M, worse)) / (better - worse);
      assertAlmostEquals(costs[of[row]], cost(near[0]), 1e-5, `row ${row}`);
      changed++;
      if (Math.abs(cost(othersAt(POINTS / 2)) - cost(near[0])) > 0.05) apart++;
    }
    assert(changed > 10, `only ${changed} rows change`);
    // What the others do at the type itself is not it, unless they do not read it.
    assert(context === "none" ? apart === 0 : apart > 0, `${apart} of ${changed}`);
  });
}

Deno.test("the gradient is that of the revenue, where participants share costs", async () => {
  await openDevice({ backend: "wasm" });
  const { problem, options, rules, parameters } = randomPrices("U-2-1-cp0.5-cd0", "dense");
  const side = 400, all = new Float64Array(2 * side * side);
  for (let k = 0; k < side * side; k++) all.set([(Math.floor(k / side) + 0.5) / side, (k % side + 0.5) / side], 2 * k);
  const revenueOf = async (of: typeof parameters) => {
    const { outcomes, payments } = await menuMechanism({
      ...{ problem: problem.name, shape: rules.shape, network: options.network, parameters: of },
    }).run(all);
    let sum = 0;
    for (let at = 0; at < payments.length; at += 2) {
      sum += payments[at] + payments[at + 1] - 0.5 * Math.max(outcomes[at], outcomes[at + 1]);
    }
    return sum / (side * side);
  };
  const kernels = await openKernels(rules.network), on = uploadAll(parameters);
  const made = await polishingStep(problem, rules, kernels, {
    ...{ ...options, iterations: 1, polishShare: 1, polishProfiles: 40_000, initialSpread: 0.02 },
  }, { iteration: 0, parameters: on });
  assertAlmostEquals(made.revenue, await revenueOf(parameters), 0.01);
  const step = 0.004;
  for (const name of ["output.bias", "output.weight"]) {
    const { shape, data } = parameters[name], direction = normals(randomKey(9), data.length);
    const moved = (by: number) =>
      revenueOf({ ...parameters, [name]: { shape, data: data.map((value, at) => value + by * direction[at]) } });
    const expected = -(await moved(step) - await moved(-step)) / (2 * step);
    const gradient = made.gradients[name].dataSync() as Float32Array,
      found = gradient.reduce((sum, g, at) => sum + g * direction[at], 0);
    assert(Math.abs(expected) > 0.05, `${name}: ${expected} shows little`);
    assertAlmostEquals(found, expected, 0.12 * Math.abs(expected), name);
  }
  tf.dispose([...tensorsIn(on), ...tensorsIn(made.gradients), ...tensorsIn(made.gradient)]);
});

Deno.test("prices that meet the types of several profiles have the same gradient, with less noise", async () => {
  await openDevice({ backend: "wasm" });
  const { problem, rules, parameters, principalUtility } = randomPrices("U-3-1-cp0.8-cd0", "set");
  const profiles = 256, spread = 0.02, times = 40;
  const hypernetworkOf = (types: Float32Array) => rules.hostHypernetwork(parameters, types);
  /** What all points above one half count, and revenues. */
  const measured = (draws: number) => {
    const sums: number[] = [], revenues: number[] = [];
    for (let k = 0; k < times; k++) {
      const reports = problem.distribution.sample(deriveKey(randomKey(20), k), profiles, "training");
      const made = followedPieces(rules, { hypernetworkOf, reports, spread, draws, principalUtility });
      sums.push(made.coefficients.reduce((sum, count, at) => sum + count * (made.points[at] > 0.5 ? 1 : 0), 0));
      revenues.push(made.revenue);
    }
    return { ...meanOf(sums), revenues };
  };
  const [one, several] = [1, 16].map(measured), [noise, less] = [one, several].map((of) => of.standardError ** 2);
  assert(less < noise / 3, `${less} is not far below ${noise}`);
  const error = Math.sqrt(noise + less);
  assert(Math.abs(one.mean - several.mean) < 3 * error, `${one.mean} and ${several.mean}, ${error}`);
  assert(Math.abs(one.mean) > 3 * error, `${one.mean} shows little`);
  assertEquals(several.revenues, one.revenues); // at the types themselves
});

Deno.test("prices meet several types where those of participants are independent", () => {
  const problem = settingProblem("U-3-1-cp1-cd0"), { distribution } = problem;
  assertEquals([problem, settingProblem("C-3-1-cp1-cd0")].map(ownTypes), [16, 1]);
  assertEquals(ownTypes({ ...problem, distribution: { ...distribution, independent: undefined } }), 1);
});

Deno.test("changes are followed with several participants, production costs and one good", () => {
  const follows = (setting: string) => followsChanges(settingProblem(setting));
  assertEquals(["U-3-1-cp1-cd0", "U-2-1-cp0.5-cd0", "U-3-2-cp1-cd0"].map(follows), [true, true, false]);
  assertEquals(["U-1-1-cp0.5-cd0", "U-3-1-cp0-cd0.5"].map(follows), [false, false]);
});
