/**
 * Trains MD-RegretNet by the augmented Lagrangian.
 *
 * With rgt_i the mean regret of participant i over a batch, the objective is
 *
 *   E[u0(x(t), p(t); t)] - sum_i lambda_i rgt_i - rho / 2 sum_i rgt_i^2,
 *
 * where lambda_i grows by rho rgt_i every so many iterations, and rho by a constant every so many others (Duetting,
 * Feng, Narasimhan, Parkes and Ravindranath, J. ACM 2024, Algorithm 1). Profiles are a fixed set, gone through in
 * batches; each keeps the misreports found for it, from which the search goes on when its turn comes again.
 *
 * @module
 */
import { type Scalar, type Tensor1D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { requireInteger, requireNumber, requirePositive } from "../errors.ts";
import type { Parameters } from "../networks/network.ts";
import { initialParameterizedAffine } from "../networks/parameterized_affine.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { isUnitSupply } from "../problems/supply.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";
import { download, tidy, upload } from "../runtime/tensors.ts";
import { STREAMS } from "../training/state.ts";
import { alignedDefaults, type BaselineOptions, settleOptions } from "./baseline_options.ts";
import {
  type BaselineHooks,
  type BaselineMetrics,
  type BaselineResult,
  descend,
  descentGradient,
} from "./baseline_training.ts";
import { learnedInUnits, trainingInWords } from "./in_words.ts";
import { inScale } from "./in_scale.ts";
import { NETWORKS, type RegretNet, regretNet } from "./regret_net.ts";
import { ascendMisreports, misreportUtilities, networkOutputs } from "./regret_net_misreports.ts";

/** Everything that decides the outcome of training MD-RegretNet, besides the problem and the backend. */
export interface RegretNetOptions extends BaselineOptions {
  /** Widths of the hidden layers of both networks. */
  readonly hidden: readonly number[];
  /** Batches of profiles in the training set. */
  readonly batches: number;
  /** Steps of gradient ascent on the misreports of a batch, in each iteration. */
  readonly misreportSteps: number;
  /** What such a step multiplies the gradient by. */
  readonly misreportStepSize: number;
  /** The initial lambda_i. */
  readonly initialMultiplier: number;
  /** Iterations between updates of lambda. */
  readonly multiplierEvery: number;
  /** The initial rho. */
  readonly initialPenalty: number;
  /** By how much rho grows at a time. */
  readonly penaltyGrowth: number;
  /** Iterations between growths of rho. */
  readonly penaltyEvery: number;
}

/** What an iteration reports. */
export interface RegretNetMetrics extends BaselineMetrics {
  /** Mean regret over the batch and participants, at the misreports known for it. */
  readonly regret: number;
}

/** The default options for a problem: those of TEDI where it has them, and RegretNet's own, with a shorter schedule. */
export function defaultRegretNet(problem: MechanismProblem): RegretNetOptions {
  return {
    ...alignedDefaults(problem),
    hidden: [100, 100],
    batches: 32,
    misreportSteps: 10,
    misreportStepSize: 0.1,
    initialMultiplier: 5,
    multiplierEvery: 10,
    initialPenalty: 1,
    penaltyGrowth: 1,
    penaltyEvery: 100,
  };
}

/**
 * Trains MD-RegretNet.
 *
 * @param problem A problem or the name of a setting. Its u0 is differentiated in outcomes, too.
 * @param settings What differs from {@linkcode defaultRegretNet}.
 * @throws {InvalidInputError} for an option out of its range, before any work.
 * @throws {MachineError} if the objective or a gradient is not finite.
 *
 * @example
 * ```ts
 * import { trainRegretNet } from "@tedi/toolkit";
 *
 * const { mechanism } = await trainRegretNet("U-1-2", { iterations: 3 });
 * const { payments } = await mechanism.run([[[0.9, 0.2]]]);
 * ```
 */
export async function trainRegretNet(
  problem: MechanismProblem | string,
  settings: Partial<RegretNetOptions> = {},
  hooks: BaselineHooks<RegretNetMetrics> = {},
): Promise<BaselineResult<RegretNet, RegretNetOptions, RegretNetMetrics>> {
  const { task, unit, units } = inScale(problem, true), { participants: n, goods: m } = task;
  const supply = isUnitSupply(task) ? "unit" : undefined;
  const options = settleOptions("train MD-RegretNet", defaultRegretNet(task), settings);
  checkOptions(options);
  const { profiles, batches, misreportSteps, misreportStepSize, hidden } = options, key = randomKey(options.seed);
  const size = profiles * n * m, shape: [number, number, number] = [profiles, n, m];
  const types = task.distribution.sample(deriveKey(key, STREAMS.profiles), batches * profiles, "training");
  const descent = {
    method: "MD-RegretNet",
    problem: task.name,
    unit,
    initial: initialRegretNet(n, m, hidden, deriveKey(key, STREAMS.parameters)),
    memory: initialMemory(task, options),
  };
  const { parameters, ...rest } = await descend<RegretNetMetrics>(
    descent,
    options,
    hooks,
    async (now, iteration, memory) => {
      const batch = iteration % batches, known = misreportsOf(batch), { multipliers } = memory;
      const penalty = options.initialPenalty + options.penaltyGrowth * Math.floor(iteration / options.penaltyEvery);
      const { found, regrets, revenue, gradients } = tidy(() => {
        const truth = tf.tensor3d(types.subarray(batch * size, (batch + 1) * size), shape);
        const start = tf.tensor3d(memory[known].data as Float32Array, shape);
        const found = ascendMisreports(now, truth, start, misreportSteps, misreportStepSize, supply);
        const { revenue, regrets } = batchValues(task, now, truth, found);
        const lambda = upload(multipliers) as Tensor1D;
        const { gradients } = descentGradient(
          now,
          (parameters) => lagrangian(batchValues(task, parameters, truth, found), lambda, penalty),
        );
        return { found, regrets, revenue, gradients };
      });
      const [misreports, regretData, [softRevenue]] = await Promise.all([
        download(found),
        regrets.data(),
        revenue.data(),
      ]);
      tf.dispose([found, regrets, revenue]);
      const grows = (iteration + 1) % options.multiplierEvery === 0;
      const lambda = grows ? multipliers.data.map((value, i) => value + penalty * regretData[i]) : multipliers.data;
      const regret = Array.from(regretData).reduce((sum, one) => sum + one, 0) / n;
      return {
        gradients,
        measured: { softRevenue, regret },
        memory: { ...memory, [known]: misreports, multipliers: { shape: [n], data: lambda as Float32Array } },
      };
    },
  );
  return trainingInWords({
    mechanism: learnedInUnits(
      regretNet({ problem: task.name, participants: n, goods: m, ...supply && { supply }, hidden, parameters }),
      units,
    ),
    options,
    ...rest,
  });
}

/** What a batch gives. */
interface BatchValues {
  /** E[u0] of truthful reports. */
  readonly revenue: Scalar;
  /** Mean regrets `[n]` at the misreports. */
  readonly regrets: Tensor1D;
}

/** What a batch gives at given misreports; differentiable in the parameters. */
export function batchValues(
  problem: MechanismProblem,
  parameters: Parameters,
  types: Tensor3D,
  misreports: Tensor3D,
): BatchValues {
  const { principalUtility } = problem, supply = isUnitSupply(problem) ? "unit" : undefined;
  const { outcomes, fractions } = networkOutputs(parameters, types, supply);
  const values = tf.sum(tf.mul(types, outcomes), 2), payments = tf.mul(fractions, values);
  const gains = tf.sub(misreportUtilities(parameters, types, misreports, supply), tf.sub(values, payments));
  return {
    revenue: tf.mean(principalUtility.evaluate(tf, outcomes, tf.reshape(payments, fractions.shape), types)) as Scalar,
    regrets: tf.mean(tf.relu(gains), 0) as Tensor1D,
  };
}

/** The name under which the misreports of a batch `[B, n, m]` are remembered. */
const misreportsOf = (batch: number): string => `misreports.${batch}`;

/** What is remembered beside parameters: lambda `[n]`, and the misreports of each batch, random at first. */
function initialMemory(
  { participants: n, goods: m }: MechanismProblem,
  { profiles, batches, initialMultiplier, seed }: RegretNetOptions,
): Record<string, HostTensor> {
  const size = profiles * n * m;
  const misreports = uniforms(deriveKey(randomKey(seed), STREAMS.chains), batches * size);
  const ofBatches = Array.from({ length: batches }, (_, batch): [string, HostTensor] => [
    misreportsOf(batch),
    { shape: [profiles, n, m], data: misreports.slice(batch * size, (batch + 1) * size) },
  ]);
  return {
    multipliers: { shape: [n], data: new Float32Array(n).fill(initialMultiplier) },
    ...Object.fromEntries(ofBatches),
  };
}

/** The augmented Lagrangian of a batch, with lambda `[n]` and rho; differentiable in what the batch gave. */
function lagrangian({ revenue, regrets }: BatchValues, lambda: Tensor1D, rho: number): Scalar {
  const linear = tf.sum(tf.mul(regrets, lambda)), square = tf.mul(rho / 2, tf.sum(tf.square(regrets)));
  return tf.sub(revenue, tf.add(linear, square)) as Scalar;
}

/** Initial parameters: x and f are about 1/2 everywhere. */
function initialRegretNet(n: number, m: number, hidden: readonly number[], key: RandomKey): HostParameters {
  return Object.fromEntries(NETWORKS.flatMap((network, stream) => {
    const outputs = network === "allocation" ? n * m : n;
    const size = { context: n * m, hidden, outputs };
    const parameters = initialParameterizedAffine(size, new Float32Array(outputs), deriveKey(key, stream));
    return Object.entries(parameters).map(([name, tensor]) => [`${network}.${name}`, tensor]);
  }));
}

function checkOptions(options: RegretNetOptions): void {
  const action = "train MD-RegretNet";
  for (const name of ["batches", "misreportSteps", "multiplierEvery", "penaltyEvery"] as const) {
    requireInteger(action, name, options[name], 1);
  }
  for (const name of ["initialMultiplier", "initialPenalty", "penaltyGrowth"] as const) {
    requireNumber(action, name, options[name], 0);
  }
  requirePositive(action, "misreportStepSize", options.misreportStepSize);
}
