import { assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { parseTypeJson } from "../../src/problems/type_rows.ts";

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
  assertThrows(
    () => parseTypeJson("[[9, 17]]", 1, 2, "j", 16, "; --clip"),
    InvalidInputError,
    "must be a number in [0, 16], got 17; --clip",
  );
  assertThrows(() => parseTypeJson("[[0]]", 0, 1), InvalidInputError, "participants must be a positive integer, got 0");
});
