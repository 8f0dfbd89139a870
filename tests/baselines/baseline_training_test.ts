/** The learning baselines on every backend. */
import { assertAlmostEquals } from "@std/assert";
import { trainGemNet } from "../../src/baselines/gem_net_training.ts";
import { trainLotteryAma } from "../../src/baselines/lottery_ama_training.ts";
import { trainMenuNet } from "../../src/baselines/menu_net_training.ts";
import { trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import { forEachDevice } from "../devices.ts";

/** The objective and the gradient's norm of the second iteration, as WASM has them. */
const EXPECTED = {
  menu: [0.21635, 0.64508],
  gem: [-0.03718, 1.70427],
  lottery: [0.15407, 0.69646],
  regret: [-0.2668, 1.34947],
};

forEachDevice("the learning baselines measure the same on every backend", async (device) => {
  const settings = { iterations: 2, profiles: 8, learningRate: 1e-3 }, menu = { ...settings, menuSize: 5 };
  const results = {
    menu: await trainMenuNet("U-1-2-cp0.1-cd0.1", menu, { device }),
    gem: await trainGemNet("U-2-2-cp0.5-cd0.1", { ...menu, hidden: [4] }, { device }),
    lottery: await trainLotteryAma("U-2-2-cp0.5-cd0.1", menu, { device }),
    regret: await trainRegretNet("U-2-2-cp0.5-cd0.1", { ...settings, hidden: [4], batches: 1 }, { device }),
  };
  for (const [name, { metrics }] of Object.entries(results)) {
    const [revenue, norm] = EXPECTED[name as keyof typeof EXPECTED];
    assertAlmostEquals(metrics!.softRevenue, revenue, 1e-4, name);
    assertAlmostEquals(metrics!.gradientNorm, norm, 1e-3, name);
  }
});
