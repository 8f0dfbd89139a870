import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import type { ProblemSource } from "../../src/problems/problem.ts";
import { randomKey } from "../../src/random/key.ts";

const ROWS = 100;

/** Rows whose types say which row they are: the first is `row / 100`, the others follow. */
function rows(columns: number, count = ROWS): string {
  const cell = (row: number, column: number) => ((row + column * 0.1) / ROWS).toFixed(4);
  return Array.from(
    { length: count },
    (_, row) => Array.from({ length: columns }, (_, column) => cell(row, column)).join(","),
  ).join("\n");
}

/** The numbers of the rows that a sample of `columns` types a row was drawn from. */
function rowsOf(types: Float32Array, columns: number): number[] {
  return Array.from({ length: types.length / columns }, (_, j) => Math.round(types[j * columns] * ROWS));
}

Deno.test("empiricalProblem with n * m columns draws whole profiles", async () => {
  const problem = await empiricalProblem({ text: rows(6), participants: 3, goods: 2, productionCost: 1 });
  const { distribution } = problem;
  assertEquals([problem.participants, problem.goods, distribution.exchangeable], [3, 2, false]);
  assertEquals(problem.source, { kind: "custom" });
  assert(problem.principalUtility.name.includes("production cost 1"));
  const types = distribution.sample(randomKey(1), 500, "training");
  rowsOf(types, 6).forEach((row, b) => {
    const expected = Float32Array.from({ length: 6 }, (_, column) => Number(((row + column * 0.1) / ROWS).toFixed(4)));
    assertEquals(types.slice(b * 6, b * 6 + 6), expected);
  });
});

Deno.test("empiricalProblem splits the rows 70 : 10 : 20, and draws each part evenly (false alarms: 1e-6)", async () => {
  const { distribution } = await empiricalProblem({ text: rows(2), participants: 1, goods: 2 });
  assertEquals(distribution.exchangeable, true);
  const training = rowsOf(distribution.sample(randomKey(2), 20_000, "training"), 2);
  const validation = rowsOf(distribution.sample(randomKey(2), 20_000, "validation"), 2);
  const heldOut = rowsOf(distribution.sample(randomKey(2), 20_000, "held-out"), 2);
  // Every row turns up: a row is missed with probability (69 / 70)^20000 < 1e-100.
  assertEquals(new Set(training).size, 70);
  assertEquals([new Set(validation).size, new Set(heldOut).size], [10, 20]);
  assertEquals(new Set([...training, ...validation, ...heldOut]).size, ROWS); // no row is in two parts
  // The split is mixed rather than a head and a tail.
  for (const drawn of [validation, heldOut]) {
    assert(new Set(drawn.filter((row) => row < 50)).size > 1 && new Set(drawn.filter((row) => row >= 50)).size > 1);
  }
  for (const [drawn, size] of [[training, 70], [validation, 10], [heldOut, 20]] as const) {
    const counts = new Map<number, number>();
    for (const row of drawn) counts.set(row, (counts.get(row) ?? 0) + 1);
    const expected = drawn.length / size;
    let chiSquare = 0;
    for (const count of counts.values()) chiSquare += (count - expected) ** 2 / expected;
    // Normal approximation of chi-square with size - 1 degrees of freedom, 5.5 standard deviations.
    assert(chiSquare < size - 1 + 5.5 * Math.sqrt(2 * (size - 1)), `chi-square ${chiSquare}`);
  }
  assertEquals(distribution.sample(randomKey(2), 10, "training"), distribution.sample(randomKey(2), 10, "training"));
});

Deno.test("the smallest data set has rows for each part, and no row in two", async () => {
  const { distribution } = await empiricalProblem({ text: rows(1, 10), participants: 1, goods: 1 });
  const drawn = (["training", "validation", "held-out"] as const).map((part) =>
    new Set(rowsOf(distribution.sample(randomKey(4), 1000, part), 1)) // a row is missed with probability 7 (6 / 7)^1000
  );
  assertEquals(drawn.map(({ size }) => size), [7, 1, 2]);
  assertEquals(drawn.reduce((all, part) => all.union(part)).size, 10);
});

Deno.test("empiricalProblem with m columns draws participants independently", async () => {
  const { distribution } = await empiricalProblem({ text: rows(2), participants: 2, goods: 2 });
  assertEquals(distribution.exchangeable, true);
  const drawn = rowsOf(distribution.sample(randomKey(3), 20_000, "held-out"), 2);
  const pairs = new Set<string>();
  for (let b = 0; b < drawn.length; b += 2) pairs.add(`${drawn[b]},${drawn[b + 1]}`);
  assertEquals(pairs.size, 20 * 20); // a pair is missed with probability 400 (399 / 400)^20000 < 1e-18
});

