import { assert, assertEquals } from "@std/assert";
import { parseSetting, settingName } from "../../src/problems/settings.ts";
import { printedValue, tableOneMethods, tableOneSettings } from "../../src/problems/table_one.ts";

Deno.test("Table 1: 13 settings with canonical names, in the paper's order", () => {
  assertEquals(tableOneSettings.length, 13);
  for (const column of tableOneSettings) assertEquals(settingName(parseSetting(column.setting)), column.setting);
  assertEquals(tableOneSettings.map((column) => column.setting[0]).join(""), "UBUUUUUUUBCCU");
  // The paper's text: TEDI beats the classical mechanisms everywhere but in the two Bernoulli settings.
  const worse = tableOneSettings.filter((column) => column.tedi < column.classical).map((column) => column.setting);
  assertEquals(worse, ["B_{1,10}^{0,0}", "B_{3,10}^{1,0}"]);
});

Deno.test("the best classical method of a column follows from its rows", () => {
  assertEquals(tableOneSettings[0], {
    setting: "U_{1,10}^{0,0}",
    tedi: 3.462,
    classical: 3.4477,
    classicalMethod: "Bundle-OPT",
  });
  const bundled = tableOneSettings.filter(({ classicalMethod }) => classicalMethod === "Bundle-OPT");
  assertEquals(bundled.map(({ setting }) => setting), ["U_{1,10}^{0,0}", "U_{3,30}^{1,0}"]);
  for (const { setting, classical, classicalMethod } of tableOneSettings) {
    assertEquals(printedValue(classicalMethod, setting), classical);
    for (const method of ["Separable-OPT", "Bundle-OPT"]) {
      const value = printedValue(method, setting);
      assert(value === "=0" || Number(value) <= classical, `${method}, ${setting}`);
    }
    assert(["=0", "<0"].includes(String(printedValue("VCG", setting))), setting);
  }
});

Deno.test("printedValue: numbers, signs, and what the paper does not print", () => {
  assertEquals(printedValue("MD-GemNet", "U_{3,2}^{1,0}"), 0.2748);
  assertEquals(printedValue("regret", "U_{10,10}^{0,0.5}"), 0.7762);
  assertEquals(printedValue("TEDI-MLP", "U_{1,10}^{0,0}"), "=0");
  assertEquals(printedValue("MD-LotteryAMA", "U_{10,10}^{0,0.5}"), "<0");
  for (
    const [method, setting] of [["MD-GemNet", "U_{1,10}^{0,0}"], ["TEDI", "U_{1,2}^{0,0}"], [
      "toString",
      "U_{3,2}^{1,0}",
    ]]
  ) {
    assertEquals(printedValue(method, setting), undefined, `${method}, ${setting}`);
  }
  // Every row has as many columns as there are settings, up to the last.
  for (const method of tableOneMethods) {
    const printed = tableOneSettings.filter(({ setting }) => printedValue(method, setting) !== undefined);
    assert(printed.length >= 2 && printed.every(({ setting }) => !Number.isNaN(printedValue(method, setting))), method);
  }
});
