/**
 * Made-up runs for the tests of reports.
 *
 * @module
 */
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { type ReportedRun, viewMechanism } from "../../src/report/data.ts";
import { randomMechanism } from "../mechanisms/random_mechanism.ts";

/** A run of a mechanism that nobody trained. */
export async function madeUpRun(setting: string, more: Partial<ReportedRun> = {}): Promise<ReportedRun> {
  const problem: MechanismProblem = settingProblem(setting);
  const mechanism = randomMechanism(problem.participants, problem.goods, 2);
  return {
    name: "made-up",
    problem,
    version: "0.0.1",
    command: "tedi train --setting 'U_{1,2}^{0,0}' --backend wasm",
    device: "wasm (SIMD WASM)",
    options: { iterations: "3", seed: "0" },
    metrics: [1, 2, 3].map((iteration) => ({
      iteration,
      softRevenue: iteration / 10,
      relativeChainSuboptimality: 0.9,
      beta: 20 * iteration,
      gradientNorm: 1 / iteration,
      milliseconds: 30,
    })),
    seconds: 12.3,
    evaluation: {
      revenue: 0.5,
      standardError: 0.01,
      interval: [0.48, 0.52],
      profiles: 100,
      ...{ participantsUtility: 0.2, allocated: 0.4, worstGap: 1e-9 },
    },
    mechanism: await viewMechanism(problem, mechanism, { seed: 0, profiles: 50 }),
    ...more,
  };
}
