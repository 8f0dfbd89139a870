import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { revenueAtSize, revenueOfRows, SIZES } from "../../tasks/in_units.ts";

Deno.test("what is learned in a few iterations earns the same whatever the size of values", async () => {
  const options = { iterations: 30, seed: 3, profiles: 4000 }, found: number[] = [];
  for (const size of SIZES) found.push(await revenueAtSize(size, options));
  assert(found[0] > 0.45, `${found}`);
  for (const revenue of found) assertAlmostEquals(revenue / found[0], 1, 0.005, `${found}`);
});

Deno.test("rows of B_{1,4} as a table: both mechanisms are measured on the same held-out rows", async () => {
  const { table, setting, rows } = await revenueOfRows({ iterations: 3, seed: 0 });
  assertEquals(rows, 800);
  assert(table > 0 && setting > 0 && table < 4 && setting < 4);
});
