/**
 * Best responses of many rows, by the fastest implementation that the machine and the network allow. All
 * implementations compute in 64-bit floats on the host, and differ by rounding only.
 *
 * @module
 */
import type { HostHypernetworkOutput } from "../../networks/hypernetwork_output.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import { kernelBuild } from "../wasm/module.ts";
import { type BestResponseOptions, defaultBestResponse } from "./best_response.ts";
import { type BestResponses, referenceBestResponses } from "./reference.ts";
import { searchedResponse } from "./search.ts";
import { wasmBestResponses } from "./wasm.ts";

/**
 * The best responses, equation (4), of participants of types `types` `[R, T, m]` to the prices that R rows of a
 * hypernetwork output make. Without `hidden`, all rows have the same prices. Where f need not be convex, they come from
 * a search and have no certificate.
 *
 * @param types Flat `[R, T, m]`.
 * @param perRow T, the number of types in a row.
 *
 * @example
 * ```ts
 * import { bestResponses, pricingRules, randomKey } from "@tedi/toolkit/kernels";
 * import { assert } from "@std/assert";
 *
 * const shape = { participants: 2, goods: 3, exchangeable: false }, types = Float32Array.of(0.9, 0.1, 0.5, 0.2, 0.8, 0.4);
 * const rules = pricingRules(shape, { layers: 2, groups: 8, groupSize: 4, hidden: [16] });
 * const hypernetwork = rules.hostHypernetwork(rules.initialParameters(randomKey(0)), types); // a row for each participant
 * const { payments, gaps } = bestResponses(rules.network, hypernetwork, types, 1);
 * assert(payments.length === 2 && gaps.every((gap) => gap < 1e-6));
 * ```
 */
export function bestResponses(
  network: ConvexNetwork,
  hypernetwork: HostHypernetworkOutput,
  types: Float32Array | Float64Array,
  perRow: number,
  options: BestResponseOptions = defaultBestResponse,
): BestResponses {
  if (!network.convex) {
    return referenceBestResponses(network, hypernetwork, types, perRow, options, searchedResponse);
  }
  const fused = network.groupMax !== undefined && kernelBuild() !== undefined;
  return (fused ? wasmBestResponses : referenceBestResponses)(network, hypernetwork, types, perRow, options);
}
