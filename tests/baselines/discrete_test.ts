/** TEDI-Discrete: menus of outcomes at the prices of a pricing rule. */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Tensor, tf } from "../../src/deps/tfjs.ts";
import { takeBestConvex } from "../../src/baselines/best_option.ts";
import { type Discrete, discrete, discreteNetworks } from "../../src/baselines/discrete.ts";
import { discreteObjective, trainDiscrete } from "../../src/baselines/discrete_training.ts";
import { takeBest } from "../../src/baselines/menu_net.ts";
import { emptyResult } from "../../src/baselines/profile_by_profile.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { openKernels } from "../../src/kernels/select.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { price } from "../../src/networks/price.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import { forEachDevice } from "../devices.ts";

const NETWORK = { layers: 2, groups: 3, groupSize: 2, hidden: [5] };

/** A mechanism with random parameters, far from any start of training. */
function random(participants: number, goods: number, menuSize: number, seed: number): Discrete {
  const shape = { participants, goods, exchangeable: true };
  const { parameterShapes } = discreteNetworks(shape, NETWORK, menuSize);
  const parameters = Object.fromEntries(
    Object.entries(parameterShapes).map(([name, sizes], stream) => {
      const noise = normals(deriveKey(randomKey(seed), stream), sizes.reduce((a, b) => a * b, 1));
      return [name, { shape: sizes, data: noise.map((z) => 0.5 * z) }];
    }),
  );
  return discrete({ problem: "random", shape, network: NETWORK, menuSize, parameters });
}

Deno.test("everybody takes the best of a menu that does not depend on its own type", async () => {
  let bought = 0;
  for (const [n, m] of [[1, 3], [3, 2]]) {
    const mechanism = random(n, m, 7, 1), B = 20, types = uniforms(randomKey(2), B * n * m);
    const { outcomes, payments, utilities, gaps } = await mechanism.run(types), menus = mechanism.menus(types);
    assertEquals(gaps, new Float64Array(B * n));
    menus.forEach((menu, row) => {
      const worth = Array.from(menu.prices, (price, k) => {
        let utility = -price;
        for (let j = 0; j < m; j++) utility += types[row * m + j] * menu.outcomes[k * m + j];
        return utility;
      });
      const best = Math.max(0, ...worth), k = worth.indexOf(best);
      assertEquals(utilities[row], best);
      assertEquals(payments[row], k < 0 ? 0 : menu.prices[k]);
      if (k < 0) return;
      assertEquals(outcomes.slice(row * m, (row + 1) * m), menu.outcomes.slice(k * m, (k + 1) * m));
      bought++;
    });
    assertEquals(menus.length, B * n);
    const changed = types.slice();
    changed[0] = 1 - changed[0];
    assertEquals(mechanism.menus(changed)[0], menus[0]);
    if (n > 1) assert(mechanism.menus(changed)[1].prices[0] !== menus[1].prices[0]);
  }
  assert(bought > 0);
});

Deno.test("options are priced only where they can be the best, and the best is that of all prices to the same bits", () => {
  const m = 4, K = 64, network = partialGroupMax({ goods: m, layers: 2, groups: 6, groupSize: 3 });
  let bought = 0, calls = 0;
  for (let row = 0; row < 60; row++) {
    const key = deriveKey(randomKey(11), row), f = network.bindOnHost(network.initialWeights(deriveKey(key, 0)));
    const exact = price(f, m), outcomes = Float64Array.from(uniforms(deriveKey(key, 1), K * m));
    outcomes.copyWithin(3 * m, 9 * m, 10 * m); // two options are the same, and the first is taken
    const types = uniforms(deriveKey(key, 2), m), all = emptyResult(types, 1, m), some = emptyResult(types, 1, m);
    const prices = Float64Array.from(
      { length: K },
      (_, k) => exact(outcomes.subarray(k * m, (k + 1) * m), new Float64Array(m)),
    );
    takeBest({ outcomes, prices }, types, 0, all);
    takeBestConvex(outcomes, (x, slope) => (calls++, exact(x, slope)), types, 0, some);
    assertEquals(some, all);
    if (all.utilities[0] > 0) bought++;
  }
  assert(bought > 20 && bought < 60, `${bought} bought`);
  assert(calls < 60 * K / 4, `${calls} prices`);
});

