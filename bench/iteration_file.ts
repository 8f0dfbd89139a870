/**
 * The same training iteration for us and for the peers: a file of parameters, types, chains and options.
 */
import { decodeSafetensors, encodeSafetensors } from "../src/io/safetensors.ts";
import { settingProblem } from "../src/problems/settings.ts";
import { deriveKey, randomKey } from "../src/random/key.ts";
import { normals, uniforms } from "../src/random/numbers.ts";
import type { MechanismProblem } from "../src/problems/problem.ts";
import { defaultTraining, type TrainingOptions } from "../src/training/options.ts";
import { trainingRules } from "../src/training/train.ts";
import type { Checkpoint } from "../src/training/state.ts";

/** An iteration to measure, with the network and sampler of the comparison: K = 2, E = 4, hidden 64, C = 16, S = 10. */
export interface IterationSize {
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
  /** M. */
  readonly profiles: number;
  /** G; 32 unless given. */
  readonly groups?: number;
}

/** beta of the measured iteration. */
const BETA = 80;

/**
 * The problem and the options of an iteration: the paper's fixed profiles, no line moves, costs of 1 for production.
 */
export function iterationTask(size: IterationSize): { problem: MechanismProblem; options: TrainingOptions } {
  const { participants, goods, profiles, groups = 32 } = size;
  const productionCost = participants > 1 ? 1 : 0;
  const problem = settingProblem({ distribution: "U", participants, goods, productionCost, duplicationCost: 0 });
  return {
    problem,
    options: {
      ...defaultTraining(problem),
      network: { layers: 2, groups, groupSize: 4, hidden: [64] },
      ...{ profiles, chains: 16, steps: 10, refresh: 0, warmUp: 0, lineMoveEvery: 0 },
      ...{ initialBeta: BETA, finalBeta: BETA, iterations: 1000 },
    },
  };
}

/** The file of an iteration. With noise it is larger by S times the chains, and can be checked. */
export function encodeIteration(size: IterationSize, withNoise: boolean): Uint8Array {
  const { problem, options } = iterationTask(size), key = randomKey(1);
  const { participants: n, goods: m, distribution } = problem, { profiles: M, chains: C, steps: S } = options;
  const rows = M * n, tensor = (shape: number[], data: Float32Array) => ({ shape, data });
  // The chains' initial points are arbitrary: how long an iteration takes does not depend on them.
  const tensors = {
    ...trainingRules(problem, options).initialParameters(deriveKey(key, 0)),
    types: tensor([M, n, m], distribution.sample(deriveKey(key, 1), M, "training")),
    chains: tensor([rows, C, m], uniforms(deriveKey(key, 2), rows * C * m)),
    squareSlopes: tensor([rows, m], new Float32Array(rows * m).fill(0.1)),
    ...(withNoise ? { noise: tensor([S, rows, C, m], normals(deriveKey(key, 3), S * rows * C * m)) } : {}),
  };
  const { network: { layers, groups, groupSize }, stepScale, learningRate, beta1, beta2, epsilon, clipNorm } = options;
  const config = {
    ...{ participants: n, goods: m, profiles: M, layers, groups, groupSize, exchangeable: true, beta: BETA, stepScale },
    ...{ productionCost: n > 1 ? 1 : 0, distributionCost: 0, steps: S },
    ...{ learningRate, beta1, beta2, epsilon, clipNorm },
  };
  return encodeSafetensors(tensors, { config: JSON.stringify(config) });
}

/** An iteration's file as a task and a checkpoint to go on from. */
export function decodeIteration(
  bytes: Uint8Array,
): { problem: MechanismProblem; options: TrainingOptions; checkpoint: Checkpoint } {
  const { tensors, metadata } = decodeSafetensors(bytes, "the iteration");
  const { participants, goods, profiles, groups } = JSON.parse(metadata.config);
  const { problem, options } = iterationTask({ participants, goods, profiles, groups });
  const { types, chains, squareSlopes, noise: _, ...parameters } = tensors;
  const named = (prefix: string, zero: boolean) =>
    Object.entries(parameters).map(([name, { shape, data }]) => [
      `${prefix}.${name}`,
      { shape, data: zero ? new Float32Array(data.length) : data },
    ]);
  return {
    problem,
    options,
    checkpoint: {
      tensors: {
        ...Object.fromEntries([...named("parameters", false), ...named("average", false)]),
        ...Object.fromEntries([...named("adam.first", true), ...named("adam.second", true)]),
        types: { shape: [types.data.length], data: types.data },
        ...{ chains, squareSlopes },
      },
      metadata: { progress: JSON.stringify({ iteration: 0, growth: 0 }) },
    },
  };
}
