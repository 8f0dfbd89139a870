/**
 * Violations that are planted in truthful mechanisms, by kind, size and share of types.
 *
 * @module
 */
import type { Mechanism } from "../../src/mechanisms/mechanism.ts";
import { deriveKey, type RandomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { auctions, lotteries, postedPrices, type Rule, ruled, singlyOrTogether } from "./truthful.ts";

/** A violation, planted in a mechanism. */
export interface Planted {
  /** What is wrong, in words. */
  readonly kind: string;
  /** The mechanism that it is planted in, in words. */
  readonly base: string;
  /** How large the violation is, in the units of types. */
  readonly size: number;
  /** The share of type profiles that are concerned; left out where the kind says which are. */
  readonly share?: number;
  /** The setting to audit it in. */
  readonly setting: string;
  /** The truthful mechanism. */
  truthful(key: RandomKey): Mechanism;
  /** The same with the violation planted; other keys plant it in other mechanisms, at other types. */
  plant(key: RandomKey): Mechanism;
}

/** A set of type profiles `[n, m]`. */
type Region = (types: ArrayLike<number>) => boolean;
/** Changes what participant `i` of a profile gets, in place, and pays; returns the payment. */
type Change = (types: Float32Array, i: number, outcome: Float64Array, payment: number) => number;

/** A rule with its results changed. */
export function changed(rule: Rule, change: Change): Rule {
  return {
    ...rule,
    decide(types, i, outcome) {
      return change(types, i, outcome, rule.decide(types, i, outcome));
    },
  };
}

/** Profiles that say whether a region is worth changing. */
const PROBES = 200;

/**
 * A box of type profiles with probability `share` under uniform types, which one to three of all values decide. At most
 * of its profiles somebody gets something.
 */
export function regionOf(rule: Rule, share: number, key: RandomKey): Region {
  const { participants: n, goods: m } = rule, size = n * m;
  for (let attempt = 0;; attempt++) {
    const draw = uniforms(deriveKey(key, attempt), 7), dimensions = Math.min(size, 1 + Math.floor(3 * draw[0]));
    const side = share ** (1 / dimensions), box = new Map<number, number>();
    for (let k = 0; box.size < dimensions; k++) {
      const at = (Math.floor(draw[1 + k % 3] * size) + Math.floor(k / 3)) % size;
      if (!box.has(at)) box.set(at, draw[4 + box.size] * (1 - side));
    }
    const probes = uniforms(deriveKey(key, attempt, 1), PROBES * size);
    let sold = 0;
    for (let k = 0; k < PROBES; k++) {
      const types = probes.subarray(k * size, (k + 1) * size);
      for (const [at, low] of box) types[at] = low + side * types[at];
      if (Array.from({ length: n }, (_, i) => gets(rule, types, i)).some(Boolean)) sold++;
    }
    if (sold > PROBES / 2) {
      const bounds = [...box];
      return (types) => {
        for (let k = 0; k < bounds.length; k++) {
          const [at, low] = bounds[k];
          if (!(types[at] >= low && types[at] < low + side)) return false;
        }
        return true;
      };
    }
  }
}

function gets(rule: Rule, types: Float32Array, i: number): boolean {
  const outcome = new Float64Array(rule.goods);
  rule.decide(types, i, outcome);
  return outcome.some((x) => x > 0);
}

/** Mechanisms to plant in: a setting of uniform types, and a rule of some numbers in [0, 1). */
const BASES = {
  posted: ["posted prices", "U-1-2", (draw) => postedPrices(1, [price(draw[0]), price(draw[1])])],
  lotteries: ["lotteries", "U-1-2", (draw) => lotteries(1, 2, 0.1 + 0.2 * draw[0], 0.4 + 0.3 * draw[1])],
  together: ["singly or together", "U-1-10", (draw) => singlyOrTogether(1, 10, 0.8, 4.5 + draw[0])],
  auctions: ["auctions", "U-3-2", (draw) => auctions(3, [price(draw[0]) - 0.1, price(draw[1]) - 0.1])],
} as const satisfies Record<string, readonly [name: string, setting: string, make: (draw: Float32Array) => Rule]>;

/** The name of a mechanism to plant in. */
type Base = keyof typeof BASES;

/** A price that is a 32-bit float, as types are. */
function price(draw: number): number {
  return Math.fround(0.3 + 0.4 * draw);
}

/** How wide corners are. */
const WIDTH = 0.05;

/** Types `[m]` at a corner of the box, within {@linkcode WIDTH} of it, which get something whatever the others report. */
export function cornerOf(rule: Rule, key: RandomKey): (own: ArrayLike<number>) => boolean {
  const { participants: n, goods: m } = rule;
  for (let attempt = 0;; attempt++) {
    const high = uniforms(deriveKey(key, attempt), m).map(Math.round), types = new Float32Array(n * m);
    types.set(high);
    if (gets(rule, types, 0)) {
      return (own) => high.every((one, j) => one > 0 ? own[j] >= 1 - WIDTH : own[j] <= WIDTH);
    }
  }
}

function something(outcome: Float64Array): boolean {
  for (let j = 0; j < outcome.length; j++) if (outcome[j] > 0) return true;
  return false;
}

const ownTypes = (types: Float32Array, i: number, m: number) => types.subarray(i * m, (i + 1) * m);

/** What is planted: a change of a rule, by its size and a key. */
type Kind = (rule: Rule, size: number, key: RandomKey, share: number) => Change;

/** Whoever gets something pays more (`sign` 1) or less (-1) at a share of type profiles. */
const paysElse = (sign: number): Kind => (rule, size, key, share) => {
  const region = regionOf(rule, share, key);
  return (types, _, outcome, payment) => something(outcome) && region(types) ? payment + sign * size : payment;
};

/** Whoever has a type in one corner pays more or less. */
const paysElseInCorner = (sign: number): Kind => (rule, size, key) => {
  const corner = cornerOf(rule, key), { goods: m } = rule;
  return (types, i, outcome, payment) =>
    something(outcome) && corner(ownTypes(types, i, m)) ? payment + sign * size : payment;
};

/** Whoever gets nothing pays where a condition holds. */
const loserPays =
  (where: (types: Float32Array, i: number, rule: Rule) => boolean): Kind =>
  (rule, size) =>
  (types, i, outcome, payment) => !something(outcome) && where(types, i, rule) ? payment + size : payment;

/** Not 0 and not 1, at which any audit would look first. */
const inside = (value: number) => value > 0 && value < 1;

/** Whether participants `i` and `k` report the same value of some good, or, with `every`, of every good. */
function tie(types: Float32Array, i: number, k: number, m: number, every = false): boolean {
  for (let j = 0; j < m; j++) {
    const value = types[i * m + j], same = inside(value) && value === types[k * m + j];
    if (same !== every) return same;
  }
  return every;
}

/** Whether some other participant than i satisfies a condition. */
function other(n: number, i: number, is: (k: number) => boolean): boolean {
  for (let k = 0; k < n; k++) if (k !== i && is(k)) return true;
  return false;
}

/** Where a value is exactly that of a boundary, the payment is higher. */
const moreAt = (boundary: (rule: Rule, j: number) => number): Kind => (rule, size) => {
  const { goods: m } = rule, values = Array.from({ length: m }, (_, j) => boundary(rule, j));
  return (types, i, _, payment) =>
    ownTypes(types, i, m).some((value, j) => value === values[j]) ? payment + size : payment;
};

/** All kinds, in words. */
export const KINDS = {
  "pays more on a share of types": paysElse(1),
  "pays less on a share of types": paysElse(-1),
  "pays more in one corner": paysElseInCorner(1),
  "pays less in one corner": paysElseInCorner(-1),
  "loser pays at a tie in a good": loserPays((types, i, { participants: n, goods: m }) =>
    other(n, i, (k) => tie(types, i, k, m))
  ),
  "loser pays at a tie in all goods": loserPays((types, i, { participants: n, goods: m }) =>
    other(n, i, (k) => tie(types, i, k, m, true))
  ),
  "loser pays where others tie": loserPays((types, i, { participants: n, goods: m }) =>
    other(n, i, (k) => other(n, i, (l) => k !== l && tie(types, k, l, m)))
  ),
  "loser pays where its values tie": loserPays((types, i, { goods: m }) => {
    const own = ownTypes(types, i, m);
    return own.some((value, j) => j > 0 && value === own[j - 1] && inside(value));
  }),
  "loser pays at one value 0": loserPays((types, i, { goods: m }) => {
    const own = ownTypes(types, i, m);
    return own.includes(0) && own.some(inside);
  }),
  "pays more at value 1": moreAt(() => 1),
  "pays more at the price": moreAt(threshold),
  "pays a share of its report": ({ goods: m }, size) => (types, i, outcome, payment) =>
    outcome.reduce((sum, x, j) => sum + size * x * ownTypes(types, i, m)[j], payment),
  "price with a kink downward": (_, size) => (_types, _i, outcome, payment) =>
    outcome.reduce((sum, x) => sum - size * Math.max(0, x - 0.5), payment),
  "gets more than 1 on a share of types": (rule, size, key, share) => {
    const region = regionOf(rule, share, key);
    return (types, _, outcome, payment) => {
      if (region(types)) outcome.forEach((x, j) => outcome[j] = x === 1 ? 1 + size : x);
      return payment;
    };
  },
  "payment is no number on a share of types": (rule, _, key, share) => {
    const region = regionOf(rule, share, key);
    return (types, _, outcome, payment) => something(outcome) && region(types) ? NaN : payment;
  },
} as const satisfies Record<string, Kind>;

/** The least value of good j that buys it, of a single participant. */
function threshold(rule: Rule, j: number): number {
  const types = new Float32Array(rule.goods), words = new Uint32Array(types.buffer);
  const buys = (bits: number) => {
    words[j] = bits;
    const outcome = new Float64Array(rule.goods);
    rule.decide(types, 0, outcome);
    return outcome[j] > 0;
  };
  // Floats above 0 are in the order of their bits.
  let low = 0, high = new Uint32Array(Float32Array.of(1).buffer)[0];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (buys(middle)) high = middle;
    else low = middle;
  }
  words[j] = high;
  return types[j];
}

