/** Prices at random, for tests of gradients. */
import type { HostParameters } from "../../src/networks/pricing_rule.ts";
import type { RandomKey } from "../../src/random/key.ts";
import { normals } from "../../src/random/numbers.ts";

/** Parameters with normal noise of some deviation, for whose k-th `keyOf` gives the key. */
export function noisyParameters(
  parameters: HostParameters,
  deviation: number,
  keyOf: (k: number) => RandomKey,
): HostParameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }], k) => {
      const noise = normals(keyOf(k), data.length);
      return [name, { shape, data: Float32Array.from(data, (value, at) => value + deviation * noise[at]) }];
    }),
  );
}
