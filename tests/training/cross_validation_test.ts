import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { crossValidate } from "../../src/training/cross_validation.ts";

const table = (rows: number) => Array.from({ length: rows }, (_, row) => `${row},${rows - row}`).join("\n");
const FEW = { iterations: 2, profiles: 8, chains: 4, steps: 1 };

Deno.test("every row is held out in one fold, and learned from in the others", async () => {
  const { distribution: { data } } = await empiricalProblem({ text: table(43), goods: 2, scale: 50 });
  const held: number[] = [];
  for (let fold = 0; fold < 5; fold++) {
    const part = data!.fold(fold, 5).data!,
      rowsOf = (name: "training" | "validation" | "held-out") =>
        Array.from(part.profiles(randomKey(0), name, 100)).filter((_, k) => k % 2 === 0);
    const own = rowsOf("held-out");
    held.push(...own);
    assertEquals([...own, ...rowsOf("training"), ...rowsOf("validation")].sort((a, b) => a - b), [...Array(43).keys()]);
  }
  assertEquals(held.sort((a, b) => a - b), [...Array(43).keys()]);
});

Deno.test("cross-validation adds up folds by their rows, in the unit", async () => {
  const problem = await empiricalProblem({ text: table(43), goods: 2 }), done: number[] = [];
  const found = await crossValidate(problem, FEW, 4, { onFold: (fold) => done.push(fold) });
  assertEquals([found.rows, found.folds.map(({ rows }) => rows), done], [43, [11, 11, 11, 10], [1, 2, 3, 4]]);
  assertAlmostEquals(
    found.revenue,
    found.folds.reduce((sum, { revenue, rows }) => sum + revenue * rows! / 43, 0),
    1e-9,
  );
  assert(found.standardError > 0 && found.interval[0] < found.revenue && found.revenue > 1);
  const again = await crossValidate(problem, FEW, 4);
  assertEquals(again.revenue, found.revenue);
});

Deno.test("folds are of a table, and have five rows each", async () => {
  const problem = await empiricalProblem({ text: table(20), goods: 2 });
  const bad = (of: typeof problem, folds: number, message: string) =>
    assertRejects(() => crossValidate(of, FEW, folds), InvalidInputError, message);
  await bad(problem, 1, "folds must be an integer of at least 2, got 1");
  await bad(problem, 5, "folds must be at most 4, five rows each of 20, got 5");
  await bad(settingProblem("U-1-2"), 2, 'folds must be of a table, got the problem "U_{1,2}^{0,0}"');
});
