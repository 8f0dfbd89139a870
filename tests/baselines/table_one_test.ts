/** The rows VCG, Separable-OPT and Bundle-OPT of Table 1. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { separable } from "../../src/baselines/separable.ts";
import { vcg } from "../../src/baselines/vcg.ts";
import { settingProblem, tableOneSettings } from "../../src/problems/settings.ts";
import { earned } from "./auctions.ts";

/** By column: the sign of VCG, Separable-OPT and Bundle-OPT, as printed. */
const printed: Readonly<Record<string, readonly [vcg: number, separable: number, bundle: number]>> = {
  "U_{1,10}^{0,0}": [0, 2.5000, 3.4477],
  "B_{1,10}^{0,0}": [0, 5.0000, 3.3059],
  "U_{3,2}^{1,0}": [-1, 0.2601, 0],
  "U_{3,10}^{1,0}": [-1, 1.3019, 0.3616],
  "U_{3,20}^{1,0}": [-1, 2.6019, 2.5718],
  "U_{3,30}^{1,0}": [-1, 3.9059, 5.3308],
  "U_{3,10}^{0,0.5}": [0, 1.8752, 0.4709],
  "U_{3,20}^{0,0.5}": [0, 3.7501, 0.6652],
  "U_{3,30}^{0,0.5}": [0, 5.6221, 0.8144],
  "B_{3,10}^{1,0}": [-1, 6.2507, 0],
  "C_{3,10}^{1,0}": [-1, 1.4981, 1.4033],
  "C_{3,10}^{0,0.5}": [0, 1.1894, 0.3319],
  "U_{10,10}^{0,0.5}": [0, 6.2537, 1.5754],
};
const PROFILES = 20_000;
/** The paper's test sets must have about as many profiles or more, by the spread of its figures around known values. */
const PAPER_PROFILES = 20_000;
/** Three standard errors of the difference between two samples, in standard deviations; and half a printed digit. */
const TOLERANCE = 3 * Math.sqrt(1 / PROFILES + 1 / PAPER_PROFILES), DIGIT = 5e-5;

Deno.test("the columns are those of Table 1", () => {
  assertEquals(Object.keys(printed), tableOneSettings.map(({ setting }) => setting));
  for (const { setting, classical } of tableOneSettings) {
    assertEquals(Math.max(...printed[setting]), classical, setting);
  }
});

for (const [setting, [vcgSign, separableValue, bundleValue]] of Object.entries(printed)) {
  Deno.test(`VCG, Separable-OPT and Bundle-OPT earn in ${setting} what the paper prints`, async () => {
    const problem = settingProblem(setting);
    const efficient = await earned(problem, vcg(problem), PROFILES);
    if (vcgSign === 0) assertEquals([efficient.mean, efficient.deviation], [0, 0], "VCG");
    else assert(efficient.mean < -5 * efficient.error, "VCG");

    const items = await earned(problem, separable(problem), PROFILES);
    assertAlmostEquals(items.mean, separableValue, TOLERANCE * items.deviation + DIGIT, "Separable-OPT");

    const bundled = await earned(problem, bundle(problem, { profiles: 50_000 }), PROFILES);
    assertAlmostEquals(bundled.mean, bundleValue, TOLERANCE * bundled.deviation + DIGIT, "Bundle-OPT");
  });
}
