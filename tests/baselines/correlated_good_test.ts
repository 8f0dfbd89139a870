import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { sellCorrelatedGood } from "../../src/baselines/correlated_good.ts";
import {
  type Centre,
  centreGiven,
  correlated,
  correlatedTypes,
  typeOfVirtualValue,
  virtualValue,
} from "../../src/problems/distributions/correlated.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { separable } from "../../src/baselines/separable.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { earned, estimate } from "./auctions.ts";

/** P(t >= type) where the centre is uniform on [a, b]: the mean over centres, piecewise quadratic. */
function tail(type: number, { a, b }: Centre): number {
  const at = (centre: number) => Math.min(1, Math.max(0, 2 * (centre + 0.25 - type)));
  if (a === b) return at(a);
  // Exact: at is 0 up to type - 1/4, 1 from type + 1/4, and linear between.
  const from = Math.min(b, Math.max(a, type - 0.25)), to = Math.min(b, Math.max(a, type + 0.25));
  return ((to - from) * (at(from) + at(to)) / 2 + (b - to)) / (b - a);
}

/** S = sum_i (phi_i - cd)^+ in the plainest way. */
function surplus(types: readonly number[], cd: number): { sum: number; virtual: number[] } {
  const virtual = types.map((type, i) => {
    const others = types.filter((_, k) => k !== i);
    return virtualValue(type, centreGiven(Math.min(1, ...others), Math.max(0, ...others)));
  });
  return { sum: virtual.reduce((sum, phi) => sum + Math.max(0, phi - cd), 0), virtual };
}

const centres: readonly Centre[] = [
  { a: 0.25, b: 0.75 },
  { a: 0.25, b: 0.3 },
  { a: 0.4, b: 0.7 },
  { a: 0.6, b: 0.61 },
  { a: 0.75, b: 0.75 },
];

Deno.test("virtual values are t - (1 - F) / f, and rise", () => {
  for (const centre of centres) {
    let before = -Infinity;
    for (let k = 1; k < 400; k++) {
      const type = centre.a - 0.25 + k * (0.5 + centre.b - centre.a) / 400, h = 1e-6;
      const density = (tail(type - h, centre) - tail(type + h, centre)) / (2 * h);
      const phi = virtualValue(type, centre);
      assertAlmostEquals(phi, type - tail(type, centre) / density, 1e-3 * (1 + Math.abs(phi)));
      assert(phi > before);
      before = phi;
      if (phi > -1) assertAlmostEquals(typeOfVirtualValue(phi, centre), type, 1e-12);
    }
  }
});

Deno.test("a price by virtual values is the best one", () => {
  for (const centre of centres) {
    for (const cost of [0, 0.2, 0.5, 0.9]) {
      const worth = (price: number) => (price - cost) * tail(price, centre);
      const best = Math.max(0, ...Array.from({ length: 2001 }, (_, k) => worth(k / 2000)));
      assertAlmostEquals(Math.max(0, worth(typeOfVirtualValue(cost, centre))), best, 1e-6);
    }
  }
});

Deno.test("the centre given others' types: frequencies among profiles that have them", () => {
  // Of many profiles, those whose first two types are close to given ones.
  const types = correlatedTypes(3, 1).sample(randomKey(8), 400_000, "training");
  for (const [t1, t2] of [[0.3, 0.6], [0.5, 0.5], [0.2, 0.1]]) {
    const thirds: number[] = [];
    for (let at = 0; at < types.length; at += 3) {
      if (Math.abs(types[at] - t1) < 0.02 && Math.abs(types[at + 1] - t2) < 0.02) thirds.push(types[at + 2]);
    }
    assert(thirds.length > 300);
    const centre = centreGiven(Math.min(t1, t2), Math.max(t1, t2));
    for (const type of [0.2, 0.35, 0.5, 0.65]) {
      const share = thirds.filter((third) => third >= type).length / thirds.length;
      assertAlmostEquals(share, tail(type, centre), 0.08);
    }
  }
  assertEquals(centreGiven(1, 0), { a: 0.25, b: 0.75 });
});

