/** The rows VCG, Separable-OPT and Bundle-OPT of Table 1. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { separable } from "../../src/baselines/separable.ts";
import { vcg } from "../../src/baselines/vcg.ts";
import { separableOptimum } from "../../src/problems/known_values.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { printedValue, tableOneSettings } from "../../src/problems/table_one.ts";
import { earned } from "./auctions.ts";

const PROFILES = 20_000;
/** The paper's test sets must have about as many profiles or more, by the spread of its figures around known values. */
const PAPER_PROFILES = 20_000;
/** Three standard errors of the difference between two samples, in standard deviations; and half a printed digit. */
const TOLERANCE = 3 * Math.sqrt(1 / PROFILES + 1 / PAPER_PROFILES), DIGIT = 5e-5;

/** What the paper prints, as a number: `=0` is 0. */
function printed(method: string, setting: string): number {
  const value = printedValue(method, setting);
  return value === "=0" ? 0 : Number(value);
}

for (const { setting } of tableOneSettings) {
  Deno.test(`VCG, Separable-OPT and Bundle-OPT earn in ${setting} what the paper prints`, async () => {
    const problem = settingProblem(setting);
    const efficient = await earned(problem, vcg(problem), PROFILES);
    if (printedValue("VCG", setting) === "=0") assertEquals([efficient.mean, efficient.deviation], [0, 0], "VCG");
    else {
      assertEquals(printedValue("VCG", setting), "<0");
      assert(efficient.mean < -5 * efficient.error, "VCG");
    }

    const items = await earned(problem, separable(problem), PROFILES),
      separableValue = printed("Separable-OPT", setting);
    assertAlmostEquals(items.mean, separableValue, TOLERANCE * items.deviation + DIGIT, "Separable-OPT");
    const exact = separableOptimum(problem);
    if (exact !== undefined) {
      // Without the noise of one of the two samples.
      assertAlmostEquals(exact, separableValue, 3 * items.deviation / Math.sqrt(PAPER_PROFILES) + DIGIT, "exact");
      assertAlmostEquals(exact, items.mean, 4 * items.error, "exact");
    }

    const bundled = await earned(problem, bundle(problem, { profiles: 50_000 }), PROFILES);
    assertAlmostEquals(
      bundled.mean,
      printed("Bundle-OPT", setting),
      TOLERANCE * bundled.deviation + DIGIT,
      "Bundle-OPT",
    );
  });
}
