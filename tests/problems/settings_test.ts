import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { distributionOf } from "../../src/problems/distributions/table.ts";
import {
  parseSetting,
  type Setting,
  settingName,
  settingOf,
  settingProblem,
  settingSlug,
} from "../../src/problems/settings.ts";

const setting = (distribution: "U" | "B" | "C", ...[n, m, cp, cd]: number[]): Setting => ({
  distribution,
  participants: n,
  goods: m,
  productionCost: cp,
  duplicationCost: cd,
});

Deno.test("parseSetting reads the paper's names and the shell's", () => {
  const cases: [string, Setting][] = [
    ["U_{3,10}^{1,0}", setting("U", 3, 10, 1, 0)],
    [" U_{ 1 , 2 }^{ 0, 0.5 } ", setting("U", 1, 2, 0, 0.5)],
    ["b_{1,10}", setting("B", 1, 10, 0, 0)],
    ["C_{3,10}^{.25,1e-3}", setting("C", 3, 10, 0.25, 0.001)],
    ["U-3-10-cp1-cd0", setting("U", 3, 10, 1, 0)],
    ["U-1-2", setting("U", 1, 2, 0, 0)],
    ["c-10-20-cp0.5-cd1e-7", setting("C", 10, 20, 0.5, 1e-7)],
    ["U-1000-1000", setting("U", 1000, 1000, 0, 0)],
  ];
  for (const [text, expected] of cases) assertEquals(parseSetting(text), expected, text);
});

Deno.test("setting names make the round trip", () => {
  for (const letter of ["U", "B", "C"] as const) {
    for (const [cp, cd] of [[0, 0], [1, 0], [0, 0.5], [0.1 + 0.2, 1e-9], [1e21, 123.25]]) {
      const given = setting(letter, 7, 31, cp, cd);
      assertEquals(parseSetting(settingName(given)), given);
      assertEquals(parseSetting(settingSlug(given)), given);
    }
  }
  assertEquals(settingName(setting("U", 3, 10, 1, 0.5)), "U_{3,10}^{1,0.5}");
  assertEquals(settingSlug(setting("U", 3, 10, 1, 0.5)), "U-3-10-cp1-cd0.5");
});

Deno.test("parseSetting shows form and example for a name it does not know", () => {
  for (const text of ["", "V_{1,2}^{0,0}", "U_{1}", "U_{1,2}^{0}", "U-1", "U-1-2-cp", "uniform", "U_{1,2}^{0,0}x"]) {
    const error = assertThrows(() => parseSetting(text), InvalidInputError);
    for (const part of ["F_{n,m}^{cp,cd}", "F-n-m-cpX-cdY", '"U_{3,10}^{1,0}"', `got ${JSON.stringify(text)}`]) {
      assert(error.message.includes(part), `${error.message} should include ${part}`);
    }
  }
  assertThrows(() => parseSetting(undefined as unknown as string), InvalidInputError, "got undefined");
});

Deno.test("parseSetting names the part that is wrong", () => {
  const cases = [
    ["U_{0,2}^{0,0}", "n, the number of participants, must be a positive integer, got 0"],
    ["U_{2,0}^{0,0}", "m, the number of goods, must be a positive integer, got 0"],
    ["U-1.5-2", "n, the number of participants, must be a positive integer, got 1.5"],
    ["U_{-1,2}", "n, the number of participants, must be a positive integer, got -1"],
    ["U_{1001,2}", "n, the number of participants, must be at most 1000, got 1001"],
    ["U-2-5000", "m, the number of goods, must be at most 1000, got 5000"],
    ["U_{1,2}^{-1,0}", "cp, the production cost, must be a finite number of at least 0, got -1"],
    ["U-1-2-cp0-cd-0.5", "cd, the duplication cost, must be a finite number of at least 0, got -0.5"],
    ["U-1-2-cp1e999-cd0", "cp, the production cost, must be a finite number of at least 0, got Infinity"],
  ];
  for (const [text, message] of cases) {
    assertThrows(
      () => parseSetting(text),
      InvalidInputError,
      `Cannot read setting ${JSON.stringify(text)}: ${message}`,
    );
  }
});

Deno.test("settingProblem describes the problem", () => {
  const problem = settingProblem("B-3-10-cp1-cd0");
  assertEquals(problem.name, "B_{3,10}^{1,0}");
  assertEquals([problem.participants, problem.goods, problem.distribution.name], [3, 10, "B"]);
  assertEquals(problem.source, { kind: "setting", setting: "B_{3,10}^{1,0}" });
  assert(problem.principalUtility.name.includes("production cost 1, duplication cost 0"));
  assertEquals(settingOf(problem), setting("B", 3, 10, 1, 0));
  assertEquals(settingOf({ ...problem, source: { kind: "custom" } }), undefined);
  assertEquals(settingProblem(setting("C", 1, 1, 0, 0)).name, "C_{1,1}^{0,0}");
  assertThrows(() => settingProblem(setting("U", 0, 1, 0, 0)), InvalidInputError, "number of participants");
  assertThrows(() => settingProblem(setting("X" as "U", 1, 1, 0, 0)), InvalidInputError, 'one of U, B, C, got "X"');
  assertThrows(() => distributionOf("toString" as "U", 1, 1), InvalidInputError, 'got "toString"');
});

Deno.test("a cost that a name leaves out is 0", () => {
  assertEquals(parseSetting("U-2-1-cp0.5"), parseSetting("U_{2,1}^{0.5,0}"));
  assertEquals(parseSetting("U-2-1-cd0.25"), parseSetting("U_{2,1}^{0,0.25}"));
  assertThrows(() => parseSetting("U-2-1-cd0.25-cp1"), InvalidInputError, "must have the form");
});
