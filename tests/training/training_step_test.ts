/**
 * The gradient estimator against equation (12) and against the numerical integral of equation (9).
 */
import { assert, assertAlmostEquals } from "@std/assert";
import { type Tensor, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { priceKernels } from "../../src/kernels/select.ts";
import { disposeHidden, rawWeights } from "../../src/networks/hypernetwork_output.ts";
import type { PricingRules } from "../../src/networks/pricing_rule.ts";
import { pricingRules } from "../../src/networks/pricing_rule.ts";
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { type Estimator, estimators } from "../../src/training/estimator.ts";
import { lossGradient } from "../../src/training/loss.ts";
import type { ContextKind } from "../../src/networks/context.ts";
import { parameterGradient } from "../../src/training/gradient.ts";
import { forEachDevice } from "../devices.ts";

type Host = Record<string, { shape: readonly number[]; data: Float32Array }>;

function setUp(
  name: string,
  seed: number,
  context?: ContextKind,
): { problem: MechanismProblem; rules: PricingRules; parameters: Host } {
  const problem = settingProblem(name), { participants, goods } = problem;
  const rules = pricingRules({ participants, goods, exchangeable: true }, {
    layers: 2,
    groups: 3,
    groupSize: 3,
    hidden: [4],
    context,
  });
  const start = rules.initialParameters(randomKey(seed));
  const parameters = Object.fromEntries(
    Object.entries(start).map(([name, { shape, data }], stream) => {
      const noise = normals(deriveKey(randomKey(seed), 7, stream), data.length);
      return [name, { shape, data: Float32Array.from(data, (value, j) => value + 0.1 * noise[j]) }];
    }),
  );
  return { problem, rules, parameters };
}

function upload(parameters: Host): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [name, tf.tensor(data, shape as number[])]),
  );
}

/** The estimate from chains `[rows, C, m]` by the kernels of the device that is open. */
function estimate(
  problem: MechanismProblem,
  rules: PricingRules,
  parameters: Record<string, Tensor>,
  types: Float32Array,
  chains: Tensor3D,
  beta: number,
  estimator: Estimator,
) {
  const kernels = priceKernels(rules.network), hypernetwork = rules.hypernetwork(parameters, types);
  const points = tf.concat([chains, tf.zeros([chains.shape[0], 1, chains.shape[2]])], 1) as Tensor3D;
  const moved = { chains, values: kernels.value(hypernetwork, points) };
  const objective = {
    utility: problem.principalUtility,
    participants: problem.participants,
    trained: chains.shape[0],
    estimator,
  };
  const { gradient, utilities } = lossGradient(kernels, hypernetwork, types, moved, beta, objective);
  const rows = chains.shape[0];
  const { gradients } = parameterGradient(rules, parameters, types, rows, () => ({ gradient }));
  tf.dispose([points, moved.values]);
  disposeHidden(hypernetwork);
  return { gradients, utilities };
}

/** Prices of outcomes `[rows, N, m]` at some parameters, `[rows, N]`. */
async function pricesAt(rules: PricingRules, parameters: Host, types: Float32Array, outcomes: Float32Array) {
  const m = rules.shape.goods, P = rules.network.weightCount, rows = types.length / m, N = outcomes.length / rows / m;
  const weights = rawWeights(rules.hypernetwork(upload(parameters), types));
  const values = await weights.data() as Float32Array, gradient = new Float64Array(m);
  const prices = new Float64Array(rows * N);
  for (let row = 0; row < rows; row++) {
    const f = rules.network.bindOnHost(
      rules.shape.participants === 1 ? values : values.subarray(row * P, (row + 1) * P),
    );
    const none = f(new Float64Array(m), gradient);
    for (let k = 0; k < N; k++) {
      const at = (row * N + k) * m;
      prices[row * N + k] = f(Float64Array.from(outcomes.subarray(at, at + m)), gradient) - none;
    }
  }
  return prices;
}

/** Parameters moved along a random direction. */
function moved(parameters: Host, direction: Host, by: number): Host {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map((value, j) => value + by * direction[name].data[j]) },
    ]),
  );
}

function randomDirection(parameters: Host, seed: number): Host {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }], stream) => [
      name,
      { shape, data: normals(deriveKey(randomKey(seed), stream), data.length) },
    ]),
  );
}

async function along(gradients: Readonly<Record<string, Tensor>>, direction: Host): Promise<number> {
  let sum = 0;
  for (const [name, tensor] of Object.entries(gradients)) {
    (await tensor.data()).forEach((value, j) => sum += value * direction[name].data[j]);
  }
  return sum;
}

