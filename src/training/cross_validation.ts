/**
 * Cross-validation: what training on a table earns on rows that it has not seen, with every row held out once.
 *
 * @module
 */
import { InvalidInputError, requireInteger, show } from "../errors.ts";
import { evaluate, type Evaluation } from "../mechanisms/evaluate.ts";
import { NORMAL_QUANTILE } from "../mechanisms/mean.ts";
import type { DataRows, MechanismProblem } from "../problems/problem.ts";
import { problemOf } from "../problems/problem_of.ts";
import type { Device } from "../runtime/device.ts";
import type { TrainingOptions } from "./options.ts";
import { train } from "./train.ts";

/** What cross-validation found. */
export interface CrossValidation {
  /** Mean u0 over all rows, each held out from the training of the mechanism that it is measured with. */
  readonly revenue: number;
  /** Its standard error, over rows. */
  readonly standardError: number;
  /** A 95% confidence interval of what mechanisms that are trained so earn. */
  readonly interval: readonly [number, number];
  /** The number of rows. */
  readonly rows: number;
  /** The evaluation of each fold. */
  readonly folds: readonly Evaluation[];
}

/** The data of a problem that can be divided into folds. */
export function requireFolds(
  action: string,
  { name, distribution: { data } }: MechanismProblem,
  folds: unknown,
): DataRows {
  requireInteger(action, "folds", folds, 2);
  if (!data) throw new InvalidInputError(`Cannot ${action}: folds must be of a table, got the problem ${show(name)}`);
  const rows = data.rows("training") + data.rows("validation") + data.rows("held-out"), most = Math.floor(rows / 5);
  if (folds <= most) return data;
  throw new InvalidInputError(
    `Cannot ${action}: folds must be at most ${most}, five rows each of ${rows}, got ${folds}`,
  );
}

/**
 * Trains once for each of some folds, on the rows that are not in it, and evaluates on those that are. Folds are
 * independent of each other as far as their rows are, so that their errors add up as those of parts of a sample do.
 *
 * @param problem A problem of a table: a setting, which draws profiles without end, has no folds.
 * @param folds How many, at least 2, of five rows or more.
 * @param onFold Told of each fold that is done.
 * @throws {InvalidInputError} where the problem has no data, or there are too many folds.
 */
export async function crossValidate(
  problem: MechanismProblem | string,
  settings: Partial<TrainingOptions>,
  folds: number,
  { device, onFold }: { readonly device?: Device; readonly onFold?: (done: number, all: number) => void } = {},
): Promise<CrossValidation> {
  const task = problemOf(problem), data = requireFolds("cross-validate", task, folds), found: Evaluation[] = [];
  const unmeasured = settings.patience === 0 ? { ...settings, validateEvery: 0 } : settings; // it would change nothing
  for (let fold = 0; fold < folds; fold++) {
    const other = { ...task, distribution: data.fold(fold, folds) };
    const { mechanism } = await train(other, unmeasured, { device });
    found.push(await evaluate(other, mechanism, { seed: settings.seed }));
    onFold?.(fold + 1, folds);
  }
  const rows = found.reduce((sum, one) => sum + one.rows!, 0);
  const revenue = found.reduce((sum, one) => sum + one.revenue * one.rows! / rows, 0);
  const standardError = Math.sqrt(found.reduce((sum, one) => sum + (one.standardError * one.rows! / rows) ** 2, 0));
  const width = NORMAL_QUANTILE * standardError;
  return { revenue, standardError, interval: [revenue - width, revenue + width], rows, folds: found };
}
