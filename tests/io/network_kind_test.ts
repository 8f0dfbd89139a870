/** Mechanism files keep the kind of network, and say nothing about the default one. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { decodeMechanism, encodeMechanism } from "../../src/io/mechanism_file.ts";
import { decodeMenuMechanism } from "../../src/io/menu_mechanism_file.ts";
import { decodeChecked, encodeChecked } from "../../src/io/safetensors.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { NETWORK_KINDS, type NetworkKind } from "../../src/networks/kinds.ts";
import { pricingRules } from "../../src/networks/pricing_rule.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { threadMemory } from "./memory.ts";

function mechanismOf(kind?: NetworkKind) {
  const size = { layers: 2, groups: 3, groupSize: 2, hidden: [4] }, network = kind ? { ...size, kind } : size;
  const shape = { participants: kind === "symmetric" ? 1 : 2, goods: 2, exchangeable: true };
  const parameters = pricingRules(shape, network).initialParameters(randomKey(1));
  return menuMechanism({ problem: "kind", shape, network, parameters });
}

Deno.test("mechanisms of every kind come back from their bytes, and do the same", async () => {
  const types = uniforms(randomKey(2), 20 * 4);
  for (const kind of [undefined, ...NETWORK_KINDS]) {
    const mechanism = mechanismOf(kind), bytes = await encodeMechanism(mechanism);
    const again = await decodeMenuMechanism(bytes, "x.tedi");
    assertEquals(again.network, mechanism.network);
    assertEquals(await encodeMechanism(again), bytes);
    assertEquals(await again.run(types), await mechanism.run(types));
  }
});

Deno.test("a file of the default network does not name a kind, and one that names an unknown kind is refused", async () => {
  const { tensors, metadata } = await decodeChecked(await encodeMechanism(mechanismOf()), "x.tedi");
  assertEquals(metadata.network, '{"layers":2,"groups":3,"groupSize":2,"hidden":[4]}');
  for (const kind of ["large", "toString", "", null, 1, ["pma"]]) {
    const network = JSON.stringify({ ...JSON.parse(metadata.network), kind });
    const bytes = await encodeChecked(tensors, { ...metadata, network });
    const { message } = await assertRejects(() => decodeMechanism(bytes, "x.tedi"), InvalidInputError);
    assert(message.includes("the network's kind must be one of groupmax, symmetric, picnn, pma, mlp, got"), message);
  }
});

Deno.test("a symmetric network with a context is refused", async () => {
  const { tensors, metadata } = await decodeChecked(await encodeMechanism(mechanismOf()), "x.tedi");
  const network = JSON.stringify({ ...JSON.parse(metadata.network), kind: "symmetric" });
  const bytes = await encodeChecked(tensors, { ...metadata, network });
  await assertRejects(
    () => decodeMechanism(bytes, "x.tedi"),
    InvalidInputError,
    "network.kind must not be symmetric for 2 participants",
  );
});

Deno.test("parameters of one kind are refused for another", async () => {
  const { tensors, metadata } = await decodeChecked(await encodeMechanism(mechanismOf("picnn")), "x.tedi");
  for (const kind of ["pma", "mlp", "groupmax"]) {
    const network = JSON.stringify({ ...JSON.parse(metadata.network), kind });
    const bytes = await encodeChecked(tensors, { ...metadata, network });
    await assertRejects(() => decodeMechanism(bytes, "x.tedi"), InvalidInputError, "must be float32 of shape");
  }
});

Deno.test("sizes that are forged for another kind are refused at once", async () => {
  const { tensors, metadata } = await decodeChecked(await encodeMechanism(mechanismOf()), "x.tedi");
  for (const kind of NETWORK_KINDS.filter((kind) => kind !== "symmetric")) {
    for (const large of [{ layers: 1e6 }, { groups: 1e6 }, { layers: 1e6, groups: 1e6, groupSize: 1e6 }]) {
      const network = JSON.stringify({ ...JSON.parse(metadata.network), ...large, kind });
      const bytes = await encodeChecked(tensors, { ...metadata, network }), before = threadMemory();
      await assertRejects(() => decodeMechanism(bytes, "x.tedi"), InvalidInputError, "must be");
      const grown = threadMemory() - before;
      assert(grown < 100 * 2 ** 20, `${grown} bytes for ${kind}`);
    }
  }
});
