/**
 * What training of the baselines measures and differentiates, on every backend, against objectives that are written down in
 * plain loops and their finite differences.
 */
import { assert, assertAlmostEquals } from "@std/assert";
import { type BaselineHooks, descentGradient } from "../../src/baselines/baseline_training.ts";
import { menusObjective, trainGemNet } from "../../src/baselines/gem_net_training.ts";
import { affineObjective, trainLotteryAma } from "../../src/baselines/lottery_ama_training.ts";
import { menuObjective, trainMenuNet } from "../../src/baselines/menu_net_training.ts";
import { ascendMisreports } from "../../src/baselines/regret_net_misreports.ts";
import { trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import { type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import type { Parameters } from "../../src/networks/network.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import type { HostTensors } from "../../src/runtime/host_tensor.ts";
import { uploadAll } from "../../src/runtime/tensors.ts";
import { betaAt } from "../../src/training/schedules.ts";
import { averageOf, type Checkpoint, STREAMS } from "../../src/training/state.ts";
import { forEachDevice } from "../devices.ts";
import {
  differences,
  type Market,
  normOf,
  type Plain,
  plainGain,
  plainGem,
  plainLottery,
  plainMenu,
  plainOf,
  plainRegret,
} from "./plain_objectives.ts";

const SINGLE: Market = { n: 1, m: 2, cp: 0.1, cd: 0.1 }, PAIR: Market = { n: 2, m: 2, cp: 0.5, cd: 0.1 };
const problemOf = ({ n, m, cp, cd }: Market) => settingProblem(`U_{${n},${m}}^{${cp},${cd}}`);
const SMALL = { iterations: 1, profiles: 8, seed: 5 }, MENU = { ...SMALL, menuSize: 4 };

/** Training of one iteration: what it began with, what it ended with and what it told. */
async function oneIteration<Metrics extends { softRevenue: number; gradientNorm: number }, Options>(
  train: (hooks: BaselineHooks) => Promise<{ metrics?: Metrics; options: Options }>,
) {
  let first: Checkpoint | undefined, last: Checkpoint | undefined;
  await train({ signal: AbortSignal.abort(), onCheckpoint: (checkpoint) => void (first = checkpoint) });
  const { metrics, options } = await train({ onCheckpoint: (checkpoint) => void (last = checkpoint) });
  return { initial: averageOf(first!), first: first!, last: last!, metrics: metrics!, options };
}

/** The types of the first iteration. */
const firstTypes = (market: Market, { profiles, seed }: typeof SMALL) =>
  problemOf(market).distribution.sample(deriveKey(randomKey(seed), STREAMS.profiles, 0), profiles, "training");

/** Fails unless an iteration measured the objective and the norm of its gradient. */
function assertMeasured(
  { softRevenue, gradientNorm }: { softRevenue: number; gradientNorm: number },
  initial: HostTensors,
  objective: (parameters: Plain) => number,
  softValue: number = objective(plainOf(initial)),
): void {
  const norm = normOf(differences(plainOf(initial), objective));
  assert(norm > 0.05, `the gradient is not flat: ${norm}`);
  assertAlmostEquals(softRevenue, softValue, 2e-5);
  assertAlmostEquals(gradientNorm, norm, 1e-4 * norm);
}

forEachDevice("the first iteration of MenuNet, GemNet and LotteryAMA measures their objectives", async (device) => {
  const menu = await oneIteration((hooks) => trainMenuNet(problemOf(SINGLE), MENU, { ...hooks, device }));
  const beta = betaAt(0, menu.options);
  assertMeasured(menu.metrics, menu.initial, (now) => plainMenu(SINGLE, now, firstTypes(SINGLE, MENU), beta));

  const lottery = await oneIteration((hooks) => trainLotteryAma(problemOf(PAIR), MENU, { ...hooks, device }));
  const types = firstTypes(PAIR, MENU);
  assertMeasured(lottery.metrics, lottery.initial, (now) => plainLottery(PAIR, now, types, beta));

  const settings = { ...MENU, hidden: [4] };
  const gem = await oneIteration((hooks) => trainGemNet(problemOf(PAIR), settings, { ...hooks, device }));
  const draws = uniforms(deriveKey(randomKey(MENU.seed), STREAMS.chains, 0), 8 * 2 * 5), frozen = plainOf(gem.initial);
  const objective = (now: Plain) => plainGem(PAIR, now, frozen, types, draws, beta);
  assertMeasured(gem.metrics, gem.initial, objective, objective(frozen) / 2);
});

forEachDevice(
  "an iteration of RegretNet measures the augmented Lagrangian where its misreports have climbed to",
  async (device) => {
    const settings = { ...SMALL, hidden: [4, 3], batches: 2, initialMultiplier: 3, initialPenalty: 40 };
    const { initial, first, last, metrics } = await oneIteration((hooks) =>
      trainRegretNet(problemOf(PAIR), settings, { ...hooks, device })
    );
    const key = deriveKey(randomKey(SMALL.seed), STREAMS.profiles), size = 8 * 2 * 2;
    const types = problemOf(PAIR).distribution.sample(key, 16, "training").subarray(0, size);
    const lies = (checkpoint: Checkpoint) => checkpoint.tensors["memory.misreports.0"].data as Float32Array;
    const at = (misreports: Float32Array, now: Plain = plainOf(initial)) =>
      plainRegret(PAIR, now, types, misreports, [3, 3], 40);
    const { revenue, regrets } = at(lies(last));
    assertMeasured(metrics, initial, (now) => at(lies(last), now).lagrangian, revenue);
    assertAlmostEquals((metrics as { regret?: number }).regret!, (regrets[0] + regrets[1]) / 2, 1e-5);
    assert(regrets.every((regret, i) => regret > at(lies(first)).regrets[i]), "ascent finds more regret");
  },
);

/** Random parameters with these shapes, far from where training starts. */
const randomLike = (like: HostTensors, scale: number): HostTensors =>
  Object.fromEntries(
    Object.entries(like).map(([name, { shape, data }], k) => [
      name,
      { shape, data: normals(deriveKey(randomKey(11), k), data.length).map((z) => scale * z) },
    ]),
  );

forEachDevice("gradients of the objectives are right in every parameter, also far from the start", async (device) => {
  const compare = async (
    name: string,
    parameters: HostTensors,
    device: (now: Parameters) => ReturnType<typeof menuObjective>,
    plain: (now: Plain) => number,
  ) => {
    const { value, gradients } = descentGradient(uploadAll(parameters), device), truth = plainOf(parameters);
    assertAlmostEquals((await value.data())[0], plain(truth), 2e-5, name);
    const expected = differences(truth, plain), norm = normOf(expected);
    for (const [part, gradient] of Object.entries(gradients)) {
      const data = await gradient.data();
      expected[part].forEach((slope, at) => assertAlmostEquals(-data[at], slope, 2e-4 * norm, `${name} ${part} ${at}`));
    }
  };
  const shapes = async (train: (hooks: BaselineHooks) => Promise<{ mechanism: { parameters: HostTensors } }>) =>
    randomLike((await train({ device, signal: AbortSignal.abort() })).mechanism.parameters, 0.7);
  const B = 6, beta = 7, types = uniforms(randomKey(12), B * 4), draws = uniforms(randomKey(13), B * 2 * 5);
  const menu = await shapes((hooks) => trainMenuNet(problemOf(SINGLE), MENU, hooks));
  await compare(
    "MenuNet",
    menu,
    (now) => menuObjective(problemOf(SINGLE), now, tf.tensor2d(types, [2 * B, 2]), beta),
    (now) => plainMenu(SINGLE, now, types, beta),
  );
  const lottery = await shapes((hooks) => trainLotteryAma(problemOf(PAIR), MENU, hooks));
  await compare(
    "LotteryAMA",
    lottery,
    (now) => affineObjective(problemOf(PAIR), now, tf.tensor3d(types, [B, 2, 2]), beta),
    (now) => plainLottery(PAIR, now, types, beta),
  );
  // Wide enough that no hidden layer is 0: then both would have one menu, and the maximum in the costs would have a kink.
  const gem = await shapes((hooks) => trainGemNet(problemOf(PAIR), { ...MENU, hidden: [12] }, hooks));
  const shape = { participants: 2, goods: 2, exchangeable: true }, frozen = plainOf(gem);
  await compare(
    "GemNet",
    gem,
    (now) => menusObjective(problemOf(PAIR), shape, now, types, draws, beta),
    (now) => plainGem(PAIR, now, frozen, types, draws, beta),
  );
});

forEachDevice(
  "a step of misreports goes along the gradient of the liar's gain, and stays among types",
  async (device) => {
    const settings = { ...SMALL, hidden: [4, 3] };
    const start = await trainRegretNet(problemOf(PAIR), settings, { device, signal: AbortSignal.abort() });
    const parameters = randomLike(start.mechanism.parameters, 1), plain = plainOf(parameters), B = 3;
    const types = uniforms(randomKey(14), B * 4), lies = uniforms(randomKey(15), B * 4), stepSize = 0.8;
    const shape: [number, number, number] = [B, 2, 2];
    const moved: Tensor3D = ascendMisreports(
      uploadAll(parameters),
      tf.tensor3d(types, shape),
      tf.tensor3d(lies, shape),
      1,
      stepSize,
    );
    const found = await moved.data();
    let clipped = 0;
    for (let row = 0; row < 2 * B; row++) {
      const b = Math.floor(row / 2), profile = [0, 1].map((i) => types.subarray(4 * b + 2 * i, 4 * b + 2 * i + 2));
      const own = Float64Array.from(lies.subarray(2 * row, 2 * row + 2));
      const { lie } = differences({ lie: own }, ({ lie }) => plainGain(PAIR, plain, profile, row % 2, lie));
      own.forEach((value, j) => {
        const free = value + stepSize * lie[j], expected = Math.min(1, Math.max(0, free));
        if (free !== expected) clipped++;
        assertAlmostEquals(found[2 * row + j], expected, 1e-5);
      });
    }
    assert(clipped > 0 && clipped < 6 * B, `${clipped} of ${4 * B} leave the types`);
  },
);
