/** Types with atoms, which all participants of a profile have moved together while prices are polished. */
import { assert, assertEquals } from "@std/assert";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { movedTogether, movesTogether } from "../../src/training/moved_types.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { polishedProfiles } from "../../src/training/polishing.ts";
import { train } from "../../src/training/train.ts";

Deno.test("all types of a profile move by one share, and those of 0 stay", () => {
  const profiles = 500, given = Float32Array.from({ length: 6 * profiles }, (_, at) => at % 6 === 5 ? 0 : 1);
  const types = movedTogether(given, profiles, 0.1, randomKey(1));
  assert(given.every((t) => t === 0 || t === 1), "what is reported stays");
  const shares = Array.from({ length: profiles }, (_, b) => types[6 * b] - 1);
  for (let b = 0; b < profiles; b++) {
    const [first, ...more] = types.subarray(6 * b, 6 * b + 6);
    assertEquals(more, [first, first, first, first, 0]);
  }
  assert(Math.min(...shares) < -0.09 && Math.max(...shares) > 0.09 && shares.every((s) => Math.abs(s) <= 0.1 + 1e-6));
  assert(Math.abs(shares.reduce((a, b) => a + b) / profiles) < 5 * 0.1 / Math.sqrt(3 * profiles));
});

Deno.test("types move where few goods with atoms have a production cost that several participants share", () => {
  const moves = (setting: string) => movesTogether(settingProblem(setting));
  assertEquals(["B-3-1-cp1-cd0", "B-2-4-cp0.5-cd0"].map(moves), [true, true]);
  const not = ["B-1-1-cp0.5-cd0", "B-3-1-cp0-cd0.5", "U-3-1-cp1-cd0", "B-3-10-cp1-cd0"];
  assertEquals(not.map(moves), [false, false, false, false]);
  const ofIteration = (setting: string) => {
    const problem = settingProblem(setting), options = { ...defaultTraining(problem), polishShare: 1 };
    return polishedProfiles(problem, options, 0).types;
  };
  assert(
    ofIteration("B-3-1-cp1-cd0").some((t) => t > 1) && ofIteration("B-3-10-cp1-cd0").every((t) => t === 0 || t === 1),
  );
});

Deno.test("prices end close to what people with atoms are willing to pay", async () => {
  const settings = { iterations: 120, profiles: 64, chains: 8, steps: 10, polishProfiles: 256 };
  const { mechanism } = await train("B-3-1-cp1-cd0", settings);
  const { revenue } = await evaluate("B-3-1-cp1-cd0", mechanism, { profiles: 20_000, seed: 5, part: "validation" });
  assert(revenue > 0.6, `${revenue}`); // of 0.625
});
