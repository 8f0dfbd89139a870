import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  optimumInWords,
  percentOf,
  referenceFields,
  referenceMechanisms,
  shareInWords,
} from "../../src/problems/reference_mechanisms.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";

Deno.test("referenceMechanisms: what is known of a setting, and of a problem that is none", () => {
  const { optimum, separable, paperTedi } = referenceMechanisms(settingProblem("U-1-10"));
  assertAlmostEquals(optimum!.value, 3.4777928, 5e-8);
  assertEquals([optimum!.proved, optimumInWords(optimum!)], [false, "conjectured optimum"]);
  assertAlmostEquals(separable!, 2.5, 1e-12);
  assertEquals(paperTedi, 3.462);

  const proved = referenceMechanisms(settingProblem("U-2-3"));
  assertEquals([optimumInWords(proved.optimum!), proved.paperTedi], ["known optimum", undefined]);
  assertEquals(referenceMechanisms(settingProblem("C-3-10-cp1-cd0")), {
    optimum: undefined,
    separable: undefined,
    paperTedi: 2.24,
  });
  const custom = referenceMechanisms(defineProblem({ participants: 1, goods: 2, distribution: "U" }));
  assertEquals(custom, { optimum: undefined, separable: undefined, paperTedi: undefined });
  assertEquals(JSON.stringify(referenceFields(custom)), "{}");
});

Deno.test("shares of a reference, where it is above 0", () => {
  assertEquals([percentOf(2, 1), percentOf(0, 1), percentOf(-1, 1)], ["50.0%", "", ""]);
  assertEquals([shareInWords(0.5, 0.5), shareInWords(0, 1)], ["revenue is 100.0% of it", ""]);
});