/** E[u0] of softened choices by plain loops over all combinations of choices. */
function expected(mechanism: Discrete, cost: number, types: Float32Array, beta: number): number {
  const { participants: n, goods: m, menuSize: K } = mechanism, B = types.length / (n * m);
  const menus = mechanism.menus(types);
  let sum = 0;
  for (let b = 0; b < B; b++) {
    const options = Array.from({ length: n }, (_, i) => {
      const { outcomes, prices } = menus[b * n + i], type = types.subarray((b * n + i) * m, (b * n + i + 1) * m);
      const all = Array.from({ length: K + 1 }, (_, k) => {
        const x = k < K ? Array.from(outcomes.subarray(k * m, (k + 1) * m)) : Array(m).fill(0);
        const price = k < K ? prices[k] : 0;
        const utility = x.reduce((sum, value, j) => sum + value * type[j], -price);
        return { x, price, weight: Math.exp(beta * utility) };
      });
      const total = all.reduce((sum, { weight }) => sum + weight, 0);
      return all.map((one) => ({ ...one, weight: one.weight / total }));
    });
    const walk = (i: number, chosen: { x: number[]; price: number }[], weight: number): void => {
      if (i < n) return options[i].forEach((one) => walk(i + 1, [...chosen, one], weight * one.weight));
      let value = chosen.reduce((sum, { price }) => sum + price, 0);
      for (let j = 0; j < m; j++) value -= cost * Math.max(...chosen.map(({ x }) => x[j]));
      sum += weight * value / B;
    };
    walk(0, [], 1);
  }
  return sum;
}

forEachDevice("with one participant the objective and its gradient are exact", async () => {
  const problem = settingProblem("U_{1,2}^{0.3,0}"), mechanism = random(1, 2, 4, 3), beta = 6;
  const networks = discreteNetworks(mechanism.shape, NETWORK, 4), types = uniforms(randomKey(4), 12);
  const draws = new Float32Array(6 * 5).fill(0.5), now = uploadAll(mechanism.parameters);
  const names = Object.keys(now), kernels = await openKernels(networks.rules.network);
  const { value, grads } = tf.valueAndGrads((...tensors: Tensor[]) =>
    discreteObjective(
      problem,
      networks,
      kernels,
      Object.fromEntries(names.map((n, k) => [n, tensors[k]])),
      types,
      draws,
      beta,
    )
  )(names.map((name) => now[name]));
  assertAlmostEquals((await value.data())[0], expected(mechanism, 0.3, types, beta), 1e-5);
  for (const [k, name] of names.entries()) {
    const gradient = await grads[k].data(), { shape, data } = mechanism.parameters[name];
    for (let j = 0; j < data.length; j += 3) {
      const moved = (by: number) => {
        const changed = Float32Array.from(data, (value, at) => at === j ? value + by : value);
        const parameters = { ...mechanism.parameters, [name]: { shape, data: changed } };
        return { value: expected(discrete({ ...mechanism, parameters }), 0.3, types, beta), at: changed[j] };
      };
      const up = moved(1e-3), down = moved(-1e-3), difference = (up.value - down.value) / (up.at - down.at);
      assertAlmostEquals(gradient[j], difference, 2e-3 * (0.1 + Math.abs(difference)), `${name} ${j}`);
    }
  }
});

