import { assertAlmostEquals, assertThrows } from "@std/assert";
import { straightJacket } from "../../src/baselines/straight_jacket.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { knownOptimum } from "../../src/problems/known_values.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { assertTruthful, earned } from "./auctions.ts";

Deno.test("the straight-jacket auction earns the known optimum, for each participant", () => {
  for (const name of ["U_{1,1}^{0,0}", "U_{1,5}^{0,0}", "U_{3,2}^{0,0}", "U_{2,50}^{0,0}"]) {
    assertAlmostEquals(straightJacket(settingProblem(name)).revenue, knownOptimum(name)!.value, 1e-13, name);
  }
});

Deno.test("the straight-jacket auction earns what it says (false alarms: 1e-4)", async () => {
  for (const name of ["U_{1,1}^{0,0}", "U_{1,3}^{0,0}", "U_{1,6}^{0,0}", "U_{2,10}^{0,0}", "U_{1,30}^{0,0}"]) {
    const problem = settingProblem(name), mechanism = straightJacket(problem);
    const { mean, error } = await earned(problem, mechanism, 20_000);
    assertAlmostEquals(mean, mechanism.revenue, 4 * error, name);
  }
});

Deno.test("the straight-jacket auction is truthful and individually rational", async () => {
  for (const name of ["U_{1,2}^{0,0}", "U_{1,6}^{0,0}", "U_{2,10}^{0,0}"]) {
    await assertTruthful(settingProblem(name), straightJacket(settingProblem(name)));
  }
});

Deno.test("the straight-jacket auction refuses other problems", () => {
  for (const name of ["B_{1,2}^{0,0}", "C_{1,2}^{0,0}", "U_{1,2}^{0.5,0}", "U_{1,2}^{0,0.5}"]) {
    assertThrows(
      () => straightJacket(settingProblem(name)),
      InvalidInputError,
      "must have uniform types and no costs, such as U_{1,2}^{0,0}",
    );
  }
  assertThrows(() => straightJacket(settingProblem("U-1-51")), InvalidInputError, "goods must be at most 50, got 51");
});
