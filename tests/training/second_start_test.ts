/** A second start where chains earn less than simple prices do. */
import { assert, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { openKernels } from "../../src/kernels/select.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import type { HostParameters } from "../../src/networks/pricing_rule.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { randomKey } from "../../src/random/key.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { defaultTraining, type TrainingOptions } from "../../src/training/options.ts";
import { feeRule } from "../../src/training/initial_prices.ts";
import { mayBeginAnew, secondStart } from "../../src/training/second_start.ts";
import { progressIn } from "../../src/training/state.ts";
import { type Checkpoint, train, type TrainingHooks, trainingRules } from "../../src/training/train.ts";
import { bits } from "../bits.ts";
import { forEachDevice } from "../devices.ts";
import { ONE_RANK } from "./one_rank.ts";

/** Iterations with chains of a small training, in which they lose all, and of which a fit to fees takes as many steps. */
const CHAINS = 108;
const SMALL: Partial<TrainingOptions> = {
  ...{ iterations: 120, profiles: 8, chains: 4, steps: 2, polishShare: 0.1, polishProfiles: 64 },
};

/** What a training told of a second start, and the mechanism it came to. */
async function trained(setting: string, changes: Partial<TrainingOptions>, hooks: TrainingHooks = {}) {
  const told: [number, number][] = [];
  const { mechanism } = await train(setting, { ...SMALL, ...changes }, {
    ...{ ...hooks, onSecondStart: (earned: number, before: number) => void told.push([earned, before]) },
  });
  return { mechanism, told };
}

Deno.test("where nobody buys any more, polishing begins anew with fees", async () => {
  const device = await openDevice({ backend: "wasm" });
  const { mechanism, told } = await trained("U-3-2-cp1.2-cd0", {}, { device });
  assertEquals(told.length, 1);
  const [[earned, lost]] = told;
  assert(lost < 0.05 && earned > 0.1, `${earned} instead of ${lost}`);
  const { revenue } = await evaluate("U-3-2-cp1.2-cd0", mechanism, { profiles: 5000, seed: 5, part: "validation" });
  assert(revenue > 0.08, `${revenue}`);
});

forEachDevice("beginning anew leaves no tensor", async (device) => {
  const before = tf.memory().numTensors;
  const { told } = await trained("U-2-2-cp0.8-cd0", { iterations: 20 }, { device });
  assertEquals(told.length, 1);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("chains that earn more than fees go on, and nothing is fitted where that is clear", async () => {
  await openDevice({ backend: "wasm" });
  const problem = settingProblem("U-3-2-cp1-cd0"), options = { ...defaultTraining(problem), iterations: 20 };
  const rules = trainingRules(problem, options), kernels = await openKernels(rules.network);
  const now = rules.initialParameters(randomKey(1)), { revenue } = feeRule(problem, options);
  const start = async (unit: number, ...earnings: number[]) => {
    const asked: HostParameters[] = [];
    const second = await secondStart(problem, rules, kernels, options, unit, now, (parameters) => {
      return Promise.resolve(earnings[asked.push(parameters) - 1]);
    });
    return { second, asked };
  };
  const clear = await start(10, 10.1 * revenue);
  assertEquals([clear.second, clear.asked.length], [undefined, 1]);
  const less = await start(1, 0.8 * revenue, 0.7 * revenue);
  assertEquals([less.second, less.asked.length], [undefined, 2]);
  const more = await start(10, 8 * revenue, 9 * revenue);
  assertEquals(more.second, { parameters: more.asked[1], earned: 9 * revenue, before: 8 * revenue });
  assert(more.asked[0] === now && more.asked[1] !== now);
});

Deno.test("a training that goes on from the last iteration with chains begins anew as one that did not stop", async () => {
  const device = await openDevice({ backend: "wasm" });
  const whole = await trained("U-3-2-cp1.2-cd0", {}, { device }), stop = new AbortController();
  let saved: Checkpoint | undefined;
  const first = await trained("U-3-2-cp1.2-cd0", {}, {
    ...{ device, signal: stop.signal, onIteration: ({ iteration }) => iteration === CHAINS && stop.abort() },
    onCheckpoint: (checkpoint) => void (saved = checkpoint),
  });
  assertEquals([first.told, progressIn(saved!).iteration], [[], CHAINS]);
  const rest = await trained("U-3-2-cp1.2-cd0", {}, { device, resume: saved });
  assertEquals(rest.told, whole.told);
  assertEquals(bits(rest.mechanism.parameters), bits(whole.mechanism.parameters));
});

Deno.test("a rank that is alone begins anew, too", async () => {
  const device = await openDevice({ backend: "wasm" });
  const { told } = await trained("U-3-2-cp1.2-cd0", {}, { device, sharding: { ranks: ONE_RANK, shards: 2 } });
  assertEquals(told.length, 1);
});

Deno.test("only where chains end, polishing follows, and goods cost something", () => {
  const problem = settingProblem("U-3-2-cp1.2-cd0");
  const may = (iteration: number, changes: Partial<TrainingOptions> = {}, of = problem) =>
    mayBeginAnew(of, iteration, {
      ...defaultTraining(of),
      initialPrices: "cheap",
      iterations: 60,
      polishShare: 0.5,
      ...changes,
    });
  assertEquals([29, 30, 31, 60].map((iteration) => may(iteration)), [false, true, false, false]);
  assertEquals([may(60, { polishShare: 0 }), may(0, { polishShare: 1 })], [false, false]);
  assertEquals([may(30, { initialPrices: "fees" }), may(30, {}, settingProblem("U-3-2"))], [false, false]);
  assertEquals([may(30, {}, settingProblem("U-3-2-cp0-cd0.5")), may(30, {}, settingProblem("U-1-1-cp0.9-cd0"))], [
    true,
    true,
  ]);
});
