/** When the paper is passed is told from validation profiles, in little time, and does not change training. */
import { assert, assertEquals } from "@std/assert";
import { bundle } from "../../src/baselines/bundle.ts";
import { separable } from "../../src/baselines/separable.ts";
import { trainRegretNet } from "../../src/baselines/regret_net_training.ts";
import { auditedRegret } from "../../src/experiments/audited_regret.ts";
import { watchPaper } from "../../src/experiments/paper_passed.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import type { Mechanism } from "../../src/mechanisms/mechanism.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { train } from "../../src/training/train.ts";
import { bits } from "../bits.ts";

const problem = settingProblem("U-1-2"), items = separable(problem), both = bundle(problem); // 0.5 and 0.5443

Deno.test("the first look above the paper's value is kept, and goes with a checkpoint", async () => {
  let now = 0, looks = 0;
  const watch = watchPaper(problem, 0.52, 3, () => now);
  const look = (mechanism: Mechanism, iteration: number, last = false) =>
    watch.look(() => (looks++, Promise.resolve(mechanism)), 1, iteration, last);
  now = 10, await look(items, 100);
  assertEquals([watch.passed, watch.metadata()], [undefined, {}]);
  now = 20, await look(both, 200);
  const { revenue, standardError } = await evaluate(problem, both, { profiles: 2000, seed: 3, part: "validation" });
  assertEquals(watch.passed, { start: 1, iteration: 200, seconds: 20, revenue, standardError });
  now = 30, await look(both, 300, true);
  assertEquals([watch.passed?.iteration, looks], [200, 2]);
  const other = watchPaper(problem, 0.52, 3, () => now);
  other.resume(undefined);
  assertEquals(other.passed, undefined);
  other.resume(watch.metadata());
  assertEquals(other.passed, watch.passed);
});

Deno.test("looks take little time, and none where the paper prints no number", async () => {
  let now = 100, looks = 0;
  const watch = watchPaper(problem, 0.7, 0, () => now);
  // 90 seconds an iteration, 10 a look.
  const look = (iteration: number, last: boolean) =>
    watch.look(() => (looks++, now += 10, Promise.resolve(items)), 0, iteration, last);
  for (let iteration = 1; iteration <= 100; iteration++) now += 90, await look(iteration, iteration === 100);
  assert(looks >= 10 && 10 * looks <= 0.03 * now, `${looks} looks of 10 seconds in ${now}`);
  for (const printed of ["=0", "<0", undefined] as const) {
    await watchPaper(problem, printed, 0, () => 0).look(() => Promise.reject(new Error("a look")), 0, 1, true);
  }
});

Deno.test("training that goes on from a checkpoint and is stopped at once gives its mechanism, and disturbs nothing", async () => {
  const device = await openDevice({ backend: "wasm" }), options = { iterations: 6, profiles: 32, seed: 2 };
  const plain = await train(problem, options, { device }),
    three = await train(problem, options, {
      device,
      signal: AbortSignal.abort(),
    });
  assertEquals(three.iterations, 0);
  const seen: string[] = [];
  const looked = await train(problem, options, {
    device,
    checkpointEvery: 3,
    async onCheckpoint(resume, iteration) {
      const { mechanism, iterations } = await train(problem, options, { device, resume, signal: AbortSignal.abort() });
      await evaluate(problem, mechanism, { profiles: 100, part: "validation" });
      seen.push(`${iterations} of ${iteration}`);
      if (iteration === 6) assertEquals(bits(mechanism.parameters), bits(plain.mechanism.parameters));
      else assert(JSON.stringify(bits(mechanism.parameters)) !== JSON.stringify(bits(plain.mechanism.parameters)));
    },
  });
  assertEquals(seen, ["3 of 3", "6 of 6"]);
  assertEquals(bits(looked.mechanism.parameters), bits(plain.mechanism.parameters));
});

Deno.test("the audit's search finds regret where there is some, and none where there is none", async () => {
  const sizes = { profiles: 40, misreports: 60 };
  assertEquals(await auditedRegret(problem, items, 0, sizes), 0);
  const { mechanism } = await trainRegretNet(problem, { iterations: 5, seed: 1 });
  const regret = await auditedRegret(problem, mechanism, 0, sizes);
  assert(regret > 0.01 && regret < 1, `${regret}`);
});