Deno.test("with two participants the objective's mean over draws is n E[u0], and so is its gradient's", async () => {
  const device = await openDevice({ backend: "wasm" });
  const problem = settingProblem("U_{2,2}^{0.5,0}"), mechanism = random(2, 2, 3, 5), beta = 4, copies = 4000;
  const networks = discreteNetworks(mechanism.shape, NETWORK, 3), one = uniforms(randomKey(6), 4);
  const types = new Float32Array(copies * 4);
  for (let b = 0; b < copies; b++) types.set(one, b * 4);
  const draws = uniforms(randomKey(7), copies * 2 * 4), now = uploadAll(mechanism.parameters);
  const name = "outcomes.output.bias", kernels = await openKernels(networks.rules.network);
  const { value, grad } = tf.valueAndGrad((bias: Tensor) =>
    discreteObjective(problem, networks, kernels, { ...now, [name]: bias }, types, draws, beta)
  )(now[name]);
  assertAlmostEquals((await value.data())[0] / 2, expected(mechanism, 0.5, one, beta), 0.02);
  const gradient = await grad.data(), { shape, data } = mechanism.parameters[name];
  for (let j = 0; j < data.length; j++) {
    const [up, down] = [1e-3, -1e-3].map((by) => {
      const changed = Float32Array.from(data, (value, at) => at === j ? value + by : value);
      const parameters = { ...mechanism.parameters, [name]: { shape, data: changed } };
      return expected(discrete({ ...mechanism, parameters }), 0.5, one, beta);
    });
    assertAlmostEquals(gradient[j], (up - down) / 2e-3, 0.02, `raw outcome ${j}`);
  }
  tf.dispose(now);
  device.close();
});

forEachDevice("TEDI-Discrete trains, the same for the same seed, and can be stopped", async (device) => {
  const settings = { iterations: 3, profiles: 8, menuSize: 5, network: NETWORK };
  for (const name of ["U-1-2", "U-3-2-cp1-cd0"]) {
    const iterations: number[] = [], before = tf.memory().numTensors;
    const onIteration = ({ iteration }: { iteration: number }) => void iterations.push(iteration);
    const first = await trainDiscrete(name, settings, { device, onIteration });
    assertEquals(iterations, [1, 2, 3]);
    assertEquals(tf.memory().numTensors, before, "no tensor is left");
    const second = await trainDiscrete(name, settings, { device });
    assertEquals(second.mechanism.parameters, first.mechanism.parameters);
    const { revenue, worstGap } = await evaluate(settingProblem(name), first.mechanism, { profiles: 50 });
    assert(Number.isFinite(revenue));
    assertEquals(worstGap, 0);
  }
  const stopped = await trainDiscrete("U-1-2", settings, { device, signal: AbortSignal.abort() });
  assertEquals(stopped.iterations, 0);
});

Deno.test("TEDI-Discrete learns to sell two goods to one buyer", async () => {
  const settings = { iterations: 80, profiles: 64, menuSize: 32, finalBeta: 60, learningRate: 0.02, network: NETWORK };
  const { mechanism } = await trainDiscrete("U-1-2", settings);
  const { revenue } = await evaluate(settingProblem("U-1-2"), mechanism, { profiles: 4000 });
  assert(revenue > 0.5, `it earns ${revenue}`);
});

Deno.test("options and parameters that make no sense are named", async () => {
  const refused = (settings: Record<string, unknown>, words: string) =>
    assertRejects(() => trainDiscrete("U-1-2", settings), InvalidInputError, words);
  await refused({ menuSize: 0 }, "menuSize must be a positive integer, got 0");
  await refused({ menu: 3 }, "an option must be one of");
  await refused({ network: { ...NETWORK, groups: 0 } }, "network.groups must be a positive integer, got 0");
  const good = random(1, 2, 3, 8);
  assertThrows(() => discrete({ ...good, parameters: {} }), InvalidInputError, "outcomes.output.bias must be");
  assertThrows(() => discrete({ ...good, menuSize: 4 }), InvalidInputError, "must be float32 of shape [8], got [6]");
});
