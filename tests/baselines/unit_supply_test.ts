import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { trainLotteryAma } from "../../src/baselines/lottery_ama_training.ts";
import { trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import { measureRegret } from "../../src/baselines/regret_net_misreports.ts";
import { sharesOnDevice, sharesOnHost } from "../../src/baselines/unit_shares.ts";
import { tf } from "../../src/deps/tfjs.ts";
import { decodeMechanism, encodeMechanism } from "../../src/io/mechanism_file.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";

const PROBLEM = "U-2-2-unit", SMALL = { iterations: 6, profiles: 16, learningRate: 0.01 };

Deno.test("shares of a good add up to less than 1, and are the same on the device", async () => {
  const device = await openDevice({ backend: "wasm" }), raw = normals(randomKey(1), 5 * 3 * 2).map((z) => 5 * z);
  try {
    const host = sharesOnHost(raw, 3, 2), shares = sharesOnDevice(tf.tensor3d(raw, [5, 3, 2]));
    (await shares.data()).forEach((share, at) => assertAlmostEquals(share, host[at], 1e-6));
    shares.dispose();
    for (let r = 0; r < 5; r++) {
      for (let j = 0; j < 2; j++) assert(host[r * 6 + j] + host[r * 6 + 2 + j] + host[r * 6 + 4 + j] < 1);
    }
    assertEquals([...sharesOnHost([0, 1e4], 1, 2)], [0.5, 1]); // without overflow
  } finally {
    device.close();
  }
});

Deno.test("MD-LotteryAMA and MD-RegretNet hand each good out once, and their files say so", async () => {
  const device = await openDevice({ backend: "wasm" });
  try {
    const sizes = { ...SMALL, hidden: [5], batches: 2, misreportSteps: 2 };
    const regretNet = (await trainRegretNet(PROBLEM, sizes, { device })).mechanism;
    const lotteryAma = (await trainLotteryAma(PROBLEM, { ...SMALL, menuSize: 20 }, { device })).mechanism;
    for (const mechanism of [regretNet, lotteryAma]) {
      assertEquals(mechanism.supply, "unit");
      const { revenue } = await evaluate(PROBLEM, mechanism, { profiles: 500 }); // refuses what is handed out twice
      assert(revenue > 0);
      const again = await decodeMechanism(await encodeMechanism(mechanism), "file", PROBLEM);
      const types = uniforms(randomKey(2), 40);
      assertEquals(await again.run(types), await mechanism.run(types));
    }
    const { regret } = await measureRegret(PROBLEM, regretNet, { profiles: 20, starts: 2, steps: 5 });
    assert(regret >= 0 && regret < 1);
  } finally {
    device.close();
  }
});
