/** The audit tells truthful baselines from those that are not. */
import { assert, assertEquals } from "@std/assert";
import { trainMenuNet } from "../../src/baselines/menu_net_training.ts";
import { measureRegret } from "../../src/baselines/regret_net_misreports.ts";
import { trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import { separable } from "../../src/baselines/separable.ts";
import { vcg } from "../../src/baselines/vcg.ts";
import { audit } from "../../src/mechanisms/audit.ts";
import type { Mechanism } from "../../src/mechanisms/mechanism.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { openDevice } from "../../src/runtime/device.ts";

const SMALL = { profiles: 60, misreports: 60, revenueProfiles: 500 };

Deno.test("the audit of MD-RegretNet finds at least the regret that training reported, and fails it", async () => {
  const device = await openDevice({ backend: "wasm" }), problem = settingProblem("U-1-2");
  const { mechanism, metrics } = await trainRegretNet(problem, { iterations: 60, batches: 4 }, { device });
  const { regret } = await measureRegret(problem, mechanism, { profiles: 200 });
  const report = await audit(problem, mechanism, SMALL);
  const found = report.checks.find(({ name }) => name === "incentiveCompatibility")!;
  assertEquals([report.passed, found.passed], [false, false]);
  assert(found.worst >= metrics!.regret && found.worst >= regret, `${found.worst}, ${metrics!.regret}, ${regret}`);
  assert(found.witness !== undefined);
});

for (
  const [name, setting, make] of [
    ["MD-MenuNet", "U-1-2", async () => (await trainMenuNet("U-1-2", { iterations: 30, menuSize: 16 })).mechanism],
    ["VCG", "U-3-2-cp1-cd0", () => vcg(settingProblem("U-3-2-cp1-cd0"))],
    ["Separable-OPT", "C-2-2-cp0-cd0.25", () => separable(settingProblem("C-2-2-cp0-cd0.25"))],
  ] as [string, string, () => Mechanism | Promise<Mechanism>][]
) {
  Deno.test(`the audit passes ${name}, which is truthful`, async () => {
    await openDevice({ backend: "wasm" });
    const report = await audit(settingProblem(setting), await make(), SMALL);
    assert(report.passed, JSON.stringify(report.checks.filter(({ passed }) => !passed)));
  });
}