forEachDevice("with two chains the paired gradient is that of equation (12), by finite differences", async () => {
  const cases: [name: string, context?: ContextKind][] = [["U_{1,2}^{0,0}"], ["U_{2,2}^{0.5,0.1}"], [
    "U_{3,1}^{0.3,0}",
  ]];
  for (const [name, context] of [...cases, ["U_{3,2}^{0.5,0.1}", "set"] as const]) {
    const { problem, rules, parameters } = setUp(name, 1, context), { participants: n, goods: m } = problem;
    const M = 4, rows = M * n, beta = 6;
    const types = uniforms(randomKey(2), rows * m), chains = uniforms(randomKey(3), rows * 2 * m);
    const at = tf.tensor3d(chains, [rows, 2, m]);
    const { gradients } = estimate(problem, rules, upload(parameters), types, at, beta, "paired");
    /** u0 and ASW of chain y (0) or z (1) of profile k at prices `[rows, 2]`. */
    const utilities = (prices: Float64Array, k: number, chain: number) => {
      let u0 = 0, welfare = 0;
      const [cp, cd] = name.match(/\^\{(.*),(.*)\}/)!.slice(1).map(Number);
      for (let i = k * n; i < (k + 1) * n; i++) {
        u0 += prices[i * 2 + chain];
        welfare -= beta * prices[i * 2 + chain];
        for (let j = 0; j < m; j++) welfare += beta * types[i * m + j] * chains[(i * 2 + chain) * m + j];
      }
      for (let j = 0; j < m; j++) {
        const column = Array.from({ length: n }, (_, i) => chains[((k * n + i) * 2 + chain) * m + j]);
        u0 -= cp * Math.max(...column) + cd * column.reduce((a, b) => a + b);
      }
      return { u0, welfare };
    };
    const fixed = await pricesAt(rules, parameters, types, chains);
    const loss = async (at: Host) => {
      const prices = await pricesAt(rules, at, types, chains);
      let sum = 0;
      for (let k = 0; k < M; k++) {
        const y = utilities(prices, k, 0), z = utilities(prices, k, 1);
        const detached = utilities(fixed, k, 0).u0 - utilities(fixed, k, 1).u0;
        sum += (y.u0 + z.u0 + detached * (y.welfare - z.welfare)) / 2;
      }
      return -sum / M;
    };
    for (let seed = 10; seed < 16; seed++) {
      const direction = randomDirection(parameters, seed), step = 1e-4;
      const difference = (await loss(moved(parameters, direction, step)) -
        await loss(moved(parameters, direction, -step))) / (2 * step);
      const found = await along(gradients, direction);
      assertAlmostEquals(found, difference, 5e-3 * (1 + Math.abs(difference)), `${name}, direction ${seed}`);
    }
  }
});

/**
 * E[u0] of equation (9) for one good and two participants, by the midpoint rule on a grid of both outcomes.
 */
async function softenedObjective(
  rules: PricingRules,
  parameters: Host,
  types: Float32Array,
  beta: number,
  cost: number,
) {
  const N = 400, rows = types.length, grid = Float32Array.from({ length: rows * N }, (_, k) => (k % N + 0.5) / N);
  const prices = await pricesAt(rules, parameters, types, grid);
  const density = (row: number) => {
    const q = Float64Array.from({ length: N }, (_, k) => Math.exp(beta * (types[row] * grid[k] - prices[row * N + k])));
    const total = q.reduce((a, b) => a + b);
    return q.map((value) => value / total);
  };
  let sum = 0;
  for (let b = 0; b < rows; b += 2) {
    const q = [density(b), density(b + 1)];
    for (const i of [0, 1]) q[i].forEach((weight, k) => sum += weight * prices[(b + i) * N + k]);
    // E[max] from the distribution functions; both grids are the same.
    let below0 = 0, below1 = 0;
    for (let k = 0; k < N; k++) {
      sum -= cost * grid[k] * (q[0][k] * (below1 + q[1][k]) + q[1][k] * below0);
      below0 += q[0][k], below1 += q[1][k];
    }
  }
  return sum / (rows / 2);
}

