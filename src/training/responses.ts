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
import { freshProfiles, type TrainingOptions } from "./options.ts";
import { STREAMS } from "./state.ts";

/** What {@linkcode hostResponses} gives. */
export interface HostResponses {
  /** Where the chains of new profiles begin, `[rows, C, m]`; undefined where there are none, or the device finds it. */
  readonly initialPoints?: Float32Array;
  /** The utility of a best response for each measured row. */
  readonly bestUtilities: Float64Array;
}

/**
 * Best responses to prices.
 *
 * @param parameters May be views of tensors: none is made meanwhile.
 * @param types Types of all rows `[R, m]`; new profiles are the last, from the second iteration on.
 * @param annealed Whether the chains of new profiles begin elsewhere, at annealed points.
 * @param measured Rows whose chains are measured: whole profiles.
 */
export function hostResponses(
  rules: PricingRules,
  options: TrainingOptions,
  parameters: HostTensors,
  { iteration }: { readonly iteration: number },
  types: Float32Array,
  measured: readonly number[],
  beta: number,
  annealed = false,
): HostResponses {
  const { participants: n, goods: m } = rules.shape;
  const fresh = iteration > 0 && !annealed ? freshProfiles(options) * n : 0, count = fresh + measured.length;
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
