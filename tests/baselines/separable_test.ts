import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { separable } from "../../src/baselines/separable.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { separableOptimum } from "../../src/problems/known_values.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { assertTruthful, earned } from "./auctions.ts";

Deno.test("Separable-OPT earns the known optimum with independent types (false alarms: 1e-4)", async () => {
  const names = [
    "U_{1,1}^{0,0}",
    "U_{1,2}^{0.3,0.2}",
    "U_{3,2}^{1,0}",
    "U_{4,3}^{0.7,0.3}",
    "U_{8,1}^{2,0.1}",
    "B_{1,2}^{0,0}",
    "B_{2,3}^{0.5,0.1}",
    "B_{5,2}^{1.5,0.3}",
    "B_{3,2}^{0.9,0.1}",
  ];
  for (const name of names) {
    const problem = settingProblem(name), { mean, error } = await earned(problem, separable(problem), 10_000);
    assertAlmostEquals(mean, separableOptimum(name)!, 4.5 * error, name);
  }
});

Deno.test("Separable-OPT is Myerson's auction, worked out by hand", async () => {
  // Virtual values 0.8, 0.4 and -0.2: 1.2 > 1. The first must make up for 1 - 0.4, the second for 1 - 0.8.
  const uniform = await separable(settingProblem("U_{3,1}^{1,0}")).run([[[0.9], [0.7], [0.4]]]);
  assertEquals(Array.from(uniform.outcomes), [1, 1, 0]);
  [0.8, 0.6, 0].forEach((price, i) => assertAlmostEquals(uniform.payments[i], price, 1e-7));
  const alone = await separable(settingProblem("U_{3,1}^{1,0}")).run([[[0.9], [0.55], [0.4]]]);
  assertEquals(Array.from(alone.outcomes), [0, 0, 0]);
  const bernoulli = await separable(settingProblem("B_{3,2}^{1,0}")).run([[[1, 1], [1, 0], [0.5, 0]]]);
  assertEquals(Array.from(bernoulli.outcomes), [1, 0, 1, 0, 0, 0]);
  assertEquals(Array.from(bernoulli.payments), [1, 1, 0]);
});

Deno.test("Separable-OPT is truthful and individually rational, for types that do not occur, too", async () => {
  const names = [
    "U_{3,4}^{1,0}",
    "U_{2,3}^{0.4,0.3}",
    "B_{3,4}^{1,0}",
    "B_{4,3}^{0.9,0.1}",
    "C_{1,4}^{0,0}",
    "C_{2,4}^{0.3,0.1}",
    "C_{3,4}^{1,0}",
    "C_{3,4}^{0,0.5}",
    "C_{5,4}^{1,0}",
  ];
  for (const name of names) await assertTruthful(settingProblem(name), separable(settingProblem(name)));
});

Deno.test("Separable-OPT refuses what it does not know", () => {
  const custom = defineProblem({ name: "mine", participants: 2, goods: 2, distribution: "U" });
  assertThrows(() => separable(custom), InvalidInputError, "the problem must be a setting");
  const other = { ...settingProblem("U-1-2"), principalUtility: { ...custom.principalUtility, name: "other" } };
  assertThrows(() => separable(other), InvalidInputError, `must be that of reproducible goods, got "other"`);
});