Deno.test("empiricalProblem from a file names the file and its SHA-256", async () => {
  const file = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    await Deno.writeTextFile(file, "0.5\n".repeat(10));
    const options = { participants: 1, goods: 1, productionCost: 0, duplicationCost: 0.25 };
    const problem = await empiricalProblem({ file, ...options });
    const { sha256, ...source } = problem.source as Extract<ProblemSource, { kind: "empirical" }>;
    assertEquals(source, { kind: "empirical", file, ...options });
    // printf '0.5\n%.0s' {1..10} | sha256sum
    assertEquals(sha256, "ce60ec6e75ccd673b43e94d6b39cf9e33cf36170732d6259980f04bab9e0f6c3");
    await Deno.writeFile(file, Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0));
    await assertRejects(
      () => empiricalProblem({ file, ...options }),
      InvalidInputError,
      "got a workbook; save it as CSV",
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("empiricalProblem refuses what it cannot use", async () => {
  const bad = async (options: Record<string, unknown>, message: string) => {
    const full = { participants: 3, goods: 2, ...options } as Parameters<typeof empiricalProblem>[0];
    await assertRejects(() => empiricalProblem(full), InvalidInputError, message);
  };
  await bad({ text: rows(6), participants: 0 }, "participants must be a positive integer, got 0");
  await bad({ text: rows(6), goods: "2" }, 'goods must be a positive integer, got "2"');
  await bad({ text: rows(6), productionCost: -1 }, "productionCost must be a finite number of at least 0, got -1");
  await bad({}, "exactly one of file and text must be given");
  await bad({ text: rows(6), file: "a.csv" }, "exactly one of file and text must be given");
  await bad({ file: "/no/such/types.csv" }, 'file must exist, got "/no/such/types.csv"');
  await bad({ text: rows(6, 9) }, "at least 10 rows of types, got 9");
  await bad({ text: rows(3) }, "2 columns (one participant's types) or 6 columns (a type profile, participant by");
  await bad({ text: rows(3), participants: 1 }, "line 1 must have 2 columns (one for each good), got 3");
  await bad(
    { text: rows(6) + "\n0,0,0,0,0,7\n", scale: 1 },
    "the given text: line 101, column 6 must be a number in [0, 1], got 7; scale is the largest value",
  );
});

Deno.test("in profiles of rows every row counts the same, and none is there twice", async () => {
  const whole = (await empiricalProblem({ text: rows(4), participants: 2, goods: 2 })).distribution.data!;
  const profiles = rowsOf(whole.profiles(randomKey(1), "held-out", 100_000), 4);
  assertEquals([whole.rowsEach, whole.rows("held-out"), profiles.length, new Set(profiles).size], [1, 20, 20, 20]);

  const single = (await empiricalProblem({ text: rows(2), participants: 3, goods: 2 })).distribution.data!;
  assertEquals([single.rowsEach, single.rows("held-out"), single.rows("training")], [3, 20, 70]);
  const drawn = rowsOf(single.profiles(randomKey(1), "held-out", 600), 2);
  assertEquals(drawn.length, 100 * 18); // 100 times six profiles of three rows
  for (let k = 0; k < drawn.length; k += 18) assertEquals(new Set(drawn.slice(k, k + 18)).size, 18);
  assertEquals(new Set(drawn).size, 20);
});

Deno.test("a table in euros has its scale, unit and names of goods, and costs are in euros, too", async () => {
  const lines = Array.from({ length: 40 }, (_, row) => `k${row};${400 + row},50 \u20ac;${row * 3},00 \u20ac`);
  const notes: string[] = [];
  const text = `Kunde;Laptop;Phone\n${lines.join("\n")}`, onNote = (note: string) => notes.push(note);
  const problem = await empiricalProblem({ text, productionCost: 30, onNote });
  assertEquals([problem.participants, problem.goods, problem.scale, problem.unit], [1, 2, 439.5, "\u20ac"]);
  assertEquals(problem.goodNames, ["Laptop", "Phone"]);
  assertEquals(notes, ["Column 1 (Kunde) says whose row it is, by its name, and is left out", "Goods: Laptop, Phone"]);
  assert(problem.distribution.sample(randomKey(0), 9, "training").every((type) => type <= 440));
  const scaled = await empiricalProblem({ text, scale: 1000, unit: "EUR" });
  assertEquals([scaled.scale, scaled.unit], [1000, "EUR"]);
});

Deno.test("values that repeat are atoms; goods are exchangeable where that is said", async () => {
  const of = async (cell: (row: number) => number, more = {}) => {
    const text = Array.from({ length: 200 }, (_, row) => `${cell(row)},${cell(row * 7 + 3)}`).join("\n");
    return (await empiricalProblem({ text, goods: 2, ...more })).distribution;
  };
  assertEquals((await of((row) => row % 2)).atoms, true);
  assertEquals((await of((row) => 10 * (row % 5 + 1))).atoms, true);
  assertEquals((await of((row) => row % 100)).atoms, undefined); // whole euros are no atoms
  assertEquals((await of((row) => row % 3 === 0 ? row : 0)).atoms, undefined); // nor are those who want nothing
  assertEquals((await of((row) => row, { exchangeableGoods: true })).exchangeableGoods, true);
});

Deno.test("one column without a name is one good, in words", async () => {
  const notes: string[] = [];
  await empiricalProblem({ text: "3\n4\n5\n".repeat(5), onNote: (note) => notes.push(note) });
  assertEquals(notes, ["A row has the values of 1 good"]);
});
