/**
 * Training that is divided among processes, or ranks: each moves the chains of its own type profiles, and all of them
 * make the same step on the same parameters from the mean of all gradients.
 *
 * Profiles are in shards, whose number does not depend on that of the ranks. A shard draws its profiles and moves its chains
 * as a training of fewer profiles with a seed of its own would; the shards' gradients are added in the shards' order. So
 * the same shards give the same bits on any number of ranks. One shard alone is the training without ranks.
 *
 * @module
 */
import { type Tensor, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { InvalidInputError, requireInteger } from "../errors.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import type { Parameters } from "../networks/network.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { tensorsIn } from "../runtime/gradients.ts";
import { elementCount } from "../runtime/host_tensor.ts";
import type { Ranks } from "../runtime/mpi.ts";
import { hostTensors, upload } from "../runtime/tensors.ts";
import { grown, initialise, moveChainsAndGradient, NO_CHAINS, schedule, updateParameters } from "./algorithm1.ts";
import { beginningRows } from "./chains.ts";
import { softenedObjective } from "./loss.ts";
import { annealsNewChains, carriedProfiles, type TrainingOptions } from "./options.ts";
import { isPolishing } from "./phase.ts";
import { polishingStep } from "./polishing.ts";
import { refreshProfiles } from "./profiles.ts";
import { hostResponses } from "./responses.ts";
import { disposeState, restoreState, saveState, type TrainingState } from "./state.ts";
import type { TrainingSteps } from "./steps.ts";
import { chainSuboptimality, measuredRows } from "./suboptimality.ts";

/** The ranks of a training, and into how many shards its profiles are divided. */
export interface Sharding {
  /** The processes. */
  readonly ranks: Ranks;
  /** A multiple of the number of ranks. */
  readonly shards: number;
}

/** Seeds of shards are this far apart, so that neighbouring seeds of trainings have no shard in common. */
const NEXT_SHARD = 7_000_003;
/** Numbers of a shard beside its gradient: soft revenue, both suboptimalities, and whether its rank is to stop. */
const SCALARS = 4;

/**
 * The settings of training of a shard.
 *
 * @throws {InvalidInputError} where profiles cannot be divided evenly.
 */
function shardOptions(options: TrainingOptions, { ranks, shards }: Sharding): TrainingOptions[] {
  requireInteger("train", "shards", shards, 1);
  const fail = (thing: string, rule: string, got: number) => {
    throw new InvalidInputError(`Cannot train with MPI: ${thing} must be ${rule}, got ${got}`);
  };
  const { profiles, seed } = options;
  if (shards % ranks.size !== 0) fail("shards", `a multiple of the ${ranks.size} ranks`, shards);
  const { polishProfiles, polishShare } = options;
  if (profiles % shards !== 0) fail("profiles", `a multiple of the ${shards} shards`, profiles);
  if (polishShare > 0 && polishProfiles % shards !== 0) {
    fail("polishProfiles", `a multiple of the ${shards} shards`, polishProfiles);
  }
  return Array.from({ length: shards }, (_, s) => ({
    ...options,
    profiles: profiles / shards,
    polishProfiles: polishShare > 0 ? polishProfiles / shards : polishProfiles,
    seed: (seed + s * NEXT_SHARD) % Number.MAX_SAFE_INTEGER,
  }));
}

/** The loop of a training that is divided among ranks. */
export function shardedSteps(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  sharding: Sharding,
  signal?: AbortSignal,
): TrainingSteps {
  const all = shardOptions(options, sharding), { ranks, shards } = sharding, { participants: n } = problem;
  const each = shards / ranks.size, first = ranks.rank * each, own = all.slice(first, first + each);
  const profiles = carriedProfiles(own[0]), rows = profiles * n, values = rows * problem.goods;
  const sizes = Object.entries(rules.parameterShapes).map(([name, shape]) => ({
    name,
    shape,
    size: elementCount(shape),
  }));
  const numbers = sizes.reduce((sum, { size }) => sum + size, 0), bytes = 8 * SCALARS + 4 * numbers;
  let stop = false;

  /** The part of a state that one of the own shards works on; its tensors are to be disposed of. */
  const part = (state: TrainingState, k: number): TrainingState => ({
    ...state,
    types: state.types.subarray(k * values, (k + 1) * values),
    chains: state.chains.slice([k * rows], [rows]),
    squareSlopes: state.squareSlopes.slice([k * rows], [rows]),
  });

  /** Some of the rows of a state, as one that owns its tensors. */
  const joined = (states: readonly Pick<TrainingState, "types" | "chains" | "squareSlopes">[]) => {
    const types = new Float32Array(states.reduce((sum, one) => sum + one.types.length, 0));
    states.reduce((at, one) => (types.set(one.types, at), at + one.types.length), 0);
    return {
      types,
      chains: tf.concat(states.map(({ chains }) => chains), 0) as Tensor3D,
      squareSlopes: tf.concat(states.map(({ squareSlopes }) => squareSlopes), 0) as Tensor2D,
    };
  };

  return {
    stopped: () => stop,
    async agree(work) {
      const own = ranks.rank === 0 ? JSON.stringify(await work()) : "";
      return JSON.parse(new TextDecoder().decode(ranks.broadcast(new TextEncoder().encode(own))));
    },
    begin(saved, start) {
      if (saved) {
        const { types, chains, squareSlopes, ...state } = restoreState(
          problem,
          rules,
          options,
          saved,
          shards * profiles,
        );
        const mine = tf.tidy(() => ({
          chains: chains.slice([first * rows], [each * rows]) as Tensor3D,
          squareSlopes: squareSlopes.slice([first * rows], [each * rows]) as Tensor2D,
        }));
        tf.dispose([chains, squareSlopes]);
        return { ...state, ...mine, types: types.slice(first * values, (first + each) * values) };
      }
      const begun = own.map((one) => initialise(problem, rules, one));
      const whole = initialise(problem, rules, all[0], start); // its parameters are those of all
      const state = { ...whole, ...joined(begun) };
      tf.dispose([whole.chains, whole.squareSlopes]);
      begun.forEach((one) => disposeState(one));
      return state;
    },
    async iterate(state) {
      const { beta, learningRate } = schedule(state, options), iteration = state.iteration + 1;
      const polishing = isPolishing(state.iteration, options);
      const next: Pick<TrainingState, "types" | "chains" | "squareSlopes">[] = [],
        message = new Uint8Array(each * bytes);
      for (const [k, options] of own.entries()) {
        const before = part(state, k);
        const result = await (polishing ? shardPolishing : shardGradient)(
          problem,
          rules,
          kernels,
          options,
          before,
          beta,
        );
        const { chains, squareSlopes } = result;
        if (chains !== before.chains) tf.dispose([before.chains, before.squareSlopes]);
        next.push({ types: result.types, chains, squareSlopes });
        const { chainSuboptimality, relativeChainSuboptimality } = result.suboptimality;
        const scalars = [
          ...[result.softRevenue, chainSuboptimality, relativeChainSuboptimality],
          signal?.aborted ? 1 : 0,
        ];
        message.set(new Uint8Array(Float64Array.from(scalars).buffer), k * bytes);
        let at = k * bytes + 8 * SCALARS;
        for (const { name, size } of sizes) {
          const data = await result.gradients[name].data() as Float32Array;
          message.set(new Uint8Array(data.buffer, data.byteOffset, 4 * size), at);
          at += 4 * size;
        }
        tf.dispose([...result.others, ...tensorsIn(result.gradients)]);
      }
      const received = ranks.allgather(message);
      const { gradients, scalars } = meanOfShards(received, shards, numbers, sizes);
      const { norm, ...updated } = updateParameters(rules, options, state, gradients, learningRate);
      const gradientNorm = (await norm.data())[0];
      tf.dispose([norm, ...tensorsIn(gradients)]);
      await kernels.settle?.();
      const [softRevenue, chainSuboptimality, relativeChainSuboptimality, stopping] = scalars;
      stop = stopping > 0;
      const keepUp = !polishing && relativeChainSuboptimality <= options.largestSuboptimality;
      const rowsNow = joined(next);
      for (const { chains, squareSlopes } of next) tf.dispose([chains, squareSlopes]);
      return {
        state: { ...updated, ...rowsNow, iteration, growth: grown(state, options) + (keepUp ? 1 : 0) },
        metrics: [{
          ...{ iteration, softRevenue, chainSuboptimality, relativeChainSuboptimality, gradientNorm },
          ...{ beta, learningRate },
        }],
      };
    },
    settle: (state) => Promise.resolve({ state, metrics: [] }),
    end() {},
    async save(state) {
      const saved = await saveState(problem, options, state), tensors = { ...saved.tensors };
      for (const name of ["chains", "squareSlopes", "types"]) {
        const { shape: [length, ...others], data } = tensors[name];
        const whole = ranks.allgather(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        tensors[name] = { shape: [length * ranks.size, ...others], data: new Float32Array(whole.buffer) };
      }
      return { tensors, metadata: { ...saved.metadata, shards: String(shards) } };
    },
  };
}

/** Algorithm 1, lines 8 to 14 and 5 to 6, for one shard. The caller disposes of what is in the result. */
async function shardGradient(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  state: TrainingState,
  beta: number,
) {
  const types = refreshProfiles(problem, options, state), rows = measuredRows(options, problem.participants);
  const fresh = annealsNewChains(options, kernels) ? 0 : beginningRows(state, options, problem);
  const parameters = await hostTensors(state.parameters);
  const responses = hostResponses(rules, options, parameters, state, types, fresh, rows, beta);
  const points = responses.initialPoints;
  const { step, gradients } = moveChainsAndGradient(problem, rules, kernels, options, state, types, points, beta);
  const suboptimality = await chainSuboptimality(types, step.moved, rows, responses.bestUtilities, beta);
  const softRevenue = softenedObjective(await step.utilities.data() as Float32Array);
  const { moved: { chains, squareSlopes, values }, utilities, gradient } = step;
  const others = [values, utilities, ...tensorsIn(gradient)];
  return { gradients, types, chains, squareSlopes, softRevenue, suboptimality, others };
}

/** What {@linkcode shardGradient} gives, from best responses: its chains stay. */
async function shardPolishing(
  problem: MechanismProblem,
  rules: PricingRules,
  kernels: PriceKernels,
  options: TrainingOptions,
  state: TrainingState,
): ReturnType<typeof shardGradient> {
  const { revenue: softRevenue, gradients, gradient } = await polishingStep(problem, rules, kernels, options, state);
  const { types, chains, squareSlopes } = state, others = tensorsIn(gradient);
  return { gradients, types, chains, squareSlopes, softRevenue, suboptimality: NO_CHAINS, others };
}

/** The means of what shards sent, each added in the order of the shards in 64-bit floats; of the last number the sum. */
function meanOfShards(
  received: Uint8Array<ArrayBuffer>,
  shards: number,
  numbers: number,
  sizes: readonly { readonly name: string; readonly shape: readonly number[]; readonly size: number }[],
): { gradients: Parameters; scalars: number[] } {
  const bytes = 8 * SCALARS + 4 * numbers,
    sum = new Float64Array(numbers),
    scalars = new Array<number>(SCALARS).fill(0);
  for (let s = 0; s < shards; s++) {
    const own = received.slice(s * bytes, (s + 1) * bytes).buffer;
    new Float64Array(own, 0, SCALARS).forEach((value, k) => scalars[k] += k < SCALARS - 1 ? value / shards : value);
    const gradient = new Float32Array(own, 8 * SCALARS);
    for (let k = 0; k < numbers; k++) sum[k] += gradient[k];
  }
  const mean = Float32Array.from(sum, (value) => value / shards), gradients: Record<string, Tensor> = {};
  let at = 0;
  for (const { name, shape, size } of sizes) {
    gradients[name] = upload({ shape, data: mean.slice(at, at + size) });
    at += size;
  }
  return { gradients, scalars };
}
