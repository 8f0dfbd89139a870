/** `tedi menu`, run as a process. */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { jsonLines, SMALL, smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const run = smallRun(FOLDER);

Deno.test("tedi menu: a table, CSV and JSON say the same", async () => {
  const args = ["menu", await run(), "--profiles", "2000"];
  const [event, ...more] = jsonLines((await tedi([...args, "--json"])).stdout);
  const entries = event.entries as { outcome: number[]; price: number; share: number }[];
  assertEquals([event.event, more], ["menu", []]);
  const taken = entries.reduce((sum, { share }) => sum + share, 0);
  assertAlmostEquals(taken + (event.nothing as number), 1, 1e-9);
  assertAlmostEquals(event.profit as number, entries.reduce((sum, { price, share }) => sum + price * share, 0), 1e-9);
  const csv = (await tedi([...args, "--format", "csv"])).stdout.trimEnd().split("\n");
  assertEquals(csv[0], "outcome_1,outcome_2,price,share");
  assertEquals(csv.slice(1), entries.map(({ outcome, price, share }) => [...outcome, price, share].join(",")));
  const { stdout, code } = await tedi(args);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "on the same 2000 held-out types");
});

Deno.test("tedi menu --bundles shortens the list, and it earns nearly as much", async () => {
  const [event] = jsonLines((await tedi(["menu", await run(), "--bundles", "1", "--json"])).stdout);
  const [{ outcome, price }, ...more] = event.entries as { outcome: number[]; price: number }[];
  assertEquals([outcome, more], [[1, 1], []]);
  assertAlmostEquals(price, Math.sqrt(2 / 3), 0.05);
  assert((event.profit as number) > 0.53);
});

Deno.test("tedi menu with several participants wants the others' types; wrong input ends with 2", async () => {
  const out = `${FOLDER}/two`;
  assertEquals((await tedi(["train", "--setting", "U-2-1-cp0.5", ...SMALL, "--out", out, "--quiet"])).code, 0);
  const { code, stdout } = await tedi(["menu", out, "--others", "0.5", "--participant", "2", "--profiles", "100"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "participant 2, the others having 0.5");
  const wrong: [string[], string][] = [
    [[out], "--others must be the types of 1 other participant, 1 number in [0, 1] each, as in '0.5', but is missing"],
    [[out, "--others", "1.5"], 'got "1.5"'],
    [[out, "--others", "0.5", "--participant", "3"], "--participant must be at most 2, got 3"],
    [[await run(), "--others", "0.5"], "--others must be left out with one participant"],
    [[await run(), "--round", "0.4"], "--round must be above 0.5 and at most 1, got 0.4"],
    [[await run(), "--svg", "prices.png"], '--svg must end with .svg, got "prices.png"'],
    [[await run(), "--tolerance", "-1"], "--tolerance"],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await tedi(["menu", ...args]);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertStringIncludes(stderr, message);
  }
  const both = await tedi(["menu", await run(), "--json", "--format", "csv"]);
  assertEquals([both.code, both.stderr], [
    2,
    "error: Cannot run tedi menu: --json and --format csv exclude each other\n",
  ]);
});

Deno.test("tedi menu with several participants whose prices read no types wants none", async () => {
  const out = `${FOLDER}/apart`;
  assertEquals((await tedi(["train", "--setting", "U-2-1", ...SMALL, "--out", out, "--quiet"])).code, 0);
  const { code, stdout, stderr } = await tedi(["menu", out, "--participant", "2", "--profiles", "100"]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, ", participant 2, whatever the others have\n");
  const [event] = jsonLines((await tedi(["menu", out, "--profiles", "100", "--json"])).stdout);
  assertEquals([event.others, event.participant], [undefined, 1]);
});
