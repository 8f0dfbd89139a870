/**
 * Best responses of many rows, by the fastest of the implementations that this machine and the network allow. All
 * compute in 64-bit floats on the host, so that they differ by rounding only.
 *
 * @module
 */
import { embedHostSource } from "../../networks/embedding.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import type { HostWeightSource } from "../../networks/parameterized_affine.ts";
import { kernelBuild } from "../wasm/module.ts";
import { type BestResponseOptions, defaultBestResponse } from "./best_response.ts";
import { type BestResponses, referenceBestResponses } from "./reference.ts";
import { searchedResponse } from "./search.ts";
import { wasmBestResponses } from "./wasm.ts";

/**
 * The best responses, equation (4), of participants of `types` `[R, T, m]` to f with a source's R rows of raw weights.
 * Where it has no `hidden`, its one row serves all types. Where f need not be convex, they are what a search finds.
 *
 * @param perRow T, types in a row.
 */
export function bestResponses(
  network: ConvexNetwork,
  source: HostWeightSource,
  types: Float32Array | Float64Array,
  perRow: number,
  options: BestResponseOptions = defaultBestResponse,
): BestResponses {
  if (network.convex === false) {
    return referenceBestResponses(network, source, types, perRow, options, searchedResponse);
  }
  if (network.embedding) {
    const { embedding } = network;
    return bestResponses(embedding.network, embedHostSource(embedding, source), types, perRow, options);
  }
  const fused = network.groupMax !== undefined && kernelBuild() !== undefined;
  return (fused ? wasmBestResponses : referenceBestResponses)(network, source, types, perRow, options);
}
