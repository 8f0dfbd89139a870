import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { trainGemNet } from "../../src/baselines/gem_net_training.ts";
import { separable } from "../../src/baselines/separable.ts";
import { vcg } from "../../src/baselines/vcg.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { audit } from "../../src/mechanisms/audit.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import type { Mechanism } from "../../src/mechanisms/mechanism.ts";
import { revenueBounds } from "../../src/mechanisms/revenue_bounds.ts";
import { knownOptimum, separableOptimum } from "../../src/problems/known_values.ts";
import { parseSetting, settingName, settingProblem, settingSlug } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { referenceUtilities } from "../../src/baselines/reference_utilities.ts";
import { train } from "../../src/training/train.ts";

Deno.test("settings of goods that exist once have names", () => {
  const setting = parseSetting("U_{2,3}^{unit}");
  assertEquals(setting.supply, "unit");
  assertEquals(parseSetting("u-2-3-unit"), setting);
  assertEquals([settingName(setting), settingSlug(setting)], ["U_{2,3}^{unit}", "U-2-3-unit"]);
  assertEquals(settingProblem("U-2-3-unit").supply, "unit");
  assertEquals(settingProblem("U-2-3").supply, undefined);
  assertThrows(() => parseSetting("U-2-3-cp1-unit"), InvalidInputError, "F_{n,m}^{unit}");
  const costly = { ...setting, productionCost: 1 };
  assertThrows(() => settingProblem(costly), InvalidInputError, "costs must be 0 where goods exist once");
});

Deno.test("definitions say how much there is, and a good that exists once costs both costs", async () => {
  const costs = { productionCost: 0.1, duplicationCost: 0.2 };
  const problem = defineProblem({ participants: 2, goods: 1, distribution: "U", supply: "unit", ...costs });
  assertEquals(problem.supply, "unit");
  const { outcomes, payments } = await vcg(problem).run([[[0.9], [0.4]], [[0.9], [0.25]], [[0.25], [0.1]]]);
  assertEquals([...outcomes], [1, 0, 1, 0, 0, 0]);
  [0.4, 0, 0.3, 0, 0, 0].forEach((payment, at) => assertAlmostEquals(payments[at], payment, 1e-7));
  const supply = "two" as "unit";
  assertThrows(
    () => defineProblem({ participants: 2, goods: 1, distribution: "U", supply }),
    InvalidInputError,
    'supply must be one of unlimited, unit, got "two"',
  );
});

Deno.test("each good goes to the highest virtual value above the reserve", async () => {
  const { outcomes, payments } = await separable("U-2-2-unit").run([[[0.9, 0.4], [0.7, 0.3]], [[0.2, 0.6], [
    0.8,
    0.1,
  ]]]);
  assertEquals([...outcomes], [1, 0, 0, 0, 0, 1, 1, 0]);
  [0.7, 0, 0.5, 0.5].forEach((payment, at) => assertAlmostEquals(payments[at], payment, 1e-7));
});

Deno.test("what is known of goods that exist once", () => {
  assertAlmostEquals(separableOptimum("U-2-2-unit")!, 2 * 5 / 12, 1e-6);
  assertAlmostEquals(separableOptimum("U-3-10-unit")!, 5.3125, 1e-5);
  assertAlmostEquals(knownOptimum("U-2-1-unit")!.value, 5 / 12, 1e-6);
  assertEquals(knownOptimum("U-2-2-unit"), undefined);
  assertEquals(knownOptimum("U-1-2-unit"), knownOptimum("U-1-2")); // one participant: no restriction
  assertAlmostEquals(separableOptimum("B-2-3-unit")!, 3 * 0.75, 1e-9);
});

Deno.test("simple mechanisms hand each good out once, are truthful, and stay below the bounds", async () => {
  const profiles = 4000, found = await referenceUtilities("U-2-2-unit", { profiles });
  const names = ["item-wise Myerson", "Bundle-Myerson", "VCG", "welfare"];
  assertEquals(found.map(({ name }) => name), names);
  const value = Object.fromEntries(found.map(({ name, utility }) => [name, utility]));
  assertAlmostEquals(value["item-wise Myerson"], 5 / 6, 0.03);
  assertAlmostEquals(value.VCG, 2 / 3, 0.03);
  assertAlmostEquals(value.welfare, 4 / 3, 0.03);
  for (const { name, mechanism } of found) {
    if (!mechanism) continue;
    const sizes = { profiles: 20, misreports: 60, revenueProfiles: 200, bounds: { incentiveCompatibility: 1e-6 } };
    const { checks } = await audit("U-2-2-unit", mechanism, sizes);
    assertEquals(checks.filter(({ passed }) => !passed).map((check) => check.name), [], name);
  }
  const bounds = await revenueBounds("U-2-2-unit", { profiles });
  assert(bounds.every(({ value }) => value > 0.87 && value < 1.4));
});

Deno.test("what is for reproducible goods is refused with the reason", async () => {
  const reason = "U_{2,2}^{unit}, in which each exists once";
  assertThrows(() => bundle("U-2-2-unit"), InvalidInputError, reason);
  await assertRejects(() => train("U-2-2-unit", { iterations: 1 }), InvalidInputError, reason);
  await assertRejects(() => trainGemNet("U-2-2-unit", { iterations: 1 }), InvalidInputError, reason);
  await assertRejects(
    () => evaluate("U-2-2-unit", separable("U-2-2"), { profiles: 100 }),
    InvalidInputError,
    "hands out 2.000 of a good",
  );
});

Deno.test("an audit sees a good that is handed out twice", async () => {
  const toAll: Mechanism = {
    participants: 2,
    goods: 1,
    run: (types) => {
      const rows = (types as Float32Array).length, zeros = () => new Float64Array(rows);
      const utilities = Float64Array.from(types as Float32Array), outcomes = zeros().fill(1);
      return Promise.resolve({ profiles: rows / 2, outcomes, payments: zeros(), utilities, gaps: zeros() });
    },
  };
  const sizes = { profiles: 5, misreports: 5, revenueProfiles: 10 };
  const { checks } = await audit("U-2-1-unit", toAll, sizes);
  const { passed, worst } = checks.find(({ name }) => name === "feasibility")!;
  assertEquals([passed, worst], [false, 1]);
});
