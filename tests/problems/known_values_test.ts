import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { defineProblem } from "../../src/problems/user_module.ts";
import { knownOptimum, separableOptimum } from "../../src/problems/known_values.ts";
import { parseSetting, settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";

Deno.test("knownOptimum: single buyer, uniform types, no costs", () => {
  const known: [string, number][] = [
    ["U_{1,1}^{0,0}", 0.25],
    ["U_{1,2}^{0,0}", 0.549201],
    ["U_{1,4}^{0,0}", 1.219515],
    ["U_{1,6}^{0,0}", 1.943256],
    ["U_{3,2}^{0,0}", 3 * 0.549201],
  ];
  for (const [name, value] of known) {
    assertAlmostEquals(knownOptimum(name)!.value, value, 2e-6, name);
    assertAlmostEquals(knownOptimum(settingProblem(name))!.value, value, 2e-6, name);
  }
  assert(knownOptimum("U_{1,2}^{0,0}")!.name.includes("Giannakopoulos"));
});

Deno.test("knownOptimum: Bernoulli types, where the principal takes all the welfare", () => {
  assertEquals(knownOptimum("B_{1,10}^{0,0}")!.value, 5);
  assertEquals(knownOptimum("B_{3,10}^{1,0}")!.value, 6.25);
  assert(knownOptimum("B_{1,10}^{0,0}")!.name.includes("price 1"));
});

Deno.test("knownOptimum is undefined where nothing is known", () => {
  for (const name of ["U_{1,3}^{0,0}", "U_{1,2}^{1,0}", "U_{1,2}^{0,0.5}", "C_{1,2}^{0,0}", "C_{3,1}^{0,0}"]) {
    assertEquals(knownOptimum(name), undefined, name);
  }
  assertEquals(knownOptimum(defineProblem({ participants: 1, goods: 1, distribution: "U" })), undefined);
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
});

Deno.test("separableOptimum agrees with the paper's row Separable-OPT within its sampling noise", () => {
  const printed: [string, number][] = [
    ["U_{1,10}^{0,0}", 2.5000],
    ["B_{1,10}^{0,0}", 5.0000],
    ["U_{3,2}^{1,0}", 0.2601],
    ["U_{3,10}^{1,0}", 1.3019],
    ["U_{3,20}^{1,0}", 2.6019],
    ["U_{3,30}^{1,0}", 3.9059],
    ["U_{3,10}^{0,0.5}", 1.8752],
    ["U_{3,20}^{0,0.5}", 3.7501],
    ["U_{3,30}^{0,0.5}", 5.6221],
    ["B_{3,10}^{1,0}", 6.2507],
    ["U_{10,10}^{0,0.5}", 6.2537],
  ];
  for (const [name, value] of printed) assertAlmostEquals(separableOptimum(name)!, value, 0.0015 * value, name);
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