/** Draws exact samples of q for one good by inverting the distribution function on a grid: `[copies rows, C, 1]`. */
async function exactSampler(rules: PricingRules, parameters: Host, types: Float32Array, beta: number) {
  const N = 400, rows = types.length, grid = Float32Array.from({ length: rows * N }, (_, k) => (k % N + 0.5) / N);
  const prices = await pricesAt(rules, parameters, types, grid);
  const sums = types.reduce((all: Float64Array[], type, row) => {
    const sum = new Float64Array(N + 1);
    for (let k = 0; k < N; k++) sum[k + 1] = sum[k] + Math.exp(beta * (type * grid[k] - prices[row * N + k]));
    return [...all, sum];
  }, []);
  return (copies: number, C: number, seed: number) => {
    const u = uniforms(randomKey(seed), copies * rows * C);
    const chains = u.map((share, k) => {
      const sum = sums[Math.floor(k / C) % rows], target = share * sum[N];
      let low = 0, high = N - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sum[middle + 1] <= target) low = middle + 1;
        else high = middle;
      }
      return (low + (target - sum[low]) / (sum[low + 1] - sum[low])) / N;
    });
    return tf.tensor(chains, [copies * rows, C, 1]) as Tensor3D;
  };
}

/**
 * The mean of the estimate over many exact samples against the derivative of the integral, along some directions, in
 * standard errors: above 4.5 in less than 1 of 10^5 trials, and the seeds are fixed.
 */
async function compare(estimator: Estimator, C: number) {
  const beta = 8, cost = 0.4, profiles = 4, copies = 150, batches = 20;
  const { problem, rules, parameters } = setUp(`U_{2,1}^{${cost},0}`, 21);
  const base = uniforms(randomKey(22), profiles * 2);
  const types = new Float32Array(base.length * copies);
  for (let k = 0; k < copies; k++) types.set(base, k * base.length);
  const directions = [30, 31, 32, 33, 34].map((seed) => randomDirection(parameters, seed));
  const slopes: number[] = [];
  for (const direction of directions) {
    const step = 1e-3;
    const up = await softenedObjective(rules, moved(parameters, direction, step), base, beta, cost);
    const down = await softenedObjective(rules, moved(parameters, direction, -step), base, beta, cost);
    slopes.push((up - down) / (2 * step));
  }
  const sample = await exactSampler(rules, parameters, base, beta);
  const device = upload(parameters), found = directions.map((): number[] => []);
  for (let batch = 0; batch < batches; batch++) {
    const chains = sample(copies, C, 100 + batch);
    const { gradients, utilities } = estimate(problem, rules, device, types, chains, beta, estimator);
    for (const [k, direction] of directions.entries()) found[k].push(-await along(gradients, direction));
    tf.dispose([chains, gradients, utilities]);
  }
  return found.map((values, k) => {
    const mean = values.reduce((a, b) => a + b) / batches;
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (batches - 1) / batches);
    return { slope: slopes[k], mean, error, deviations: (mean - slopes[k]) / error };
  });
}

for (const estimator of estimators) {
  for (const C of [2, 5]) {
    Deno.test(`the ${estimator} estimate with ${C} chains has the mean of equation (9)'s derivative, m = 1`, async () => {
      const { openDevice } = await import("../../src/runtime/device.ts");
      await openDevice({ backend: "wasm" });
      for (const { slope, mean, error, deviations } of await compare(estimator, C)) {
        const report = `derivative ${slope}, mean ${mean} +- ${error}`;
        assert(Math.abs(deviations) < 4.5, report);
        // A wrong factor on the covariance would be seen: the error is a small share of the derivative.
        assert(error < 0.1 * Math.abs(slope) + 0.01, report);
      }
    });
  }
}

forEachDevice(
  "the coordinate-wise estimate has far less variance than the paired one with many participants",
  async () => {
    const { problem, rules, parameters } = setUp("U_{8,1}^{0,0.2}", 41), rows = 8, C = 4, batches = 40;
    const types = uniforms(randomKey(42), rows),
      direction = randomDirection(parameters, 43),
      device = upload(parameters);
    const variance: Record<string, number> = {};
    for (const estimator of estimators) {
      const values: number[] = [];
      for (let batch = 0; batch < batches; batch++) {
        const chains = tf.tensor3d(uniforms(deriveKey(randomKey(44), batch), rows * C), [rows, C, 1]);
        const { gradients, utilities } = estimate(problem, rules, device, types, chains, 20, estimator);
        values.push(await along(gradients, direction));
        tf.dispose([chains, gradients, utilities]);
      }
      const mean = values.reduce((a, b) => a + b) / batches;
      variance[estimator] = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (batches - 1);
    }
    // Without costs shared between participants, the paired one carries the noise of all eight.
    assert(variance.coordinate < 0.5 * variance.paired, JSON.stringify(variance));
  },
);
