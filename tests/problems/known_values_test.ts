import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { straightJacketOptimum } from "../../src/problems/straight_jacket.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { knownOptimum, separableOptimum } from "../../src/problems/known_values.ts";
import { parseSetting, settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";

Deno.test("knownOptimum: uniform types without costs, for each participant the straight-jacket auction's", () => {
  const known: [name: string, value: number, proved: boolean][] = [
    ["U_{1,2}^{0,0}", (12 + 2 * Math.SQRT2) / 27, true],
    ["U_{3,2}^{0,0}", (12 + 2 * Math.SQRT2) / 9, true],
    ["U_{1,3}^{0,0}", straightJacketOptimum(3)!.value, true],
    ["U_{1,6}^{0,0}", straightJacketOptimum(6)!.value, true],
    ["U_{5,7}^{0,0}", 5 * straightJacketOptimum(7)!.value, false],
    ["U_{1,50}^{0,0}", straightJacketOptimum(50)!.value, false],
  ];
  for (const [name, value, proved] of known) {
    for (const given of [name, parseSetting(name), settingProblem(name)]) {
      const optimum = knownOptimum(given)!;
      assertAlmostEquals(optimum.value, value, 1e-14 * value, name);
      assertEquals([optimum.proved, optimum.name.includes("conjectured")], [proved, !proved], name);
      assert(optimum.name.includes("Giannakopoulos"));
    }
  }
});

Deno.test("knownOptimum: one good, Myerson's auction", () => {
  assertAlmostEquals(knownOptimum("U_{1,1}^{0,0}")!.value, 1 / 4, 1e-15);
  // Two uniform types: E[max(2 t_1 - 1, 0)] twice. A triangle on [0, 1]: p (1 - 2 p^2) is largest at p^2 = 1 / 6.
  assertAlmostEquals(knownOptimum("U_{2,1}^{0,0}")!.value, 1 / 2, 1e-15);
  assertAlmostEquals(knownOptimum("C_{1,1}^{0,0}")!.value, 2 / 3 / Math.sqrt(6), 1e-15);
  assertEquals(knownOptimum("U_{3,1}^{1,0}"), {
    value: separableOptimum("U_{3,1}^{1,0}")!,
    name: "Myerson's auction (Myerson 1981)",
    proved: true,
  });
});

Deno.test("knownOptimum: Bernoulli types, where the principal takes all the welfare", () => {
  assertEquals(knownOptimum("B_{1,10}^{0,0}")!.value, 5);
  assertEquals(knownOptimum("B_{3,10}^{1,0}")!.value, 6.25);
  assertEquals(knownOptimum("B_{3,2}^{0,1.5}")!.value, 0);
  assert(knownOptimum("B_{1,10}^{0,0}")!.name.includes("price 1"));
  assert(knownOptimum("B_{1,10}^{0,0}")!.proved);
});

Deno.test("knownOptimum is undefined where nothing is known", () => {
  for (const name of ["U_{1,2}^{1,0}", "U_{1,2}^{0,0.5}", "U_{1,51}^{0,0}", "C_{1,2}^{0,0}", "C_{3,1}^{0,0}"]) {
    assertEquals(knownOptimum(name), undefined, name);
  }
  assertEquals(knownOptimum(defineProblem({ participants: 1, goods: 1, distribution: "U" })), undefined);
});

Deno.test("known values of a distribution that there is not", () => {
  const setting = { ...parseSetting("U-1-2"), distribution: "X" as "U" };
  for (const known of [knownOptimum, separableOptimum]) {
    assertThrows(() => known(setting), InvalidInputError, 'distribution must be one of U, B, C, got "X"');
  }
});

Deno.test("separableOptimum: values worked out by hand", () => {
  assertAlmostEquals(separableOptimum("U_{1,10}^{0,0}")!, 2.5, 1e-12);
  assertAlmostEquals(separableOptimum("U_{3,10}^{0,0.5}")!, 1.875, 1e-12);
  assertAlmostEquals(separableOptimum("U_{3,2}^{1,0}")!, 2 * (3 / 8 / 6 + 1 / 8 * (0.5 + 1 / 24)), 1e-12);
  // One participant pays both costs: E[(phi - 0.25 - 0.25)^+] = 0.5^2 / 4.
  assertAlmostEquals(separableOptimum("U_{1,1}^{0.25,0.25}")!, 0.0625, 1e-12);
  assertEquals(separableOptimum("U_{3,2}^{0,1}"), 0);
  assertEquals(separableOptimum("U_{3,2}^{3,0}"), 0);
  assertEquals(separableOptimum("B_{3,2}^{0,1.5}"), 0);
  assertEquals(separableOptimum("B_{2,1}^{0.5,0.25}"), 0.5 * 0.25 + 0.25 * 1);
  assertEquals(separableOptimum("C_{3,10}^{1,0}"), undefined);
  // One participant with two correlated goods' triangles, at a unit cost of 1/2: (p - 1/2) 2 (1 - p)^2 at p = 2/3.
  assertAlmostEquals(separableOptimum("C_{1,2}^{0.25,0.25}")!, 2 * 2 / 54, 1e-15);
});

Deno.test("separableOptimum agrees with Monte Carlo (false alarms: 7e-6)", () => {
  const names = [
    "U_{1,1}^{0.3,0.2}",
    "U_{2,1}^{0.5,0.1}",
    "U_{3,1}^{1,0}",
    "U_{4,1}^{1.3,0.2}",
    "U_{7,1}^{2,0}",
    "U_{40,1}^{9.7,0.05}",
    "B_{2,1}^{0.5,0.1}",
    "B_{5,1}^{1.5,0.3}",
    "B_{30,1}^{14,0}",
    "U_{10,1}^{0,0.5}",
    "U_{10,1}^{2.5,0}",
  ];
  for (const name of names) {
    const problem = settingProblem(name), { participants: n, productionCost, duplicationCost } = parseSetting(name);
    const samples = 100_000;
    const types = problem.distribution.sample(randomKey(9), samples, "training");
    let sum = 0, squares = 0;
    for (let b = 0; b < samples; b++) {
      let virtual = 0;
      for (let i = 0; i < n; i++) virtual += Math.max(2 * types[b * n + i] - 1 - duplicationCost, 0);
      const value = Math.max(virtual - productionCost, 0);
      sum += value;
      squares += value * value;
    }
    const mean = sum / samples, error = Math.sqrt((squares / samples - mean * mean) / samples);
    assertAlmostEquals(separableOptimum(name)!, mean, 5 * error, name);
  }
});

Deno.test("separableOptimum stays accurate for many participants", () => {
  // E[(S - c)^+] - E[(c - S)^+] = E[S] - c, and for a small c the second term vanishes.
  assertAlmostEquals(separableOptimum("U_{1000,1}^{10,0}")!, 1000 / 4 - 10, 1e-8);
  assertAlmostEquals(separableOptimum("U_{200,1}^{0,0}")!, 50, 1e-9);
  // Near the mean the excess is that of a normal number: sd / sqrt(2 pi), sd^2 = n (1/6 - 1/16).
  const sd = Math.sqrt(1000 * (1 / 6 - 1 / 16));
  assertAlmostEquals(separableOptimum("U_{1000,1}^{250,0}")!, sd / Math.sqrt(2 * Math.PI), 0.01);
});
