/** The made-up survey is what its task makes, and is one in which a list of bundles beats simple prices. */
import { assert, assertEquals } from "@std/assert";
import { shortList, useOfList } from "../../src/mechanisms/price_list.ts";
import { surveyText } from "../../tasks/example_survey.ts";

const FILE = new URL("../../tasks/examples/software_survey.csv", import.meta.url);

Deno.test("the table in tasks/examples is what tasks/example_survey.ts makes", () => {
  assert(Deno.readTextFileSync(FILE) === surveyText(), "run deno run -A tasks/example_survey.ts");
});

Deno.test("all three programs together and each by itself earn 8% more than either alone", () => {
  const [, ...lines] = Deno.readTextFileSync(FILE).trim().split("\n");
  const types = Float32Array.from(lines.flatMap((line) => line.split(",").slice(1).map(Number)));
  assertEquals(types.length, 2400 * 3);
  const entries = (outcomes: number[][]) => outcomes.map((outcome) => ({ outcome, price: 60 * outcome.length / 2 }));
  const earns = (outcomes: number[][]) => useOfList(shortList(entries(outcomes), 9, types, 3, 0), types, 3, 0).profit;
  const singles = [[1, 0, 0], [0, 1, 0], [0, 0, 1]], bundle = earns([[1, 1, 1]]);
  // Additive prices are a list of all bundles, each at the sum of its goods' prices.
  const posted = [0, 1, 2].reduce((sum, j) => sum + earns([singles[j]]), 0), both = earns([...singles, [1, 1, 1]]);
  assert(both > 1.08 * Math.max(bundle, posted), `${both}, ${bundle}, ${posted}`);
});
