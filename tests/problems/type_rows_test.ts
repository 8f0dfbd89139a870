import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { parseTypeJson, parseTypeRows } from "../../src/problems/type_rows.ts";

const csv = async (text: string, columns: Parameters<typeof parseTypeRows>[1] = 2, least?: number) => {
  const { values, rows, columns: width } = await parseTypeRows(text, columns, '"a.csv"', least);
  return [rows, width, ...values];
};

Deno.test("parseTypeRows reads commas, semicolons, tabs, quotes, headers, blank lines and line ends", async () => {
  const expected = [2, 2, 0, 0.5, 0.25, 1];
  const texts = [
    "0,0.5\n0.25,1",
    "0,0.5\r\n0.25,1\r\n",
    "0;.5\n0.25;1\n",
    "\n\n0;0.5\n\n\n0.25;1\n",
    "0\t5e-1\n0.25\t1.\n",
    "good a,good b\n0,0.5\n\n0.25,1\n\n",
    "\ufeffa,b\n0,0.5\n0.25,1",
    '\n"0", 0.5\n+0.25,"1"\n',
  ];
  for (const text of texts) assertEquals(await csv(text), expected, JSON.stringify(text));
  assertEquals(await csv("price\n0.5\n", 1), [1, 1, 0.5]);
  assertEquals(await csv("0.5\n1", { 1: "one participant", 2: "both" }), [2, 1, 0.5, 1]);
});

Deno.test("parseTypeRows names the line and column of a mistake", async () => {
  const cases: [string, string][] = [
    ["0,1\n0,1,1\n", "line 2 must have as many columns as line 1, 2, got 3"],
    ["a,b\n\n0,1\n0\n", "line 4 must have as many columns as line 3, 2, got 1"],
    ["0,1\n0,abc\n", 'line 2, column 2 must be a number in [0, 1], got "abc"'],
    ["0.1,abc\n0,1\n", 'line 1, column 2 must be a number in [0, 1], got "abc"'],
    ["a,b\nc,d\n0,1\n", 'line 2, column 1 must be a number in [0, 1], got "c"'],
    ["0,1\nNaN,1\n", 'line 2, column 1 must be a number in [0, 1], got "NaN" (missing value)'],
    ["nan,nan\n0,1\n", 'line 1, column 1 must be a number in [0, 1], got "nan" (missing value)'],
    ["0,1\n0,\n", "line 2, column 2 must be a number in [0, 1], got an empty cell (missing value)"],
    ["0,1\n0,1.5\n", "line 2, column 2 must be a number in [0, 1], got 1.5"],
    ["0,1\n-0.1,1\n", "line 2, column 1 must be a number in [0, 1], got -0.1"],
    ["0,1\n0x1,1\n", 'line 2, column 1 must be a number in [0, 1], got "0x1"'],
    ["0,1,1\n", "line 1 must have 2 columns, got 3"],
    ['0,"1\n0,1\n', "line 1 must be well-formed CSV, got: Quoted field unterminated"],
    ["", "it must have at least 1 row of types, got 0"],
    ["a,b\n", "it must have at least 1 row of types, got 0"],
  ];
  for (const [text, message] of cases) {
    await assertRejects(() => csv(text), InvalidInputError, `Cannot read types from "a.csv": ${message}`);
  }
  await assertRejects(() => csv("0,1\n".repeat(9), 2, 10), InvalidInputError, "at least 10 rows of types, got 9");
  await assertRejects(
    () => csv("0,1,1\n", { 6: "a type profile", 2: "one participant's types" }),
    InvalidInputError,
    "line 1 must have 2 columns (one participant's types) or 6 columns (a type profile), got 3",
  );
});

Deno.test("parseTypeJson reads a profile, a list of profiles and a list of rows", () => {
  const profile = [[0, 0.5], [0.25, 1], [0.75, 0]], flat = [0, 0.5, 0.25, 1, 0.75, 0];
  const read = (types: unknown, n = 3, m = 2) => {
    const { values, profiles } = parseTypeJson(JSON.stringify(types), n, m);
    return [profiles, ...values];
  };
  assertEquals(read(profile), [1, ...flat]);
  assertEquals(read([profile, profile]), [2, ...flat, ...flat]);
  assertEquals(read([flat, flat, flat]), [3, ...flat, ...flat, ...flat]);
  assertEquals(read([[0.5, 1]], 1, 2), [1, 0.5, 1]);
  assertEquals(read([[0.5, 1], [0, 0]], 1, 2), [2, 0.5, 1, 0, 0]);
  assertEquals(read([[0.5], [1]], 2, 1), [1, 0.5, 1]);
  assertEquals(read([[0.5, 1]], 2, 1), [1, 0.5, 1]);
  assertEquals(parseTypeJson("\ufeff[[0.5]]", 1, 1).profiles, 1);
});

Deno.test("parseTypeJson names the path of a mistake", () => {
  const ok = [[0, 0.5], [0.25, 1]];
  const cases: [string, string][] = [
    ["{", "must be valid JSON"],
    ["{}", "types must be a list that is not empty, got {}"],
    ["[]", "types must be a list that is not empty, got a list of 0"],
    ["null", "types must be a list that is not empty, got null"],
    ["[0.5]", "types must be a list of 2, got a list of 1"],
    ["[0.5, 1]", "types[0] must be a list of 2, got 0.5"],
    ["[[0, 1, 1], [0, 1, 1]]", "types[0] must be a list of 2, got a list of 3"],
    ["[[0, 1]]", "as [2][2], [B][2][2] or [B][4]: types must be a list of 2, got a list of 1"],
    [JSON.stringify([ok, ok, ok, [[0, 2], [0, 0]]]), "types[3][0][1] must be a number in [0, 1], got 2"],
    [JSON.stringify([ok, [[0, 0]]]), "types[1] must be a list of 2, got a list of 1"],
    ["[[0, 0, 0, 0], [0, 0, null, 0]]", "types[1][2] must be a number in [0, 1], got null"],
    ['[[0, "1"], [0, 0]]', 'types[0][1] must be a number in [0, 1], got "1"'],
    ["[[0, -0.5], [0, 0]]", "types[0][1] must be a number in [0, 1], got -0.5"],
  ];
  for (const [text, message] of cases) {
    const error = assertThrows(() => parseTypeJson(text, 2, 2, '"a.json"'), InvalidInputError, message);
    assertEquals(error.message.startsWith('Cannot read types from "a.json"'), true, error.message);
  }
  assertThrows(() => parseTypeJson("[[0]]", 0, 1), InvalidInputError, "participants must be a positive integer, got 0");
});
