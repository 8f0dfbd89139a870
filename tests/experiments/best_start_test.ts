/** Of several starts the one that earns the most is kept. */
import { assert, assertEquals } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { separable } from "../../src/baselines/separable.ts";
import { vcg } from "../../src/baselines/vcg.ts";
import { bestStart } from "../../src/experiments/best_start.ts";
import { trainingStarts } from "../../src/experiments/budgets.ts";
import { settingProblem } from "../../src/problems/settings.ts";

Deno.test("the start that earns the most is kept, wherever it is among them", async () => {
  const problem = settingProblem("U-1-2"), starts = [vcg(problem), separable(problem), bundle(problem)];
  for (const order of [[0, 1, 2], [2, 0, 1], [1, 2, 0]]) {
    const seeds: number[] = [];
    const best = await bestStart(problem, 3, 7, (seed, start) => {
      seeds.push(seed);
      return Promise.resolve(starts[order[start]]);
    });
    assert(best === starts[2]); // U_{1,2}: nothing, 0.5 and 0.5443
    assertEquals(seeds[0], 7);
    assertEquals(new Set(seeds).size, 3);
  }
});

Deno.test("several starts are for one participant, beyond the quick budget", () => {
  const starts = (name: string) =>
    (["quick", "standard", "paper"] as const).map((b) => trainingStarts(settingProblem(name), b));
  assertEquals(starts("U-1-10"), [1, 3, 5]);
  assertEquals(starts("U-3-2-cp1-cd0"), [1, 1, 1]);
});
