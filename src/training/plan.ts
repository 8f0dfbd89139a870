/**
 * What training will take, known before it begins.
 *
 * @module
 */
import { InvalidInputError } from "../errors.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import type { Device } from "../runtime/device.ts";
import { elementCount } from "../runtime/host_tensor.ts";
import { carriedProfiles, type TrainingOptions } from "./options.ts";
import { chainIterations } from "./phase.ts";
import { polishingPlan } from "./polishing_plan.ts";

/** Memory and work of a training run. */
export interface TrainingPlan {
  /** Numbers that are trained. */
  readonly parameters: number;
  /** P, raw weights of one pricing rule. */
  readonly rawWeights: number;
  /** Pricing rules at a time: profiles, those that warm up included, times participants. */
  readonly rows: number;
  /** Chains at a time. */
  readonly chains: number;
  /** Bytes at the peak. */
  readonly bytes: {
    /** Parameters, their average, their moments and gradient, old and new. */
    readonly parameters: number;
    /** Chains and types, before and after a move. */
    readonly chains: number;
    /** What kernels take where chains move. */
    readonly kernels: number;
    /**
     * What iterations that polish take in the place of that; 0 where none does. Best responses of the host take memory of their
     * own for each thread, and hidden layers some for contexts, which do not count.
     */
    readonly polishing: number;
    readonly total: number;
  };
  /** Bytes of the largest buffer that each of them needs. */
  readonly largest: {
    readonly parameters: number;
    readonly chains: number;
    readonly kernels: number;
    readonly polishing: number;
  };
  /** Floating-point operations of an iteration, additions and multiplications counted each, without best responses. */
  readonly flop: {
    /** Raw weights from contexts, and the way back. */
    readonly hypernetwork: number;
    /** Langevin steps and line moves. */
    readonly chains: number;
    /** Prices of the chains, and their gradient in the raw weights. */
    readonly prices: number;
    /** All three: an iteration with chains. */
    readonly total: number;
    /** An iteration that polishes; 0 where none does. */
    readonly polishing: number;
    /** All iterations. */
    readonly all: number;
  };
}

/** Forward passes of a line move for each chain: where it is and the points it tries. */
const LINE_PASSES = 7;
/** Copies of the parameters at the peak: parameters, average and two moments, each old and new, and the gradient. */
const PARAMETER_COPIES = 9;

/** The plan of a training run with these kernels. */
export function trainingPlan(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
): TrainingPlan {
  const { shape: { participants: n, goods: m }, network: { weightCount: P, groupMax } } = rules;
  const { chains: C, steps: S, lineMoveEvery } = options;
  const rows = carriedProfiles(options) * n, trained = options.profiles * n;
  const parameters = Object.values(rules.parameterShapes).reduce((sum, one) => sum + elementCount(one), 0);
  const H = rules.parameterShapes["output.weight"]?.[0] ?? 0;
  const [Hl, maps] = rules.parameterShapes["output.slopes"] ?? [0, 0], D = P - m * maps;
  const memoryOf = (rows: number, chains: number) => kernels.memory(rows, chains, H, Hl, n), memory = memoryOf(rows, C);

  // Of one point: f takes each weight once; a subgradient follows one element of each group.
  const forward = 2 * P, winners = groupMax ? forward / groupMax.size.groupSize : forward;
  const lineMoves = lineMoveEvery > 0 && C >= 4 ? Math.ceil(S / lineMoveEvery) * LINE_PASSES : 0;
  const hypernetwork = 2 * (H * D + Hl * m * maps), polished = options.iterations - chainIterations(options);
  const polishing = polished === 0
    ? { total: 0, largest: 0, flop: 0 }
    : polishingPlan(problem, rules, kernels, options, memoryOf, { hypernetwork, forward, winners });
  const bytes = {
    parameters: 4 * PARAMETER_COPIES * parameters,
    chains: 4 * 3 * rows * (C + 2) * m,
    kernels: memory.total,
    polishing: polishing.total,
  };
  const flop = {
    hypernetwork: hypernetwork * (rows + 2 * trained),
    chains: rows * C * (S * (forward + winners) + lineMoves * forward) + rows * (C + 1) * forward,
    prices: trained * (C + 1) * (forward + 2 * winners),
  };
  const total = flop.hypernetwork + flop.chains + flop.prices;
  return {
    ...{ parameters, rawWeights: P, rows, chains: rows * C },
    bytes: { ...bytes, total: bytes.parameters + bytes.chains + Math.max(bytes.kernels, bytes.polishing) },
    largest: {
      parameters: 4 * Math.max(...Object.values(rules.parameterShapes).map(elementCount)),
      chains: 4 * rows * C * m,
      kernels: memory.largest,
      polishing: polishing.largest,
    },
    flop: {
      ...flop,
      total,
      polishing: polishing.flop,
      all: chainIterations(options) * total + polished * polishing.flop,
    },
  };
}

/**
 * Fails where a plan does not fit on a device.
 *
 * @throws {InvalidInputError} telling what takes too much, and what to lower.
 */
export function checkPlan(plan: TrainingPlan, device: Device, options: TrainingOptions): void {
  const { network: { groups, groupSize, layers, hidden }, profiles, chains, polishProfiles } = options;
  const network = `network.groups (${groups}), groupSize (${groupSize}), layers (${layers}) or hidden ([${hidden}])`;
  const remedies = {
    parameters: network,
    chains: `profiles (${profiles}) or chains (${chains})`,
    kernels: `profiles (${profiles}), chains (${chains}), ${network}`,
    polishing: `polishProfiles (${polishProfiles}) or ${network}`,
  };
  for (const part of ["parameters", "chains", "kernels", "polishing"] as const) {
    if (plan.largest[part] <= device.largestBuffer) continue;
    throw new InvalidInputError(
      `Cannot train: the largest buffer for ${part} must have at most ${inMebibytes(device.largestBuffer)} on ` +
        `${device.backend} (${device.adapter}), got ${inMebibytes(plan.largest[part])}; lower ${remedies[part]}`,
    );
  }
}

/** Bytes for people. */
export function inMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 100 * 2 ** 20 ? 1 : 0)} MiB`;
}
