/** Training that begins with the prices of another mechanism. */
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { openDevice } from "../../src/runtime/device.ts";
import type { TrainingOptions } from "../../src/training/options.ts";
import { type Checkpoint, train } from "../../src/training/train.ts";
import { bits } from "../bits.ts";

/** With chains alone: none of them begins anew, with fees. */
const SMALL: Partial<TrainingOptions> = { iterations: 3, profiles: 16, chains: 4, steps: 2, warmUp: 1, polishShare: 0 };
const NETWORK = { layers: 2, groups: 3, groupSize: 2, hidden: [8] };

const wasm = () => openDevice({ backend: "wasm" });

Deno.test("training begins with the parameters of a mechanism, and its network is the default", async () => {
  const device = await wasm();
  const first = await train("U-2-2-cp1-cd0", { ...SMALL, network: NETWORK }, { device });
  const start = first.mechanism.parameters;
  let begun: Checkpoint | undefined;
  const stopped = { device, from: first.mechanism, signal: AbortSignal.abort() };
  const nothing = await train("C-2-2-cp1-cd0", SMALL, { ...stopped, onCheckpoint: (saved) => void (begun = saved) });
  assertEquals(bits(nothing.mechanism.parameters), bits(start));
  assertEquals(nothing.options.network, NETWORK);
  const second = await train("C-2-2-cp1-cd0", SMALL, { device, from: first.mechanism });
  assertNotEquals(bits(second.mechanism.parameters)["output.bias"], bits(start)["output.bias"]);
  const cold = await train("C-2-2-cp1-cd0", { ...SMALL, network: NETWORK }, { device });
  assertNotEquals(bits(second.mechanism.parameters)["output.bias"], bits(cold.mechanism.parameters)["output.bias"]);
  // What goes on from a checkpoint takes the parameters from there.
  const resumed = await train("C-2-2-cp1-cd0", { ...SMALL, network: NETWORK }, { device, resume: begun });
  assertEquals(bits(resumed.mechanism.parameters), bits(second.mechanism.parameters));
});

Deno.test("a mechanism of another size or network is refused, naming both", async () => {
  const device = await wasm(), settings = { ...SMALL, network: NETWORK };
  const { mechanism: from } = await train("U-2-2-cp1-cd0", settings, { device });
  const cases: [string, Partial<TrainingOptions>, string][] = [
    ["U-2-3-cp1-cd0", {}, "2 participants and 3 goods, as U_{2,3}^{1,0} has, got one for 2 and 2"],
    [
      "U-2-2-cp1-cd0",
      { network: { ...NETWORK, groups: 4 } },
      "network.groups must be left out or be 3, as it is there, got 4",
    ],
    ["U-2-2-cp1-cd0", { network: { ...NETWORK, context: "set" } }, 'network.context must be left out or be "dense"'],
  ];
  for (const [setting, more, message] of cases) {
    await assertRejects(() => train(setting, { ...SMALL, ...more }, { device, from }), InvalidInputError, message);
  }
});
