/**
 * Measures best responses of 240 participants: by plain code, and by WASM on all threads.
 */
import { referenceBestResponses } from "../src/kernels/best_responses/reference.ts";
import { wasmBestResponses } from "../src/kernels/best_responses/wasm.ts";
import { partialGroupMax } from "../src/networks/partial_groupmax.ts";
import { deriveKey, randomKey } from "../src/random/key.ts";
import { normals, uniforms } from "../src/random/numbers.ts";

const ROWS = 240, WIDTH = 64;

for (const goods of [2, 10, 30]) {
  for (const withContext of [false, true]) {
    const network = partialGroupMax({ goods, layers: 2, groups: goods > 4 ? 32 : 8, groupSize: 4 });
    const key = randomKey(goods), P = network.weightCount, noise = normals(deriveKey(key, 0), P);
    const bias = network.initialWeights(key).map((weight, j) => weight + 0.3 * noise[j]);
    const hypernetwork = withContext
      ? {
        hidden: Float64Array.from(normals(deriveKey(key, 1), ROWS * WIDTH), (z) => Math.max(0, z)),
        weight: normals(deriveKey(key, 2), WIDTH * P).map((z) => z / WIDTH),
        bias,
      }
      : { bias };
    const types = uniforms(deriveKey(key, 3), ROWS * goods), group = `m = ${goods}, ${withContext ? "n = 3" : "n = 1"}`;
    Deno.bench({ name: `WASM on all threads, ${group}`, group, baseline: true }, () => {
      wasmBestResponses(network, hypernetwork, types, 1);
    });
    Deno.bench({ name: `plain code, ${group}`, group }, () => {
      referenceBestResponses(network, hypernetwork, types, 1);
    });
  }
}
