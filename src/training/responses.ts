/**
 * The best responses that an iteration needs, on the host in 64-bit floats: where chains of new profiles begin, and how
 * far chains are from the best. The hidden layers that read contexts are run once for the rows of both.
 *
 * @module
 */
import { bestResponses } from "../kernels/best_responses/select.ts";
import { hostRows } from "../networks/hypernetwork_output.ts";
import type { PricingRules } from "../networks/pricing_rule.ts";
import { deriveKey, randomKey } from "../random/key.ts";
import type { HostTensors } from "../runtime/host_tensor.ts";
import { initialPoints } from "./chains.ts";
import type { TrainingOptions } from "./options.ts";
import { STREAMS } from "./state.ts";

/** What {@linkcode hostResponses} gives. */
export interface HostResponses {
  /** Where chains begin, `[rows, C, m]`; undefined where none does, or the device finds it. */
  readonly initialPoints?: Float32Array;
  /** The utility of a best response for each measured row. */
  readonly bestUtilities: Float64Array;
}

/**
 * Best responses to prices.
 *
 * @param parameters May be views of tensors: none is made meanwhile.
 * @param types Types of all rows `[R, m]`.
 * @param fresh How many rows, the last ones, have chains that begin at best responses.
 * @param measured Rows whose chains are measured: whole profiles.
 */
export function hostResponses(
  rules: PricingRules,
  options: TrainingOptions,
  parameters: HostTensors,
  { iteration }: { readonly iteration: number },
  types: Float32Array,
  fresh: number,
  measured: readonly number[],
  beta: number,
): HostResponses {
  const { goods: m } = rules.shape, count = fresh + measured.length;
  const own = new Float32Array(count * m);
  own.set(types.subarray(types.length - fresh * m));
  measured.forEach((row, k) => own.set(types.subarray(row * m, (row + 1) * m), (fresh + k) * m));

  const hypernetwork = rules.hostHypernetwork(parameters, own);
  const rows = (first: number, some: number) => hostRows(hypernetwork, count, first, some);
  const key = deriveKey(randomKey(options.seed), STREAMS.chains, iteration);
  return {
    initialPoints: fresh > 0
      ? initialPoints(rules.network, rows(0, fresh), own.subarray(0, fresh * m), options, beta, key)
      : undefined,
    bestUtilities: bestResponses(
      rules.network,
      rows(fresh, measured.length),
      Float64Array.from(own.subarray(fresh * m)),
      1,
    ).utilities,
  };
}
