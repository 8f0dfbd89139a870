/**
 * The work of `tedi devices --test`.
 *
 * @module
 */
import type { PriceKernels } from "../../kernels/kernels.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import { testableAdapters } from "../../runtime/device.ts";
import { adapterName, isSoftware } from "../../runtime/webgpu.ts";
import type { Output } from "../output.ts";
import { standardPlan } from "./plan.ts";
import { describeTest } from "./report.ts";
import { testAdapter } from "./run_test.ts";

/**
 * Tests all adapters that may be tested, and writes what was found; gives the exit code: 1 where one is wrong.
 *
 * @param planOf What is tested, and `kernelsOf` the kernels under test: others in tests.
 * @throws {InvalidInputError} where there is no adapter to test.
 */
export async function testDevices(
  { seed, allowSoftware }: { readonly seed: number; readonly allowSoftware: boolean },
  output: Output,
  planOf = standardPlan,
  kernelsOf?: (network: ConvexNetwork) => PriceKernels,
): Promise<number> {
  let right = true;
  for (const adapter of await testableAdapters(allowSoftware)) {
    const name = adapterName(adapter.info);
    let stage = "", progress = output.progress("");
    const onStage = (now: string, done: number, all: number): void => {
      if (now !== stage) {
        progress.end();
        output.log(`Testing ${name}: ${now}`);
        progress = output.progress(now);
      }
      stage = now;
      if (all > 1) progress.update(done, all);
    };
    const test = await testAdapter(adapter, planOf(seed, isSoftware(adapter.info)), onStage, kernelsOf)
      .finally(() => progress.end());
    output.event("deviceTest", { ...test });
    output.text(describeTest(test));
    right &&= test.right;
  }
  return right ? 0 : 1;
}
