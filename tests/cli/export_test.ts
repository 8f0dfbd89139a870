import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeMechanism } from "../../src/io/mechanism_file.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { plainPrices } from "../../src/mechanisms/plain_prices.ts";
import { randomOf } from "../mechanisms/random_mechanism.ts";
import { tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const GOODS = ["tea, green", "jam"];
const single = menuMechanism({
  ...randomOf(1, 2, {}),
  units: { largest: 80, network: 20, name: "EUR", goods: GOODS },
});
const several = randomOf(3, 2, {}), apart = randomOf(2, 2, { context: "none" });

async function file(name: string, mechanism: typeof single): Promise<string> {
  const path = `${FOLDER}/${name}.safetensors`;
  await Deno.writeFile(path, await encodeMechanism(mechanism));
  return path;
}

Deno.test("tedi export writes prices in plain numbers as JSON, and those of all bundles as CSV", async () => {
  const path = await file("single", single), { code, stdout } = await tedi(["export", path]);
  assertEquals(code, 0);
  const { form, goods, unit, largestType, participants, participant, others, inputs, layers, last } = JSON.parse(
    stdout,
  );
  assertEquals([form, goods, unit, largestType], ["tedi-prices-1", GOODS, "EUR", 80]);
  assertEquals([participants, participant, others], [1, 1, undefined]);
  assertEquals({ inputs, layers, last }, JSON.parse(JSON.stringify(plainPrices(single, new Float32Array(2), 0))));
  assertEquals((await tedi(["export", path, "--json"])).stdout, stdout);

  const csv = (await tedi(["export", path, "--format", "csv"])).stdout.trim().split("\n");
  assertEquals([csv[0], csv[1], csv.length], ['"tea, green",jam,price', "0,0,0", 5]);
  const [both] = await single.prices([[[0, 0]]], Float64Array.of(1, 1));
  assertAlmostEquals(Number(csv[4].split(",")[2]), both, 1e-12);
});

Deno.test("tedi export of several participants is for given types of the others, which count where prices read them", async () => {
  const path = await file("several", several), given = ["--others", "10,20;30,40", "--participant", "2"];
  const told = JSON.parse((await tedi(["export", path, ...given])).stdout);
  assertEquals([told.participant, told.others], [2, [[10, 20], [30, 40]]]);
  // The first of the others is participant 1, the second participant 3.
  const { layers } = plainPrices(several, Float32Array.of(10, 20, 0, 0, 30, 40), 1);
  assertEquals(told.layers, JSON.parse(JSON.stringify(layers)));
  const without = await tedi(["export", path]);
  assertEquals([without.code, without.stdout], [2, ""]);
  assertStringIncludes(without.stderr, "--others must be the types of 2 other participants, 2 numbers in [0, 80] each");
  assertEquals((await tedi(["export", await file("apart", apart), "--participant", "2"])).code, 0);
  for (
    const [args, message] of [
      [["--participant", "3"], "--participant must be at most 2, got 3"],
      [["--json", "--format", "csv"], "--json and --format csv exclude each other"],
    ] as const
  ) {
    const { code, stderr } = await tedi(["export", `${FOLDER}/apart.safetensors`, ...args]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, message);
  }
});
