/**
 * TEDI beside baselines: a learned menu of 128 options (MD-MenuNet), each good by itself, and all goods as one bundle.
 *
 *     deno run -A compare_with_baseline.ts [ITERATIONS]
 */
import {
  bundle,
  evaluate,
  knownOptimum,
  type Mechanism,
  separable,
  settingProblem,
  train,
  trainMenuNet,
} from "../../mod.ts";

const iterations = Number(Deno.args[0] ?? 200), problem = settingProblem("U_{1,2}^{0,0}");

const mechanisms: Record<string, Mechanism> = {
  "TEDI": (await train(problem, { iterations })).mechanism,
  "MD-MenuNet": (await trainMenuNet(problem, { iterations })).mechanism,
  "Separable-OPT": separable(problem),
  "Bundle-OPT": bundle(problem),
};
for (const [name, mechanism] of Object.entries(mechanisms)) {
  // The same seed, so the same test profiles for all.
  const { revenue, standardError } = await evaluate(problem, mechanism, { profiles: 50_000 });
  console.log(`${name.padEnd(14)} ${revenue.toFixed(4)} +- ${standardError.toFixed(4)}`);
}
console.log(`known optimum  ${knownOptimum(problem)!.value.toFixed(4)}`);
