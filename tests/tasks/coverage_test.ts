import { assert, assertEquals } from "@std/assert";
import { coverTable } from "../../tasks/coverage.ts";

Deno.test("a made-up table is learned from, and its interval compared with the distribution itself", async () => {
  const first = await coverTable(3, 0, 5), again = await coverTable(3, 0, 5);
  assertEquals(again, first);
  const { distribution, goods, rows, heldOut, interval: [low, high], revenue, truth, held } = first;
  assert(distribution === "lognormal" && goods >= 1 && goods <= 3 && rows >= 60 && rows <= 2000);
  assertEquals(heldOut, Math.round(rows / 5));
  assert(low < high && Number.isFinite(revenue) && Number.isFinite(truth));
  assertEquals(held, low <= truth && truth <= high);
});
