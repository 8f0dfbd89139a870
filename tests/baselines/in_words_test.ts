/** What baselines and their trainings show on a console: a few lines. */
import { assert, assertEquals } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { separable } from "../../src/baselines/separable.ts";
import { straightJacket } from "../../src/baselines/straight_jacket.ts";
import { vcg } from "../../src/baselines/vcg.ts";
import { smallTrainings } from "./trained.ts";

/** The lines that a result shows, without the spaces that make columns of them. */
const linesOf = (result: object) => Deno.inspect(result).split("\n").map((line) => line.trim().replace(/ {2,}/g, " "));

Deno.test("auctions show their names, sizes and prices", () => {
  const name = "U_{1,2}^{0,0}", sizes = ["participants 1", "goods 2"];
  assertEquals(linesOf(vcg("U-1-2")), [`VCG for ${name}`, ...sizes]);
  assertEquals(linesOf(separable("U-1-2")), [`Separable-OPT for ${name}`, ...sizes]);
  const sold = bundle("U-1-2", { profiles: 1000 });
  assertEquals(linesOf(sold), [
    ...[`Bundle-OPT for ${name}`, ...sizes, `price ${sold.price.toFixed(4)} of all goods together`],
    `training utility ${sold.trainingUtility.toFixed(4)} of the principal, mean of 1000 profiles`,
  ]);
  assertEquals(linesOf(straightJacket("U-1-2")), [
    ...[`Straight-jacket auction for ${name}`, ...sizes, "prices 0.6667, 0.8619", "revenue 0.5492 expected"],
  ]);
  assertEquals(linesOf(straightJacket("U-1-8"))[3].split(",").length, 7);
});

Deno.test("learned baselines and their trainings show themselves in a few lines", async () => {
  for (const { method, setting, train } of smallTrainings) {
    const result = await train(), [title, ...rows] = linesOf(result), { softRevenue } = result.metrics!;
    assertEquals([title, rows[0]], [`Training of ${method} for ${setting}`, "iterations 6 of 6, seed 0"]);
    assert(rows.length === 3 && rows[1].startsWith(`soft revenue ${softRevenue.toFixed(4)} `), rows.join("\n"));
    const [name, ...facts] = linesOf(result.mechanism), { participants, goods, parameters } = result.mechanism;
    const numbers = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
    const options = method === "MD-RegretNet" ? [] : ["options 5"];
    assertEquals(name, `${method} for ${setting}`);
    assertEquals(facts, [`participants ${participants}`, `goods ${goods}`, ...options, `parameters ${numbers}`]);
  }
});
