import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { goodByGood } from "../../src/baselines/auction.ts";
import { bundle } from "../../src/baselines/bundle.ts";
import { sellByVirtualValue } from "../../src/baselines/ironed.ts";
import { ironedValue } from "../../src/problems/ironed_value.ts";
import { referenceUtilities, type ReferenceUtility } from "../../src/baselines/reference_utilities.ts";
import { reproducibleGoods } from "../../src/problems/principal_utility.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { assertTruthful } from "./auctions.ts";

const PROFILES = 20_000;

/** The entry of a name. */
function named(references: readonly ReferenceUtility[], name: string): ReferenceUtility {
  const found = references.find((one) => one.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** Holds a utility to within five standard errors, and what the prices lose that come of a sample. */
function assertNear({ utility, standardError }: ReferenceUtility, expected: number): void {
  assertAlmostEquals(utility, expected, 5 * standardError + 0.002);
}

Deno.test("ironed virtual values of small samples, by hand", () => {
  // Price 4 sells to a quarter, 3 to a half, 1 to all: revenues 1, 1.5, 1. The slopes are 4, 2 and -1.
  const phi = ironedValue(Float64Array.of(1, 4, 3, 1));
  assertEquals([0, 1, 2.9, 3, 3.9, 4, 9].map(phi.of), [-Infinity, -1, -1, 2, 2, 4, 4]);
  assertEquals([-2, -1, 1.9, 2, 4].map(phi.typeAbove), [1, 3, 3, 4, Infinity]);
  // Prices 4, 2, 1.5, 1 earn 1, 1, 1.125, 1. From a quarter to three quarters the majorant passes above price 2.
  const ironed = ironedValue(Float64Array.of(1, 1.5, 2, 4));
  assertEquals([1, 1.5, 2, 3, 4].map(ironed.of), [-0.5, 0.25, 0.25, 0.25, 4]);
});

/** 3/4 U[0,3] + 1/4 U[3,8], in units of 8: the virtual value falls at 3. */
const twoHumps = defineProblem({
  participants: 1,
  goods: 1,
  sampleTypes(random, profiles) {
    const u = random.uniform(2 * profiles);
    return Float32Array.from(
      { length: profiles },
      (_, b) => (u[2 * b] < 0.75 ? 3 * u[2 * b + 1] : 3 + 5 * u[2 * b + 1]) / 8,
    );
  },
});

Deno.test("item-wise Myerson by ironing: 3/4 U[0,3] + 1/4 U[3,8] sells at 2 and earns 1", async () => {
  const myerson = named(await referenceUtilities(twoHumps, { profiles: PROFILES }), "item-wise Myerson");
  assertNear(myerson, 1 / 8);
  const { payments } = await myerson.mechanism!.run([[[1]]]);
  assertAlmostEquals(8 * payments[0], 2, 0.1);
});

/** U[0,1] and U[0.5,1] for one good that costs 0.6 to produce. */
const unlike = defineProblem({
  participants: 2,
  goods: 1,
  sampleTypes: (random, profiles) => random.uniform(2 * profiles).map((u, k) => k % 2 === 0 ? u : 0.5 + 0.5 * u),
  productionCost: 0.6,
});

Deno.test("item-wise Myerson with production cost for unlike participants earns 0.258, and is truthful", async () => {
  const references = await referenceUtilities(unlike, { profiles: PROFILES });
  const myerson = named(references, "item-wise Myerson");
  // Virtual values are a = (2 t_1 - 1)^+, 0 for half of all, and b = 2 t_2 - 1, and E[(a + b - 0.6)^+] is
  const expected = 0.5 * 0.4 ** 2 / 2 + 0.5 * (1 - 0.6 + 0.6 ** 3 / 6);
  assertAlmostEquals(expected, 0.258, 1e-12);
  assertNear(myerson, expected);
  for (const { mechanism } of references) if (mechanism) await assertTruthful(unlike, mechanism, 400);
});

Deno.test("an auction by ironed values with atoms is truthful where scores meet the cost exactly", async () => {
  const phi = ironedValue(Float64Array.of(0, 0, 0.5, 1));
  const problem = { ...settingProblem("B_{3,2}^{0.5,0.25}"), name: "atoms" };
  await assertTruthful(problem, goodByGood(3, 2, sellByVirtualValue([phi, phi, phi], 0.5, 0.25)));
});

Deno.test("reference utilities: known values, an order that always holds, nothing for other principals", async () => {
  const two = await referenceUtilities("U-1-2", { profiles: PROFILES });
  assertEquals(two.map(({ name }) => name), ["item-wise Myerson", "Bundle-OPT", "posted prices", "VCG", "welfare"]);
  assertNear(named(two, "item-wise Myerson"), 0.5);
  assertNear(named(two, "posted prices"), 0.5);
  assertNear(named(two, "Bundle-OPT"), Math.sqrt(2 / 3) * 2 / 3);
  assertEquals(named(two, "VCG").utility, 0);
  assertNear(named(two, "welfare"), 1);
  // Three participants and both costs: Separable-OPT is known exactly.
  const costly = settingProblem("U_{3,2}^{0.5,0.1}"), { separableOptimum } = await import("../../mod.ts");
  const references = await referenceUtilities(costly, { profiles: PROFILES });
  assertNear(named(references, "item-wise Myerson"), separableOptimum(costly)!);
  const bound = named(references, "welfare");
  assert(bound.upperBound && bound.mechanism === undefined);
  for (const { utility } of references) assert(utility <= bound.utility + 1e-6);
  const principalUtility = { ...reproducibleGoods(), name: "welfare of the participants" };
  assertEquals(await referenceUtilities({ ...costly, principalUtility }, { profiles: 10 }), []);
  assert(bundle("U-1-2", { profiles: 1000 }).price > 0);
});