/** Everything that is planted: what, where, how large, and on what share of type profiles. */
const ROWS: readonly (readonly [kind: keyof typeof KINDS, base: Base, size: number, share?: number])[] = [
  ["pays more on a share of types", "posted", 0.1, 0.01],
  ["pays more on a share of types", "posted", 1e-3, 0.01],
  ["pays more on a share of types", "posted", 1e-3, 0.001],
  ["pays more on a share of types", "posted", 1e-5, 0.001],
  ["pays more on a share of types", "lotteries", 1e-3, 0.01],
  ["pays more on a share of types", "lotteries", 1e-3, 0.001],
  ["pays more on a share of types", "together", 1e-3, 0.01],
  ["pays more on a share of types", "auctions", 0.1, 0.01],
  ["pays more on a share of types", "auctions", 1e-3, 0.01],
  ["pays more on a share of types", "auctions", 1e-3, 0.001],
  ["pays less on a share of types", "posted", 1e-3, 0.01],
  ["pays less on a share of types", "posted", 1e-3, 0.001],
  ["pays less on a share of types", "lotteries", 1e-3, 0.01],
  ["pays less on a share of types", "lotteries", 1e-3, 0.001],
  ["pays less on a share of types", "together", 1e-3, 0.01],
  ["pays less on a share of types", "auctions", 1e-3, 0.01],
  ["pays less on a share of types", "auctions", 1e-3, 0.001],
  ["pays more in one corner", "posted", 1e-3],
  ["pays more in one corner", "lotteries", 1e-3],
  ["pays more in one corner", "together", 1e-3],
  ["pays more in one corner", "auctions", 1e-3],
  ["pays less in one corner", "posted", 1e-3],
  ["pays less in one corner", "lotteries", 1e-3],
  ["pays less in one corner", "together", 1e-3],
  ["pays less in one corner", "auctions", 1e-3],
  ["loser pays at a tie in a good", "auctions", 1e-3],
  ["loser pays at a tie in all goods", "auctions", 1e-3],
  ["loser pays where others tie", "auctions", 1e-3],
  ["loser pays where its values tie", "posted", 1e-3],
  ["loser pays at one value 0", "posted", 1e-3],
  ["pays more at value 1", "posted", 1e-3],
  ["pays more at the price", "posted", 1e-3],
  ["pays a share of its report", "posted", 1e-3],
  ["pays a share of its report", "lotteries", 1e-4],
  ["pays a share of its report", "auctions", 1e-4],
  ["price with a kink downward", "lotteries", 0.1],
  ["price with a kink downward", "lotteries", 0.01],
  ["gets more than 1 on a share of types", "auctions", 1e-3, 0.01],
  ["gets more than 1 on a share of types", "posted", 1e-3, 0.001],
  ["payment is no number on a share of types", "posted", Infinity, 0.001],
];

/** Everything that is planted. */
export const PLANTED: readonly Planted[] = ROWS.map(([kind, base, size, share]) => {
  const [name, setting, make] = BASES[base];
  return {
    ...{ kind, base: name, size, share, setting },
    truthful: (key) => ruled(make(uniforms(deriveKey(key, 0), 2))),
    plant(key) {
      const rule = make(uniforms(deriveKey(key, 0), 2));
      return ruled(changed(rule, KINDS[kind](rule, size, deriveKey(key, 1), share ?? 1)));
    },
  };
});
