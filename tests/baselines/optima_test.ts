/** What the baselines find in problems whose optimum is known. Seeds are fixed, and figures those of the wasm device. */
import { assert, assertAlmostEquals } from "@std/assert";
import { trainDiscrete } from "../../src/baselines/discrete_training.ts";
import { trainGemNet } from "../../src/baselines/gem_net_training.ts";
import { trainLotteryAma } from "../../src/baselines/lottery_ama_training.ts";
import { trainMenuNet } from "../../src/baselines/menu_net_training.ts";
import type { Mechanism } from "../../src/mechanisms/mechanism.ts";
import { openDevice } from "../../src/runtime/device.ts";

/**
 * Revenue per participant where types are uniform on [0, 1], there is one good and no cost, by the rule of midpoints in
 * all types: nothing is left to chance. Each participant may be sold to by itself, at 1/2: the optimum is 1/4 each.
 */
async function revenueOf(mechanism: Mechanism): Promise<number> {
  const { participants: n } = mechanism, side = n === 1 ? 10_000 : 150, count = side ** n;
  const types = Float32Array.from({ length: count * n }, (_, at) => {
    const profile = Math.floor(at / n);
    return (Math.floor(profile / side ** (at % n)) % side + 0.5) / side;
  });
  const { payments } = await mechanism.run(types);
  return payments.reduce((sum, payment) => sum + payment, 0) / (count * n);
}

/** Choices end sharp: with soft ones the best price is off by about 1 / beta. */
const TRAINING = { iterations: 400, profiles: 256, seed: 1, learningRate: 0.02, finalBeta: 1000 };
const NETWORK = { layers: 2, groups: 4, groupSize: 2, hidden: [8] };

Deno.test("one good, one buyer: MenuNet and TEDI-Discrete find the price 1/2", async () => {
  const device = await openDevice({ backend: "wasm" }), settings = { ...TRAINING, menuSize: 8 };
  const found = {
    "MD-MenuNet": (await trainMenuNet("U-1-1", settings, { device })).mechanism,
    "TEDI-Discrete": (await trainDiscrete("U-1-1", { ...settings, network: NETWORK }, { device })).mechanism,
  };
  for (const [name, mechanism] of Object.entries(found)) {
    const revenue = await revenueOf(mechanism);
    assert(revenue <= 0.25 + 1e-4, `${name} is truthful, and cannot earn more than the optimum: ${revenue}`);
    assertAlmostEquals(revenue, 0.25, 0.005, name);
  }
});

Deno.test("one good, two buyers: GemNet and LotteryAMA sell to each at 1/2", async () => {
  const device = await openDevice({ backend: "wasm" }), settings = { ...TRAINING, menuSize: 8 };
  const found = {
    "MD-GemNet": (await trainGemNet("U-2-1", { ...settings, hidden: [8] }, { device })).mechanism,
    "MD-LotteryAMA": (await trainLotteryAma("U-2-1", { ...settings, menuSize: 32 }, { device })).mechanism,
  };
  for (const [name, mechanism] of Object.entries(found)) {
    const revenue = await revenueOf(mechanism);
    assert(revenue <= 0.25 + 1e-4, `${name} is truthful, and cannot earn more than the optimum: ${revenue}`);
    assertAlmostEquals(revenue, 0.25, 0.005, name);
  }
});

Deno.test("one good of types 0 and 1: MenuNet takes all there is", async () => {
  const device = await openDevice({ backend: "wasm" });
  const settings = { ...TRAINING, menuSize: 4, finalBeta: 5000 };
  const { mechanism } = await trainMenuNet("B-1-1", settings, { device });
  const { payments } = await mechanism.run([[[1]], [[0]]]);
  assert(payments[0] <= 1 && payments[0] > 0.97, `who values the good at 1 pays ${payments[0]}`);
  assert(payments[1] === 0);
});
