/**
 * The prices that training begins with, where they are those of a simple mechanism: parameters are fitted to them by least
 * squares, before Algorithm 1.
 *
 * @module
 */
import { type Scalar, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { HypernetworkGradient, PriceKernels } from "../kernels/kernels.ts";
import { saysLargestCoordinate, setLargestCoordinate } from "../networks/largest_coordinate.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { HostParameters, PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, type RandomKey, randomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { tensorsIn } from "../runtime/gradients.ts";
import { downloadAll, tidy, uploadAll } from "../runtime/tensors.ts";
import { type AdamState, adamStep, initAdam } from "./adam.ts";
import { hasFewGoods } from "./few_goods.ts";
import { parameterGradient, tiedGradient } from "./gradient.ts";
import type { TrainingOptions } from "./options.ts";
import { type FeePrices, type ParticipationFees, participationFees } from "./participation_fees.ts";
import { cosineRateAt } from "./schedules.ts";
import { STREAMS } from "./state.ts";

/** Profiles and outcomes in each step of the fit. */
const PROFILES = 128, OUTCOMES = 16;

/**
 * The learning rates of the fit, over at most as many steps as training has iterations, or more of them with few goods. With
 * few goods it takes seconds and decides what is reached: with one, prices that are off by 0.007 earn 63% of the optimum of
 * U_{5,1}^{2,0}, and those after 1600 steps at twice the rate 88%. Several goods have more prices to be fitted: those of
 * U_{5,2}^{2,0} earn 0.113 after 1600 steps and 0.123 after 4000, from which polishing comes to 0.1284 and 0.1301.
 */
function scheduleOf({ goods }: MechanismProblem, { iterations: trained }: Pick<TrainingOptions, "iterations">) {
  const few = goods === 1 ? Math.min(1600, 2 * trained) : Math.min(4000, 5 * trained);
  const schedule = hasFewGoods({ goods })
    ? { iterations: few, learningRate: 1e-2 }
    : { iterations: Math.min(400, trained), learningRate: 5e-3 };
  return { ...schedule, finalLearningRateRatio: 0.05 };
}

/** The random numbers of what training begins with. */
function keyOf({ seed }: Pick<TrainingOptions, "seed">): RandomKey {
  return deriveKey(randomKey(seed), STREAMS.initialPrices);
}

/** The rule that {@linkcode fittedFees} fits. */
export function feeRule(problem: MechanismProblem, options: Pick<TrainingOptions, "seed">): ParticipationFees {
  return participationFees(problem, deriveKey(keyOf(options), 0));
}

/**
 * Parameters whose prices are close to those of {@linkcode participationFees}: f(x, t_-i) - f(0, t_-i) is fitted to
 * <v_i, x> + fee_i max_j x_j, at random outcomes and for new profiles in every step, by Adam.
 *
 * @param options The network, the seed, tied weights, bounds, Adam's decay rates and, for `steps`, the iterations.
 * @param given The steps of the fit, as many as {@linkcode scheduleOf} says unless given; and the rule, {@linkcode feeRule}
 * unless it is known already.
 * @returns Parameters by name, and the root mean square of what is left in the last step.
 */
export async function fittedFees(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  { steps, rule = feeRule(problem, options) }: { readonly steps?: number; readonly rule?: ParticipationFees } = {},
): Promise<{ readonly parameters: HostParameters; readonly error: number }> {
  const { participants: n, goods: m, distribution } = problem, { tiedWeights: tied } = options, rows = PROFILES * n;
  const key = keyOf(options), byRule = scheduleOf(problem, options);
  const schedule = { ...byRule, iterations: steps ?? byRule.iterations };
  const { nondecreasing } = options, bounds = rules.lowerBounds(nondecreasing); // those that training keeps
  const initial = rules.initialParameters(deriveKey(randomKey(options.seed), STREAMS.parameters), {
    nondecreasing,
    tied,
  });
  const { groupMax } = rules.network;
  if (groupMax?.direct && saysLargestCoordinate(groupMax.size)) {
    const { fees } = rule.prices(distribution.sample(deriveKey(key, 1), PROFILES, "training"));
    const mean = fees.reduce((sum, fee) => sum + fee, 0) / fees.length;
    if (mean > 0) setLargestCoordinate(initial["output.bias"].data as Float32Array, groupMax.size, mean);
  }
  let parameters = uploadAll(initial), moments: AdamState = initAdam(parameters), error = tf.scalar(0);
  try {
    for (let step = 0; step < schedule.iterations; step++) {
      const ofStep = deriveKey(key, 2, step), types = distribution.sample(deriveKey(ofStep, 0), PROFILES, "training");
      const points = outcomes(deriveKey(ofStep, 1), rows, m), wanted = pricesOf(points, rule.prices(types), m);
      const { step: fit, gradients: raw } = parameterGradient(
        ...[rules, parameters, types, rows] as const,
        (hypernetwork) => squares(kernels, hypernetwork, points, wanted, [rows, m]),
      );
      error.dispose();
      error = tf.clone(fit.error);
      const rate = cosineRateAt(step, schedule);
      const next = tidy(() => {
        const gradients = tied ? tiedGradient(raw, rules.tiedParameters()) : raw;
        return adamStep(parameters, gradients, moments, step, rate, options, bounds);
      });
      tf.dispose([...tensorsIn(fit), ...tensorsIn(raw), next.norm]);
      tf.dispose(parameters), tf.dispose(moments.first), tf.dispose(moments.second);
      parameters = next.parameters, moments = next.state;
      await letEventsIn();
    }
    await kernels.settle?.();
    return { parameters: await downloadAll(parameters), error: (await error.data())[0] };
  } finally {
    error.dispose(), tf.dispose(parameters), tf.dispose(moments.first), tf.dispose(moments.second);
  }
}

/**
 * Outcomes `[R, N + 1, m]`, the last of them zero: bundles of all sizes, some of them handed out in part, and some with a part
 * of all other goods.
 */
function outcomes(key: RandomKey, rows: number, m: number): Float32Array {
  const drawn = uniforms(deriveKey(key, 0), rows * OUTCOMES * m),
    two = uniforms(deriveKey(key, 1), rows * OUTCOMES * 2);
  const points = new Float32Array(rows * (OUTCOMES + 1) * m);
  for (let at = 0; at < rows * OUTCOMES; at++) {
    const share = two[2 * at], kind = at % 4, to = (at + Math.floor(at / OUTCOMES)) * m;
    for (let j = 0; j < m; j++) {
      const u = drawn[at * m + j];
      points[to + j] = u < share ? (kind === 0 ? two[2 * at + 1] : 1) : kind === 1 ? u / 2 : 0;
    }
  }
  return points;
}

/** The prices `[R, N]` of outcomes `[R, N + 1, m]`. */
function pricesOf(points: Float32Array, { goods, fees }: FeePrices, m: number): Float32Array {
  const made = new Float32Array(fees.length * OUTCOMES);
  for (let row = 0, to = 0; row < fees.length; row++) {
    for (let point = 0; point < OUTCOMES; point++, to++) {
      const from = (row * (OUTCOMES + 1) + point) * m;
      let largest = 0;
      for (let j = 0; j < m; j++) {
        made[to] += goods[row * m + j] * points[from + j];
        largest = Math.max(largest, points[from + j]);
      }
      made[to] += fees[row] * largest;
    }
  }
  return made;
}

/** The gradient of the mean squared difference between prices and those wanted, and its root; nothing comes to the host. */
function squares(
  kernels: PriceKernels,
  hypernetwork: HypernetworkOutput,
  outcomes: Float32Array,
  wanted: Float32Array,
  [rows, m]: readonly [number, number],
): { readonly gradient: HypernetworkGradient; readonly error: Scalar } {
  return tidy(() => {
    const points = tf.tensor3d(outcomes, [rows, OUTCOMES + 1, m]) as Tensor3D;
    const [values, atZero] = tf.split(kernels.value(hypernetwork, points), [OUTCOMES, 1], 1);
    const differences = tf.sub(tf.sub(values, atZero), tf.tensor2d(wanted, [rows, OUTCOMES]));
    const slopes = tf.mul(2 / (rows * OUTCOMES), differences);
    const coefficients = tf.concat([slopes, tf.neg(tf.sum(slopes, 1, true))], 1) as Tensor2D;
    return {
      gradient: kernels.gradient(hypernetwork, points, coefficients),
      error: tf.sqrt(tf.mean(tf.square(differences))) as Scalar,
    };
  });
}