Deno.test("prices are the largest types at which production does not pay, by trying many", () => {
  for (const [n, cp, cd] of [[2, 0.4, 0], [3, 1, 0], [3, 0.5, 0.2], [5, 1, 0], [6, 0.8, 0.3]]) {
    const sell = sellCorrelatedGood(correlated.conditional!, cp, cd), prices = new Float64Array(n);
    const types = correlatedTypes(n, 1).sample(randomKey(n), 150, "training");
    let sold = 0;
    for (let b = 0; b < 150; b++) {
      const profile = Array.from(types.subarray(b * n, (b + 1) * n));
      sell(Float64Array.from(profile), prices);
      for (let i = 0; i < n; i++) {
        const others = profile.filter((_, k) => k !== i);
        const { a, b: highest } = centreGiven(Math.min(1, ...others), Math.max(0, ...others)), grid = 400;
        const step = (highest - a + 0.5) / grid;
        let price = a - 0.25;
        for (let k = 0; k <= grid; k++) {
          const changed = profile.slice();
          changed[i] = a - 0.25 + k * step;
          const { sum, virtual } = surplus(changed, cd);
          if (sum <= cp || virtual[i] <= cd) price = changed[i];
        }
        if (prices[i] === Infinity) assert(profile[i] < price + step, `${profile} ${i} ${price}`);
        else {
          assertAlmostEquals(prices[i], price + step / 2, step / 2 + 1e-9, `${profile} ${i}`);
          sold++;
        }
      }
    }
    assert(sold > 25);
  }
});

Deno.test("with 3 participants and c^p = 1 the bound of all truthful auctions is reached in every profile", () => {
  const n = 3, B = 40_000, sell = sellCorrelatedGood(correlated.conditional!, 1, 0), prices = new Float64Array(n);
  const types = correlatedTypes(n, 1).sample(randomKey(11), B, "training");
  for (let b = 0; b < B; b++) {
    const profile = Array.from(types.subarray(b * n, (b + 1) * n)), { sum, virtual } = surplus(profile, 0);
    sell(Float64Array.from(profile), prices);
    if (Math.abs(sum - 1) < 1e-9) continue;
    for (let i = 0; i < n; i++) {
      assertEquals(prices[i] < Infinity, sum > 1 && virtual[i] > 0, `${profile}`);
    }
  }
});

Deno.test("what correlated goods earn, by numerical integration (false alarms: 1e-4)", async () => {
  // c^p = 0: over the density 2 (b - a) 2^2 2 of the least and the largest of two others' types.
  const cost = 0.5, N = 300;
  let integral = 0;
  for (let k = 0; k < N; k++) {
    const largest = (k + 0.5) / N, low = Math.max(0, largest - 0.5), step = (largest - low) / N;
    for (let l = 0; l < N; l++) {
      const centre = centreGiven(low + (l + 0.5) * step, largest), price = typeOfVirtualValue(cost, centre);
      integral += 16 * (centre.b - centre.a) * step / N * (price - cost) * tail(price, centre);
    }
  }
  assertAlmostEquals(30 * integral, 1.18519, 2e-4);
  const duplicated = settingProblem("C_{3,10}^{0,0.5}");
  const first = await earned(duplicated, separable(duplicated), 20_000);
  assertAlmostEquals(first.mean, 30 * integral, 4 * first.error);

  // c^p = 1: E[(S - 1)^+] on a midpoint grid of 600^3 points is 1.49516, and changes by 2e-5 from 400^3 points.
  const produced = settingProblem("C_{3,10}^{1,0}");
  const second = await earned(produced, separable(produced), 20_000);
  assertAlmostEquals(second.mean, 1.49514, 4 * second.error);
  const types = uniforms(randomKey(12), 4 * 100_000);
  const bound = estimate(Float64Array.from({ length: 100_000 }, (_, b) => {
    const profile = [1, 2, 3].map((i) => 0.5 * (types[4 * b] + types[4 * b + i]));
    return 10 * Math.max(0, surplus(profile, 0).sum - 1);
  }));
  assertAlmostEquals(bound.mean, 1.49514, 4 * bound.error);
});
