/** Violations are where they are said to be, in mechanisms that are truthful otherwise, and audits find them. */
import { assert, assertEquals } from "@std/assert";
import { audit, type AuditOptions } from "../../src/mechanisms/audit.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { auctions, postedPrices } from "../../tasks/planted/truthful.ts";
import { cornerOf, KINDS, PLANTED, regionOf } from "../../tasks/planted/violations.ts";
import { finds } from "../../tasks/planted.ts";

const device = openDevice({ backend: "wasm" });

/** A small part of an audit. */
const SMALL: AuditOptions = { profiles: 50, misreports: 30, revenueProfiles: 1500 };

Deno.test("the mechanisms are truthful before anything is planted", async () => {
  await device;
  const bases = new Map(PLANTED.map((planted) => [planted.base, planted]));
  assertEquals(bases.size, 4);
  for (const { base, setting, truthful } of bases.values()) {
    const { passed, checks } = await audit(setting, truthful(deriveKey(randomKey(1), 2)), SMALL);
    assert(passed, `${base}: ${checks.filter((one) => !one.passed).map(({ name, worst }) => `${name} ${worst}`)}`);
  }
});

Deno.test("a region has the share of types that it should, and somebody gets something there", () => {
  for (const [rule, share] of [[auctions(3, [0.3, 0.4]), 0.01], [postedPrices(1, [0.5, 0.5]), 0.1]] as const) {
    const size = rule.participants * rule.goods, profiles = 40_000;
    for (let k = 0; k < 3; k++) {
      const inside = regionOf(rule, share, randomKey(k)), types = uniforms(randomKey(50 + k), profiles * size);
      let count = 0;
      for (let b = 0; b < profiles; b++) if (inside(types.subarray(b * size, (b + 1) * size))) count++;
      const deviation = Math.sqrt(profiles * share * (1 - share));
      assert(Math.abs(count - profiles * share) < 5 * deviation, `${count / profiles} is not ${share}`);
    }
  }
  const corner = cornerOf(postedPrices(1, [0.5, 0.5]), randomKey(3));
  const corners = [[0, 0], [0, 1], [1, 0], [1, 1]].filter(corner);
  assertEquals([corners.length, corner([0, 0]), corner([0.5, 0.5])], [1, false, false]);
});

Deno.test("every kind is planted somewhere, and small audits find each", async () => {
  await device;
  assertEquals(new Set(PLANTED.map(({ kind }) => kind)), new Set(Object.keys(KINDS)));
  // Those at large shares of types: rarer ones need whole audits.
  const some = PLANTED.filter(({ share = 1, base, kind }, k) =>
    share >= 0.01 && base !== "singly or together" && PLANTED.findIndex((one) => one.kind === kind) === k
  );
  assert(some.length >= 13);
  for (const planted of some) assert(await finds(planted, 5, SMALL), `${planted.kind}, ${planted.base}`);
});
