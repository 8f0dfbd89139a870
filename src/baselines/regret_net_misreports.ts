/**
 * Searches for misreports that pay in MD-RegretNet, and measures the regret that they show.
 *
 * The ex-post regret of participant i at profile t is max_{t'_i} u_i(t'_i, t_-i) - u_i(t), with
 * u_i(t'_i, t_-i) = <t_i, x_i(t'_i, t_-i)> - p_i(t'_i, t_-i). The maximum is searched by projected gradient ascent in
 * t'_i, so that what is found is a lower bound of the regret.
 *
 * @module
 */
import { type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { requireInteger, requirePositive } from "../errors.ts";
import { requireKnownNames } from "../known_names.ts";
import type { Parameters } from "../networks/network.ts";
import { rawWeights } from "../networks/hypernetwork_output.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { ensureDevice } from "../runtime/device.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { uploadAll } from "../runtime/tensors.ts";
import { NETWORKS, type RegretNet } from "./regret_net.ts";
import { sharesOnDevice } from "./unit_shares.ts";

/** How to search for misreports. */
export interface RegretOptions {
  /** How many test profiles; 1000 unless given. */
  readonly profiles?: number;
  /**
   * From how many random misreports each search begins; 10 unless given. The truth counts, too: regret is at least 0.
   */
  readonly starts?: number;
  /** Steps of gradient ascent; 100 unless given. */
  readonly steps?: number;
  /** What a step multiplies the gradient by; 0.1 unless given. */
  readonly stepSize?: number;
  /** The seed of profiles and random misreports; 0 unless given. */
  readonly seed?: number;
}

/** What a search for misreports found. */
export interface Regret {
  /** Mean regret over profiles and participants. */
  readonly regret: number;
  /** Standard error of the mean, over profiles. */
  readonly standardError: number;
  /** The largest regret. */
  readonly largest: number;
  /** How many test profiles. */
  readonly profiles: number;
}

/** The stream of test profiles, apart from those of training. */
const REGRET_STREAM = 0x4e64;

/** Test profiles searched at a time. */
const CHUNK = 500;

/**
 * Outcomes x `[R, n, m]` and fractions f `[R, n]` of the networks at reported profiles `[R, n, m]`; differentiable.
 *
 * @param supply `unit` where each good exists once.
 */
export function networkOutputs(
  parameters: Parameters,
  reports: Tensor3D,
  supply?: "unit",
): { outcomes: Tensor3D; fractions: Tensor2D } {
  const [R, n, m] = reports.shape;
  const [rawOutcomes, rawFractions] = NETWORKS.map((network) => {
    const affine = (name: string, hidden: Tensor2D) =>
      rawWeights({
        hidden,
        weight: parameters[`${network}.${name}.weight`] as Tensor2D,
        bias: parameters[`${network}.${name}.bias`] as Tensor1D,
      });
    let hidden: Tensor2D = tf.sub(tf.mul(tf.reshape(reports, [R, n * m]), 2), 1);
    for (let layer = 0; parameters[`${network}.hidden.${layer}.weight`]; layer++) {
      hidden = tf.tanh(affine(`hidden.${layer}`, hidden));
    }
    return affine("output", hidden);
  });
  const raw = tf.reshape(rawOutcomes, [R, n, m]) as Tensor3D;
  return { outcomes: supply ? sharesOnDevice(raw) : tf.sigmoid(raw), fractions: tf.sigmoid(rawFractions) };
}

/**
 * Utilities `[B, n]` of participants with types `[B, n, m]` who misreport one at a time, while the others tell the
 * truth.
 *
 * @param misreports `[B, n, m]`: row i of a profile is what participant i reports.
 */
export function misreportUtilities(
  parameters: Parameters,
  types: Tensor3D,
  misreports: Tensor3D,
  supply?: "unit",
): Tensor2D {
  const [B, n, m] = types.shape, self = tf.eye(n);
  // Profile (b, i) has participant i's misreport and the others' types: [B n, n, m].
  const change = tf.mul(tf.reshape(tf.sub(misreports, types), [B, 1, n, m]), tf.reshape(self, [1, n, n, 1]));
  const reports = tf.reshape(tf.add(tf.reshape(types, [B, 1, n, m]), change), [B * n, n, m]) as Tensor3D;
  const { outcomes, fractions } = networkOutputs(parameters, reports, supply);
  const own = tf.sum(tf.mul(tf.reshape(outcomes, [B, n, n, m]), tf.reshape(self, [1, n, n, 1])), 2); // [B, n, m]
  const fraction = tf.sum(tf.mul(tf.reshape(fractions, [B, n, n]), tf.reshape(self, [1, n, n])), 2);
  const payments = tf.mul(fraction, tf.sum(tf.mul(misreports, own), 2));
  return tf.sub(tf.sum(tf.mul(types, own), 2), payments) as Tensor2D;
}

/** Misreports `[B, n, m]` after some steps of projected gradient ascent on the misreporters' utilities. */
export function ascendMisreports(
  parameters: Parameters,
  types: Tensor3D,
  start: Tensor3D,
  steps: number,
  stepSize: number,
  supply?: "unit",
): Tensor3D {
  const slope = tf.grad((misreports) => tf.sum(misreportUtilities(parameters, types, misreports as Tensor3D, supply)));
  let misreports = tf.clone(start);
  for (let step = 0; step < steps; step++) {
    const next = tf.tidy(() => tf.clipByValue(tf.add(misreports, tf.mul(slope(misreports), stepSize)), 0, 1));
    misreports.dispose();
    misreports = next as Tensor3D;
  }
  return misreports;
}

/**
 * Measures regret on held-out profiles, by searches from several random misreports. Searches run on the device; the
 * regret of what they find is computed on the host in 64-bit floats.
 *
 * @param problem A problem, or the name of a setting.
 * @throws {InvalidInputError} for an option that is not one or out of its range.
 */
export async function measureRegret(
  problem: MechanismProblem | string,
  mechanism: RegretNet,
  options: RegretOptions = {},
): Promise<Regret> {
  const { profiles = 1000, starts = 10, steps = 100, stepSize = 0.1, seed = 0 } = options, action = "measure regret";
  const { distribution } = problemOf(problem);
  requireKnownNames(action, "an option", options, ["profiles", "starts", "steps", "stepSize", "seed"]);
  requireInteger(action, "profiles", profiles, 2);
  requireInteger(action, "starts", starts, 1);
  requireInteger(action, "steps", steps, 0);
  requirePositive(action, "stepSize", stepSize);
  await ensureDevice();
  const { participants: n, goods: m } = mechanism, key = deriveKey(randomKey(seed), REGRET_STREAM);
  const parameters = uploadAll(mechanism.parameters);
  let sum = 0, squares = 0, largest = 0;
  try {
    for (let from = 0; from < profiles; from += CHUNK) {
      const count = Math.min(CHUNK, profiles - from), chunk = deriveKey(key, from);
      const types = distribution.sample(deriveKey(chunk, 0), count, "held-out");
      const { utilities } = await mechanism.run(types);
      const regrets = new Float64Array(count * n);
      for (let start = 0; start < starts; start++) {
        const first = uniforms(deriveKey(chunk, 1, start), types.length);
        const found = tf.tidy(() => {
          const shape: [number, number, number] = [count, n, m];
          const truth = tf.tensor3d(types, shape), lies = tf.tensor3d(first, shape);
          return ascendMisreports(parameters, truth, lies, steps, stepSize, mechanism.supply);
        });
        const gains = await hostGains(mechanism, types, await found.data() as Float32Array, utilities);
        found.dispose();
        gains.forEach((gain, row) => regrets[row] = Math.max(regrets[row], gain));
        await letEventsIn();
      }
      for (let b = 0; b < count; b++) {
        const mean = regrets.subarray(b * n, (b + 1) * n).reduce((a, r) => a + r, 0) / n;
        sum += mean, squares += mean * mean;
      }
      largest = regrets.reduce((a, r) => Math.max(a, r), largest);
    }
  } finally {
    tf.dispose(parameters);
  }
  const regret = sum / profiles, variance = Math.max(0, squares / profiles - regret ** 2);
  return { regret, standardError: Math.sqrt(variance / (profiles - 1)), largest, profiles };
}

/** By how much misreports `[B, n, m]`, one participant at a time, beat the truth, `[B, n]`: in 64-bit floats. */
async function hostGains(
  mechanism: RegretNet,
  types: Float32Array,
  misreports: Float32Array,
  truthful: Float64Array,
): Promise<Float64Array> {
  const { participants: n, goods: m } = mechanism, rows = types.length / m;
  const reports = new Float32Array(rows * n * m);
  for (let row = 0; row < rows; row++) {
    const profile = Math.floor(row / n) * n * m, own = row * m - profile;
    reports.set(types.subarray(profile, profile + n * m), row * n * m);
    reports.set(misreports.subarray(row * m, (row + 1) * m), row * n * m + own);
  }
  const { outcomes, payments } = await mechanism.run(reports);
  return Float64Array.from({ length: rows }, (_, row) => {
    const i = row % n;
    let utility = -payments[row * n + i];
    for (let j = 0; j < m; j++) utility += types[row * m + j] * outcomes[(row * n + i) * m + j];
    return utility - truthful[row];
  });
}
