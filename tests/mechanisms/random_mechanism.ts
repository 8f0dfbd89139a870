/** A mechanism with random parameters, far from any starting point of training. */
import { type MenuMechanism, menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { pricingRules } from "../../src/networks/pricing_rule.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals } from "../../src/random/numbers.ts";

export function randomMechanism(participants: number, goods: number, seed: number): MenuMechanism {
  const shape = { participants, goods, exchangeable: seed % 2 === 0 };
  const network = { layers: 2, groups: 4, groupSize: 3, hidden: [6] };
  const rules = pricingRules(shape, network);
  const start = rules.initialParameters(randomKey(seed));
  const parameters = Object.fromEntries(
    Object.entries(start).map(([name, { shape, data }], stream) => {
      const noise = normals(deriveKey(randomKey(seed), 99, stream), data.length);
      return [name, { shape, data: Float32Array.from(data, (value, j) => value + 0.4 * noise[j]) }];
    }),
  );
  return menuMechanism({ problem: "random", shape, network, parameters });
}
