import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { jsonLines, SMALL, smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const small = smallRun(FOLDER);

Deno.test("run takes CSV and JSON, from a file and stdin, to the same outcomes and payments", async () => {
  const run = await small();
  Deno.writeTextFileSync(`${FOLDER}/types.csv`, "first,second\n0.9,0.2\n0.1,0.7\n0,0\n");
  Deno.writeTextFileSync(`${FOLDER}/types.json`, "[[0.9, 0.2], [0.1, 0.7], [0, 0]]");
  const fromCsv = await tedi(["run", run, "--types", `${FOLDER}/types.csv`]);
  assertEquals([fromCsv.code, fromCsv.stderr], [0, ""]);
  const [header, ...rows] = fromCsv.stdout.trimEnd().split("\n");
  assertEquals(header, "profile,participant,outcome_1,outcome_2,payment,utility");
  const numbers = rows.map((row) => row.split(",").map(Number));
  assertEquals(numbers.map(([profile, participant]) => [profile, participant]), [[0, 1], [1, 1], [2, 1]]);
  for (const row of numbers) assert(row.every(Number.isFinite) && row[5] >= 0);

  const stdin = Deno.readTextFileSync(`${FOLDER}/types.json`);
  const json = [
    await tedi(["run", run, "--types", `${FOLDER}/types.json`, "--json"]),
    await tedi(["run", run, "--types", "-", "--format", "json", "--out-format", "json"], {}, stdin),
  ];
  for (const { code, stdout, stderr } of json) {
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      jsonLines(stdout),
      numbers.map(([profile, , x, y, payment, utility]) => (
        { event: "outcome", profile, outcomes: [[x, y]], payments: [payment], utilities: [utility] }
      )),
    );
  }
});

Deno.test("where rows are left out the others keep their numbers, and that is said", async () => {
  const args = ["run", await small(), "--types", "-", "--missing", "drop"], table = "0.9,0.2\n,0.5\n0.1,0.7\n";
  const { code, stdout, stderr } = await tedi(args, {}, table);
  assertEquals(code, 0, stderr);
  assertEquals(stdout.trimEnd().split("\n").slice(1).map((row) => row.split(",")[0]), ["0", "2"]);
  assertStringIncludes(stderr, "1 cell says nothing, in 1 of 3 rows: the rows are left out");
  const json = await tedi([...args, "--json"], {}, table);
  assertEquals(jsonLines(json.stdout).map(({ profile }) => profile), [0, 2]);
});

Deno.test("run takes profiles of several participants", async () => {
  const out = `${FOLDER}/two`;
  assertEquals((await tedi(["train", "--setting", "U-2-2-cp0.1-cd0", ...SMALL, "--out", out])).code, 0);
  const { stdout } = await tedi(["run", out, "--types", "-", "--threads", "2"], {}, "1,1,0,1\n0.5,0.5,0.5,0.5\n");
  const rows = stdout.trimEnd().split("\n").slice(1).map((row) => row.split(",").map(Number));
  assertEquals(rows.map(([profile, participant]) => [profile, participant]), [[0, 1], [0, 2], [1, 1], [1, 2]]);
  for (const row of rows) assert(row[5] >= 0);
  assertEquals(rows[2].slice(2), rows[3].slice(2)); // the same type against the same other
});
