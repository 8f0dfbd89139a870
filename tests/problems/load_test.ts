import { assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { loadProblem } from "../../src/problems/load.ts";
import type { ProblemSource } from "../../src/problems/problem.ts";
import { randomKey } from "../../src/random/key.ts";

/** A source as a run folder keeps it. */
const stored = (source: ProblemSource): ProblemSource => JSON.parse(JSON.stringify(source));

Deno.test("loadProblem re-creates settings and modules", async () => {
  assertEquals((await loadProblem({ kind: "setting", setting: "U-3-10-cp1-cd0" })).name, "U_{3,10}^{1,0}");
  const module = "data:text/javascript,export default {participants:1,goods:5,distribution:'U'}";
  const problem = await loadProblem({ kind: "module", module });
  assertEquals([problem.goods, problem.source], [5, { kind: "module", module }]);
});

Deno.test("loadProblem re-creates an empirical problem, unless its file has changed", async () => {
  const file = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    await Deno.writeTextFile(file, Array.from({ length: 20 }, (_, j) => `${j / 20},0.5\n`).join(""));
    const problem = await empiricalProblem({ file, participants: 2, goods: 2, productionCost: 0.75 });
    const again = await loadProblem(stored(problem.source));
    assertEquals(again.source, problem.source);
    assertEquals([again.name, again.principalUtility.name], [problem.name, problem.principalUtility.name]);
    const sample = (p: typeof problem) => p.distribution.sample(randomKey(1), 50, "held-out");
    assertEquals(sample(again), sample(problem));

    await Deno.writeTextFile(file, "0.25,0.5\n", { append: true });
    await assertRejects(
      () => loadProblem(stored(problem.source)),
      InvalidInputError,
      "must be unchanged since the run",
    );
    await Deno.remove(file);
    await assertRejects(() => loadProblem(stored(problem.source)), InvalidInputError, "file must exist");
  } finally {
    await Deno.remove(file).catch(() => {});
  }
});

Deno.test("loadProblem explains what it cannot re-create", async () => {
  await assertRejects(() => loadProblem({ kind: "custom" }), InvalidInputError, "must be given again");
  const unknown = { kind: "magic" } as unknown as ProblemSource;
  await assertRejects(() => loadProblem(unknown), InvalidInputError, 'got {"kind":"magic"}');
});
