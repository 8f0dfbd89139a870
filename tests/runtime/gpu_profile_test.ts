/** Dispatches are counted, and timed by the GPU's own clock, TensorFlow.js' among them. */
import { assert, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { profileGpu } from "../../src/runtime/gpu_profile.ts";
import { openGpu } from "../../src/runtime/webgpu.ts";
import { openLeast, WITHOUT_WEBGPU } from "../devices.ts";

/** Squares some numbers on the device, so often. */
async function square(times: number): Promise<void> {
  const x = tf.ones([100, 100]);
  for (let k = 0; k < times; k++) {
    const squares = tf.square(x);
    await squares.data();
    squares.dispose();
  }
  x.dispose();
}

for (
  const [what, open] of [
    ["with timestamps", () => openDevice({ backend: "webgpu", allowSoftware: true })],
    ["without them", openLeast],
  ] as const
) {
  Deno.test({
    name: `a GPU is profiled ${what}`,
    ignore: WITHOUT_WEBGPU,
    async fn() {
      const device = await open(), gpu = openGpu()!, { beginComputePass } = GPUCommandEncoder.prototype;
      const profile = async (times: number) => {
        const end = profileGpu(gpu);
        await square(times);
        return await end();
      };
      const none = await profile(0), some = await profile(7);
      assertEquals(some.dispatches - none.dispatches, 7);
      assert(some.passes - none.passes >= 1 && some.passes - none.passes <= 7);
      if (gpu.features.has("timestamp-query")) assert(some.milliseconds! > 0);
      else assertEquals([none.milliseconds, some.milliseconds], [undefined, undefined]);
      assertEquals(GPUCommandEncoder.prototype.beginComputePass, beginComputePass, "WebGPU is as it was");
      device.check();
      device.close();
    },
  });
}

Deno.test("tensors on wasm are on no GPU", async () => {
  await openDevice({ backend: "wasm" });
  assertEquals(openGpu(), undefined);
});
