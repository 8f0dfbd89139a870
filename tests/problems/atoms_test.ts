import { assertEquals } from "@std/assert";
import { hasAtoms } from "../../src/problems/atoms.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem, type RandomStream } from "../../src/problems/user_module.ts";

/** Whether a problem of two participants and one good has atoms by what its `sampleTypes` draws. */
function found(type: (u: number) => number, atoms?: boolean): boolean {
  const sampleTypes = (random: RandomStream, profiles: number) => random.uniform(2 * profiles).map(type);
  return hasAtoms(defineProblem({ participants: 2, goods: 1, sampleTypes, ...atoms !== undefined && { atoms } }));
}

Deno.test("types have atoms where most positive ones are of few values", () => {
  assertEquals(found((u) => u < 1 / 3 ? 0.2 : u < 2 / 3 ? 0.5 : 1), true);
  assertEquals(found((u) => Math.ceil(10 * u) / 10), true);
  assertEquals(found((u) => u < 0.6 ? 0.5 : u), true);
  assertEquals(found((u) => u < 0.4 ? 0.5 : u), false, "less than half");
  assertEquals(found((u) => u), false);
  assertEquals(found((u) => Math.max(0, 2 * u - 1)), false, "those who want nothing do not count");
  assertEquals(found((u) => Math.ceil(200 * u) / 200), false, "draws from 200 rows are no atoms");
});

Deno.test("values that participants have in common are no atoms", () => {
  const common = defineProblem({
    ...{ participants: 2, goods: 1 },
    sampleTypes: (random, profiles) => [...random.uniform(profiles)].map((t) => [[t], [t]]),
  });
  assertEquals(hasAtoms(common), false);
});

Deno.test("what is said of atoms is not asked of a sample", () => {
  assertEquals(found((u) => u < 0.5 ? 0 : 1, false), false);
  assertEquals(found((u) => u, true), true);
  assertEquals(hasAtoms(settingProblem("B-3-1-cp1-cd0")), true);
  assertEquals(hasAtoms(settingProblem("U-3-1-cp1-cd0")), false);
});
