/**
 * What is said of polishing before a training, where it is not as one expects.
 *
 * @module
 */
import type { MechanismProblem } from "../problems/problem.ts";
import type { Device } from "../runtime/types.ts";
import { MOST_GOODS_POLISHED } from "../training/device_polishing.ts";
import { LEAST_ROWS_POLISHED, polishesByHeart, type TrainingOptions } from "../training/options.ts";
import { followsChanges } from "../training/outcome_changes.ts";
import { chainIterations, polishedShare } from "../training/phase.ts";

/**
 * A sentence where a share of the iterations was to polish and none does, where a table is too small to be polished by default,
 * or where a GPU leaves best responses to the CPU; undefined where all is well.
 *
 * @param chosen Whether the share was chosen, and not the default.
 * @param backend What is trained on.
 */
export function polishingInWords(
  problem: MechanismProblem,
  options: TrainingOptions,
  chosen: boolean,
  backend: Device["backend"],
): string | undefined {
  const { polishShare, iterations } = options;
  if (polishShare > 0 && chainIterations(options) === iterations) {
    const all = iterations === 1 ? "1 iteration" : `${iterations} iterations`;
    return `No iteration polishes: ${polishShare} of ${all} (polish-share) is less than half of one`;
  }
  if (polishedShare(options) > 0 && backend === "webgpu") {
    const onHost = "Iterations that polish find best responses on the CPU, and wait for them";
    if (problem.goods > MOST_GOODS_POLISHED) {
      return `${onHost}: the GPU does for up to ${MOST_GOODS_POLISHED} goods, and here are ${problem.goods}`;
    }
    if (followsChanges(problem)) {
      return `${onHost}, as they follow where participants who share production costs change their minds`;
    }
  }
  if (!chosen && polishShare === 0 && polishesByHeart(problem)) {
    return `No iteration polishes, as there are fewer than ${LEAST_ROWS_POLISHED} rows to learn from ` +
      "(--polish-share 0.5 polishes all the same)";
  }
}
