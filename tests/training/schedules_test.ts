/** How beta, the step size and the learning rate go. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { betaAt, learningRateAt, type ScheduleOptions } from "../../src/training/schedules.ts";

const options: ScheduleOptions = {
  iterations: 100,
  initialBeta: 20,
  finalBeta: 320,
  betaGrowthRatio: 0.8,
  learningRate: 0.004,
  finalLearningRateRatio: 0.25,
  learningRateBeta: 80,
};

/** 0, 1, ..., `last`. */
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, k) => k);

Deno.test("beta grows geometrically over its share of the iterations, and stays", () => {
  const cases: [number, number][] = [[0, 20], [20, 40], [40, 80], [60, 160], [80, 320], [81, 320], [1000, 320]];
  for (const [growth, beta] of cases) assertAlmostEquals(betaAt(growth, options), beta, 1e-10);
  const betas = upTo(80).map((growth) => betaAt(growth, options));
  for (let k = 1; k <= 80; k++) assertAlmostEquals(betas[k] / betas[k - 1], 16 ** (1 / 80), 1e-12);
});

Deno.test("beta may fall, stand still or jump", () => {
  assertAlmostEquals(betaAt(40, { ...options, finalBeta: 5 }), 10, 1e-10);
  assertEquals(betaAt(33, { ...options, finalBeta: 20 }), 20);
  assertEquals([0, 1].map((growth) => betaAt(growth, { ...options, betaGrowthRatio: 0 })), [20, 320]);
});

Deno.test("the learning rate is half a cosine from the start to its final share", () => {
  const cases: [number, number][] = [[0, 0.004], [50, 0.0025], [100, 0.001], [150, 0.001]];
  for (const [iteration, rate] of cases) assertAlmostEquals(learningRateAt(iteration, 80, options), rate, 1e-15);
  const rates = upTo(100).map((iteration) => learningRateAt(iteration, 20, options));
  for (let k = 1; k <= 100; k++) assert(rates[k] < rates[k - 1], `iteration ${k}`);
  // A cosine: as much above its middle before as below it after, and steepest there.
  for (let k = 0; k <= 50; k++) assertAlmostEquals(rates[k] + rates[100 - k], 0.005, 1e-15);
  assertAlmostEquals(rates[25], 0.0025 + 0.0015 * Math.SQRT1_2, 1e-15);
  assertEquals(learningRateAt(70, 80, { ...options, finalLearningRateRatio: 1 }), 0.004);
});

Deno.test("the learning rate falls with the square root of beta, once it is high", () => {
  for (const [beta, share] of [[1, 1], [80, 1], [320, 1 / 2], [8000, 1 / 10]]) {
    for (const iteration of [0, 30, 100]) {
      const rate = learningRateAt(iteration, beta, options);
      assertAlmostEquals(rate, share * learningRateAt(iteration, 80, options), 1e-15);
    }
  }
});
