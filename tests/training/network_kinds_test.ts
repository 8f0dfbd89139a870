/** The ablations of section 4.2.3 that replace the network train by the same algorithm. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { NETWORK_KINDS } from "../../src/networks/kinds.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { train } from "../../src/training/train.ts";
import { forEachDevice } from "../devices.ts";

const SMALL = { iterations: 4, profiles: 8, chains: 4, steps: 2, polishProfiles: 8 };
const SIZE = { layers: 2, groups: 3, groupSize: 2, hidden: [6] };

forEachDevice(
  "every kind of network trains, for one participant and for two, and ends in a mechanism",
  async (device) => {
    for (const kind of NETWORK_KINDS) {
      for (const name of kind === "symmetric" ? ["U-1-2", "U-1-5"] : ["U-1-2", "U-2-2"]) {
        const problem = settingProblem(name);
        const settings = { ...SMALL, network: kind === "groupmax" ? SIZE : { ...SIZE, kind } };
        const { mechanism, metrics } = await train(problem, settings, { device });
        assertEquals(mechanism.network.kind ?? "groupmax", kind);
        assert(metrics!.gradientNorm > 0 && Number.isFinite(metrics!.softRevenue), `${kind}, ${name}`);
        const { revenue, worstGap } = await evaluate(problem, mechanism, { profiles: 50 });
        assert(Number.isFinite(revenue));
        if (kind === "mlp") assertEquals(worstGap, Infinity);
        else assert(worstGap < 1e-6, `${kind}: ${worstGap}`);
      }
    }
  },
);

Deno.test("PICNN and PMA learn to sell two goods to one buyer", async () => {
  const device = await openDevice({ backend: "wasm" });
  const problem = settingProblem("U-1-2");
  for (const kind of ["picnn", "pma"] as const) {
    const network = { layers: 2, groups: 4, groupSize: 3, hidden: [], kind };
    const settings = { network, iterations: 60, profiles: 64, finalBeta: 60, learningRate: 0.02 };
    const { mechanism } = await train(problem, settings, { device });
    const { revenue } = await evaluate(problem, mechanism, { profiles: 4000 });
    // All goods at 0.4 each earn 0.47 or so; the optimum is 0.549.
    assert(revenue > 0.5, `${kind} earns ${revenue}`);
  }
  device.close();
});

Deno.test("a symmetric network learns bundles of five goods", async () => {
  const device = await openDevice({ backend: "wasm" }), problem = settingProblem("U-1-5");
  const { mechanism } = await train(problem, { iterations: 150, profiles: 256, learningRate: 0.006 }, { device });
  assertEquals(mechanism.network.kind, "symmetric");
  // Each good by itself earns 1.25, all together at the best price 1.547 on these profiles. With three seeds it was 1.562.
  const profiles = 20_000, { revenue, worstGap } = await evaluate(problem, mechanism, { profiles });
  const all = await evaluate(problem, bundle(problem), { profiles });
  assert(revenue > all.revenue + 0.005, `it earns ${revenue}, all goods together ${all.revenue}`);
  assert(worstGap < 1e-6, `gaps up to ${worstGap}`);
  device.close();
});

Deno.test("a kind of network that is none is refused before any work", async () => {
  await assertRejects(
    () => train("U-1-2", { network: { ...SIZE, kind: "toString" as "pma" } }),
    InvalidInputError,
    'network.kind must be one of groupmax, symmetric, picnn, pma, mlp, got "toString"',
  );
});
