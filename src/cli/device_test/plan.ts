/**
 * What is tested of an adapter: on which random shapes, and with which trainings.
 *
 * @module
 */
import { caseName, type KernelCase, randomCase } from "../../kernels/comparison/cases.ts";
import type { MechanismProblem } from "../../problems/problem.ts";
import { settingProblem } from "../../problems/settings.ts";
import { deriveKey, randomKey } from "../../random/key.ts";
import { defaultTraining, type TrainingOptions } from "../../training/options.ts";

/** A training, of which a few iterations are run. */
export interface PlannedTraining {
  readonly problem: MechanismProblem;
  readonly options: TrainingOptions;
}

/** What is tested. */
export interface TestPlan {
  /** Shapes on which every kernel is compared with the reference. */
  readonly cases: readonly KernelCase[];
  /** Compared with the same on wasm: iterations with chains, and one that polishes. */
  readonly compared: PlannedTraining;
  /** Timed on the adapter and on wasm, after what the adapter does at most; no figures without it. */
  readonly timed?: PlannedTraining;
}

/** Random shapes, symmetric networks and slopes per good among them; three times as many on hardware. */
const SHAPES = ["dense", "dense", "dense", "dense", "per good", "per good", "symmetric", "symmetric"] as const;

/**
 * The plan of `tedi devices --test`.
 *
 * @param software Whether the adapter is emulated on the CPU, which takes less shapes and a smaller training.
 */
export function standardPlan(seed: number, software: boolean): TestPlan {
  const shapes = software ? SHAPES : [...SHAPES, ...SHAPES, ...SHAPES];
  const cases = shapes.map((kind, k): KernelCase => {
    const one = randomCase(deriveKey(randomKey(seed), k)[0], kind === "per good");
    if (kind !== "symmetric") return one;
    const { hidden: _, ...rest } = one, size = { ...one.size, sumsOfLargest: true as const };
    return { ...rest, size, hidden: 0, name: caseName(size, one.rows, 0, 0, one.chains, one.move) };
  });
  const training = (setting: string, changes: Partial<TrainingOptions> = {}): PlannedTraining => {
    const problem = settingProblem(setting);
    return { problem, options: { ...defaultTraining(problem), ...changes, seed } };
  };
  return {
    cases,
    // Annealing, as a GPU finds where new chains begin.
    compared: training("U_{3,2}^{1,0}", {
      ...{ profiles: 16, polishProfiles: 64, newChains: "annealed", initialPrices: "cheap" },
    }),
    timed: software ? training("U_{3,2}^{1,0}", { profiles: 16, polishProfiles: 16 }) : training("U_{3,10}^{1,0}"),
  };
}
