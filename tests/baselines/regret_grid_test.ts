/** The regret that is measured of RegretNet, against every misreport of a grid. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type RegretNet, regretNet, regretNetShapes } from "../../src/baselines/regret_net.ts";
import { measureRegret } from "../../src/baselines/regret_net_misreports.ts";
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { elementCount } from "../../src/runtime/host_tensor.ts";

/** A mechanism with random parameters, which is far from truthful. */
function random(n: number, m: number, seed: number): RegretNet {
  const hidden = [6, 5];
  const parameters = Object.fromEntries(
    Object.entries(regretNetShapes(n, m, hidden)).map(([name, shape], k) => [
      name,
      { shape, data: normals(deriveKey(randomKey(seed), k), elementCount(shape)) },
    ]),
  );
  return regretNet({ problem: "random", participants: n, goods: m, hidden, parameters });
}

/** A setting of which every profile is one of a few. */
function ofTypes(n: number, m: number, types: Float32Array): MechanismProblem {
  const problem = settingProblem(`U-${n}-${m}`);
  return { ...problem, distribution: { ...problem.distribution, sample: () => types } };
}

/** What each participant of each profile gains by the best misreport of a grid with `side` + 1 points for each good. */
async function gridRegrets(mechanism: RegretNet, types: Float32Array, side: number): Promise<number[]> {
  const { participants: n, goods: m } = mechanism, points = (side + 1) ** m, rows = types.length / m;
  const truth = await mechanism.run(types);
  const regrets: number[] = [];
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(row / n) * n * m, at = row * m - first, own = types.subarray(row * m, (row + 1) * m);
    const reports = new Float32Array(points * n * m);
    for (let point = 0; point < points; point++) {
      reports.set(types.subarray(first, first + n * m), point * n * m);
      for (let j = 0; j < m; j++) {
        reports[point * n * m + at + j] = Math.floor(point / (side + 1) ** j) % (side + 1) / side;
      }
    }
    const { outcomes, payments } = await mechanism.run(reports);
    let most = 0;
    for (let point = 0; point < points; point++) {
      const i = point * n + row % n;
      let utility = -payments[i];
      for (let j = 0; j < m; j++) utility += own[j] * outcomes[i * m + j];
      most = Math.max(most, utility - truth.utilities[row]);
    }
    regrets.push(most);
  }
  return regrets;
}

Deno.test("regret is what the best misreport of a fine grid gains", async () => {
  await openDevice({ backend: "wasm" });
  const search = { starts: 6, steps: 150, stepSize: 0.4 };
  for (
    const [n, m, side, seed] of [[1, 1, 2000, 1], [3, 1, 2000, 3], [2, 2, 140, 5]]
  ) {
    const B = 4, mechanism = random(n, m, seed), types = uniforms(randomKey(seed), B * n * m);
    const regrets = await gridRegrets(mechanism, types, side);
    const found = await measureRegret(ofTypes(n, m, types), mechanism, { profiles: B, ...search });
    const mean = regrets.reduce((sum, regret) => sum + regret, 0) / (B * n), what = `n = ${n}, m = ${m}`;
    assert(mean > 0.01, `${what}: lies pay, ${mean}`);
    // Between the points of the grid there is a little more, and the search stops a little before.
    assertAlmostEquals(found.regret, mean, 1e-3 * mean, what);
    assertAlmostEquals(found.largest, Math.max(...regrets), 1e-3 * Math.max(...regrets), what);
    const means = Array.from(
      { length: B },
      (_, b) => regrets.slice(b * n, (b + 1) * n).reduce((sum, regret) => sum + regret, 0) / n,
    );
    const variance = means.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (B - 1);
    assertAlmostEquals(found.standardError, Math.sqrt(variance / B), 2e-3 * found.standardError, what);
  }
});

Deno.test("a mechanism that ignores reports has no regret", async () => {
  await openDevice({ backend: "wasm" });
  const mechanism = random(2, 2, 6), { parameters } = mechanism;
  const constant = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, data }]) => [
      name,
      // Everybody gets the same whatever is reported, and pays hardly anything: a fraction of 2e-9 of it.
      {
        shape,
        data: data.map((value) =>
          name.endsWith(".weight") ? 0 : name === "payment.output.bias" ? -20 : value
        ) as Float32Array,
      },
    ]),
  );
  const { regret, largest } = await measureRegret("U-2-2", regretNet({ ...mechanism, parameters: constant }), {
    profiles: 20,
    starts: 3,
    steps: 20,
  });
  assert(regret < 1e-8 && largest < 1e-8, `${regret} ${largest}`);
  assertEquals((await measureRegret("U-2-2", mechanism, { profiles: 20, starts: 1, steps: 0 })).profiles, 20);
});
