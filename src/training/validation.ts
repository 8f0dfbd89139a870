/**
 * Validation while training goes on: what the mechanism so far earns on validation profiles, with best responses; and, where
 * training has a patience, when it stops, and which of its mechanisms is kept.
 *
 * Early stopping as in Prechelt, "Early stopping - but when?" (Neural Networks: Tricks of the Trade, 1998).
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { evaluate } from "../mechanisms/evaluate.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { type HostTensor, requireTensor } from "../runtime/host_tensor.ts";
import type { IterationMetrics } from "./metrics.ts";
import type { TrainingOptions } from "./options.ts";
import type { Checkpoint } from "./state.ts";

/** Validation profiles of a measurement; on data every validation row counts once, whatever this says. */
const PROFILES = 4096;

/** What a measurement found, in the unit of the problem. */
export type ValidationMetrics =
  & Required<Pick<IterationMetrics, "validationRevenue" | "validationStandardError">>
  & Pick<IterationMetrics, "trainingRevenue">;

/** What was measured before, as far as it matters later. */
export interface Validation {
  /** The best mechanism so far; undefined before the first measurement, and where training has no patience. */
  readonly best?: {
    /** After which iteration it was. */
    readonly iteration: number;
    readonly revenue: number;
    readonly parameters: Readonly<Record<string, HostTensor>>;
  };
  /** Measurements since then that brought no more. */
  readonly waited: number;
}

/** Before the first measurement. */
export const NO_VALIDATION: Validation = { waited: 0 };

/** Whether an iteration is followed by a measurement. */
export function isMeasured(iteration: number, { validateEvery, iterations }: TrainingOptions): boolean {
  return validateEvery > 0 && (iteration % validateEvery === 0 || iteration === iterations);
}

/**
 * Whether a measurement counts for what is kept, and for when training stops: not in the first half of the iterations, as
 * prices are then those for soft choices. What is best of them by chance is far from what they become.
 */
export function isCounted(iteration: number, { iterations }: Pick<TrainingOptions, "iterations">): boolean {
  return 2 * iteration >= iterations;
}

/** Whether training stops, as it waited long enough for a better mechanism. */
export function isExhausted({ waited }: Validation, { patience }: Pick<TrainingOptions, "patience">): boolean {
  return patience > 0 && waited >= patience;
}

/** Measures a mechanism. */
export async function measure(
  problem: MechanismProblem,
  mechanism: Mechanism,
  seed: number,
): Promise<ValidationMetrics> {
  const { revenue, standardError, trainingRevenue } = await evaluate(problem, mechanism, {
    ...{ profiles: PROFILES, seed, part: "validation" as const },
  });
  return {
    ...{ validationRevenue: revenue, validationStandardError: standardError },
    ...trainingRevenue !== undefined && { trainingRevenue },
  };
}

/** What is known after a measurement. */
export function afterMeasurement(
  before: Validation,
  iteration: number,
  revenue: number,
  parameters: Readonly<Record<string, HostTensor>>,
): Validation {
  if (before.best && !(revenue > before.best.revenue)) return { ...before, waited: before.waited + 1 };
  return { best: { iteration, revenue, parameters }, waited: 0 };
}

/** Whether a checkpoint is one after which training stops, as patience ran out. */
export function isSavedExhausted({ metadata: { validation } }: Checkpoint, patience: number): boolean {
  const { waited } = fieldsOf(validation ?? "");
  return typeof waited === "number" && isExhausted({ waited }, { patience });
}

/** A checkpoint of which the patience begins anew, for a training that is to go on for longer. */
export function withFreshPatience({ tensors, metadata }: Checkpoint): Checkpoint {
  const { validation, ...others } = metadata;
  if (validation === undefined) return { tensors, metadata };
  return { tensors, metadata: { ...others, validation: JSON.stringify({ ...fieldsOf(validation), waited: 0 }) } };
}

/** Names of the best parameters in a checkpoint begin so. */
const PREFIX = "best.";

/** A checkpoint with what is known from validation. */
export function withValidation(saved: Checkpoint, { best, waited }: Validation): Checkpoint {
  if (!best) return saved;
  const { parameters, ...rest } = best, tensors: Record<string, HostTensor> = { ...saved.tensors };
  for (const [name, tensor] of Object.entries(parameters)) tensors[`${PREFIX}${name}`] = tensor;
  return { tensors, metadata: { ...saved.metadata, validation: JSON.stringify({ ...rest, waited }) } };
}

/**
 * What a checkpoint knows from validation.
 *
 * @throws {InvalidInputError} where it is not what training writes.
 */
export function savedValidation(rules: PricingRules, saved: Checkpoint | undefined): Validation {
  const text = saved?.metadata.validation;
  if (text === undefined) return NO_VALIDATION;
  const { iteration, revenue, waited } = fieldsOf(text);
  const counts = [iteration, waited].every((one) => Number.isSafeInteger(one) && (one as number) >= 0);
  if (!counts || typeof revenue !== "number" || !Number.isFinite(revenue)) {
    throw new InvalidInputError(
      `Cannot resume: the checkpoint's validation must be a measurement that training wrote, got ${show(text)}`,
    );
  }
  const parameters = Object.fromEntries(
    Object.entries(rules.parameterShapes).map(([name, shape]) => {
      const key = `${PREFIX}${name}`;
      return [name, requireTensor(`resume: checkpoint tensor ${key}`, shape, saved!.tensors[key])];
    }),
  );
  return { best: { iteration: iteration as number, revenue, parameters }, waited: waited as number };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
