import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { decodeMechanism, encodeMechanism } from "../../src/io/mechanism_file.ts";
import { decodeChecked, encodeChecked } from "../../src/io/safetensors.ts";
import { isLearned, requireMenuMechanism } from "../../src/io/mechanism_kinds.ts";
import { affineMaximizer } from "../../src/mechanisms/affine_maximizer.ts";
import { boosts, type BoostSize } from "../../src/networks/boost.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

const shape = { participants: 2, goods: 2, exchangeable: false, exchangeableGoods: false };
const boost: BoostSize = { kind: "separate", layers: 1, groups: 2, groupSize: 2 };
const data = (size: BoostSize = boost) => ({
  problem: "U_{2,2}^{unit}",
  shape,
  boost: size,
  units: { largest: 4, network: 2, name: "EUR" },
  parameters: boosts(shape, size).initialParameters(randomKey(0)),
});

Deno.test("a file gives an affine maximizer again, to the bit", async () => {
  for (const size of [boost, { ...boost, kind: "joint" as const }]) {
    const mechanism = affineMaximizer(data(size)), bytes = await encodeMechanism(mechanism);
    const again = await decodeMechanism(bytes, "file", "U-2-2-unit");
    assertEquals(isLearned(again), true);
    const types = uniforms(randomKey(1), 80).map((type) => 4 * type);
    assertEquals(await again.run(types), await mechanism.run(types));
    assertEquals(await encodeMechanism(again), bytes);
  }
});

Deno.test("an affine maximizer for another problem is refused, and one is no menu mechanism", async () => {
  const bytes = await encodeMechanism(affineMaximizer(data()));
  await assertRejects(() => decodeMechanism(bytes, "file", "U-2-2"), InvalidInputError, "got U_{2,2}^{unit}");
  const mechanism = await decodeMechanism(bytes, "file");
  assertThrows(() => requireMenuMechanism("show it", mechanism), InvalidInputError, 'got one of "TEDI-AMA"');
});

Deno.test("sizes and kinds that a boost cannot have are refused", async () => {
  const { tensors, metadata } = await decodeChecked(await encodeMechanism(affineMaximizer(data())), "file");
  const wrong: [string, unknown, string][] = [
    ["boost", { ...boost, kind: "both" }, "the boost's kind must be one of separate, joint"],
    ["boost", { ...boost, groups: 0 }, "groups must be an integer from 1"],
    ["boost", { ...boost, groups: 3 }, "parameter bundles must be float32 of shape"],
    ["shape", { ...shape, goods: 1_000_000 }, "participants times goods must be at most 4096"],
    ["shape", { ...shape, exchangeable: 1 }, "exchangeable must be true or false"],
  ];
  for (const [name, value, message] of wrong) {
    const bytes = await encodeChecked(tensors, { ...metadata, [name]: JSON.stringify(value) });
    await assertRejects(() => decodeMechanism(bytes, "file"), InvalidInputError, message);
  }
});

Deno.test("payments are in the mechanism's unit", async () => {
  const { units: _, ...plain } = data(), inUnits = affineMaximizer(data()), inOne = affineMaximizer(plain);
  const types = uniforms(randomKey(2), 40), { payments } = await inUnits.run(types.map((type) => 2 * type));
  const expected = (await inOne.run(types)).payments;
  payments.forEach((payment, at) => assertEquals(payment, 2 * expected[at]));
});
