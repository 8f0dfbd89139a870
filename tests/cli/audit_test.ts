import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { AUDIT_CHECKS } from "../../src/mechanisms/audit/check.ts";
import { jsonLines, SMALL, smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const small = smallRun(FOLDER);

/** Options of an audit that takes a second. */
const QUICK = "--profiles 10 --misreports 20 --exact 5 --test-profiles 200 --time-limit 600 --backend wasm".split(" ");

Deno.test("audit passes a trained mechanism: a table for people", async () => {
  const run = await small(), { code, stdout, stderr } = await tedi(["audit", run, ...QUICK]);
  assertEquals([code, stderr.includes("error")], [0, false], stderr);
  assertEquals(stdout.match(/^ {2}passed/gm)?.length, AUDIT_CHECKS.length, stdout);
  assertStringIncludes(stdout, "U_{1,2}^{0,0}, 1 participant, 2 goods");
  assertStringIncludes(stdout, "95% confidence");
  assertStringIncludes(stderr, `Next: tedi report ${run}\n      tedi playground ${run}\n`);
  assertStringIncludes(stdout, `All ${AUDIT_CHECKS.length} checks passed.`);
});

Deno.test("audit --json writes one object, the same for the same seed, of a folder and of its file", async () => {
  const run = await small(), file = `${run}/mechanism.safetensors`;
  const results = await Promise.all([
    tedi(["audit", run, ...QUICK, "--json", "--quiet"]),
    tedi(["audit", file, "--setting", "U-1-2", ...QUICK, "--json", "--quiet", "--threads", "1"]),
  ]);
  const [first, second] = results.map(({ code, stdout, stderr }) => {
    assertEquals([code, stderr], [0, ""]);
    const lines = jsonLines(stdout);
    assertEquals(lines.length, 1);
    const { seconds, ...rest } = lines[0];
    assert(typeof seconds === "number" && seconds > 0);
    return rest;
  });
  assertEquals(first, second);
  const { event, setting, passed, checks, skipped, profiles, misreports, seed } = first;
  assertEquals([event, setting, passed, skipped], ["audit", "U_{1,2}^{0,0}", true, []]);
  assertEquals([profiles, misreports, seed], [10, 20, 0]);
  assertEquals((checks as { name: string }[]).map(({ name }) => name), [...AUDIT_CHECKS]);
});

Deno.test("audit ends with 1 where a bound is broken, and says where", async () => {
  const run = await small();
  const { code, stdout } = await tedi(["audit", run, ...QUICK, "--bound", "0"]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "FAILED");
  assertStringIncludes(stdout, "participant 1 of 1 at ");
  assertStringIncludes(stdout, "checks failed: ");
  const strict = await tedi(["audit", run, ...QUICK, "--json", "--bound", "0", "--ic-bound", "1", "--ir-bound", "1"]);
  assertEquals(strict.code, 1);
  const checks = jsonLines(strict.stdout)[0].checks as { name: string; bound: number }[];
  assertEquals(
    checks.map(({ name, bound }) => [name, bound]),
    AUDIT_CHECKS.map((name) => [name, name === "incentiveCompatibility" || name === "individualRationality" ? 1 : 0]),
  );
});

Deno.test("bounds that are left out are in the scale of values, and others are as they are given", async () => {
  const out = `${FOLDER}/euros`, table = new URL("../tables/kunden_windows.csv", import.meta.url).pathname;
  assertEquals((await tedi(["train", "--types", table, ...SMALL, "--quiet", "--out", out])).code, 0);
  const checks = async (...more: string[]) => {
    const { stdout, stderr } = await tedi(["audit", out, ...QUICK, "--json", "--quiet", ...more]);
    assertEquals(stderr, "");
    const { checks } = jsonLines(stdout)[0] as { checks: { name: string; bound: number; passed: boolean }[] };
    return Object.fromEntries(checks.map((check) => [check.name, check]));
  };
  const { scale } = JSON.parse(Deno.readTextFileSync(`${out}/result.json`)), found = await checks();
  assert(scale > 1000);
  for (const name of ["incentiveCompatibility", "individualRationality", "noBuyNoPay", "bestResponseGap"]) {
    assertAlmostEquals(found[name].bound, 1e-6 * scale, 1e-12 * scale);
    assert(found[name].passed, name);
  }
  assertAlmostEquals((await checks("--ic-bound", "0.5")).incentiveCompatibility.bound, 0.5, 1e-9);
  const { stdout } = await tedi(["audit", out, ...QUICK]);
  assert(!/\d(most|highest|largest|farthest)/.test(stdout), stdout);
  // A bound that is no round number is shown as one.
  assertStringIncludes((await tedi(["audit", out, ...QUICK, "--ic-bound", "1.2345678e-5"])).stdout, " of 1.235e-5");
});

Deno.test("audit refuses wrong input with 2", async () => {
  const run = await small();
  const cases: [string[], string][] = [
    [[], "RUN_FOLDER|FILE is missing"],
    [[`${FOLDER}/nowhere`], "must exist"],
    [[`${run}/mechanism.safetensors`], "must come with its problem"],
    [[run, "--setting", "U-1-3"], "U_{1,3}^{0,0}"],
    [[run, "--profiles", "0"], "--profiles must be a positive integer, got 0"],
    [[run, "--ic-bound", "-1"], "--ic-bound must be a finite number of at least 0, got -1"],
    [[run, "--misreport", "5"], "did you mean --misreports?"],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await tedi(["audit", ...args]);
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, message);
  }
});
