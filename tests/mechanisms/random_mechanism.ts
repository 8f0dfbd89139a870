/** Mechanisms with random parameters, far from any starting point of training. */
import { type MenuMechanism, menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import type { MechanismUnits } from "../../src/mechanisms/units.ts";
import { type NetworkSize, pricingRules } from "../../src/networks/pricing_rule.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { normals } from "../../src/random/numbers.ts";

/** A mechanism for types in [0, 1]. */
export function randomMechanism(participants: number, goods: number, seed: number): MenuMechanism {
  const network = { layers: 2, groups: 4, groupSize: 3, hidden: [6] };
  return disturbed(participants, goods, seed % 2 === 0, network, randomKey(seed));
}

/** A mechanism with three layers and types up to 80 euros, of any kind and context. */
export function randomOf(
  participants: number,
  goods: number,
  more: Partial<NetworkSize>,
  exchangeable = true,
): MenuMechanism {
  const network = { layers: 3, groups: 4, groupSize: 3, hidden: [5], ...more };
  const units = { largest: 80, network: 20, name: "EUR" };
  return disturbed(participants, goods, exchangeable, network, randomKey(goods), units);
}

/** A network's initial parameters with noise. */
function disturbed(
  participants: number,
  goods: number,
  exchangeable: boolean,
  network: NetworkSize,
  key: RandomKey,
  units?: MechanismUnits,
): MenuMechanism {
  const shape = { participants, goods, exchangeable };
  const start = pricingRules(shape, network).initialParameters(key);
  const parameters = Object.fromEntries(
    Object.entries(start).map(([name, { shape, data }], stream) => {
      const noise = normals(deriveKey(key, 99, stream), data.length);
      return [name, { shape, data: Float32Array.from(data, (value, j) => value + 0.4 * noise[j]) }];
    }),
  );
  return menuMechanism({ problem: "random", shape, network, parameters, ...units && { units } });
}
