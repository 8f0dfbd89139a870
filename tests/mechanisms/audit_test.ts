import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { defaultBestResponse } from "../../src/kernels/best_responses/best_response.ts";
import { AUDIT_CHECKS, type AuditCheck, type AuditCheckName } from "../../src/mechanisms/audit/check.ts";
import { audit, type AuditOptions, type AuditReport, defaultBounds } from "../../src/mechanisms/audit.ts";
import { flatTypes, type Mechanism } from "../../src/mechanisms/mechanism.ts";
import { menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { randomMechanism } from "./random_mechanism.ts";

const device = openDevice({ backend: "wasm" });

const SMALL: AuditOptions = { profiles: 30, misreports: 120, exact: 12, revenueProfiles: 500, seed: 3 };

/** What a participant gets and pays, from all types of a profile `[n][m]`. */
type Rule = (
  types: readonly (readonly number[])[],
  participant: number,
) => readonly [outcome: number[], payment: number];

/** The mechanism of a rule. */
function ruled(n: number, m: number, rule: Rule): Mechanism {
  return {
    participants: n,
    goods: m,
    run(reported) {
      const types = flatTypes(reported, n, m), rows = types.length / m;
      const outcomes = new Float64Array(rows * m), payments = new Float64Array(rows);
      for (let row = 0; row < rows; row++) {
        const first = row - row % n;
        const profile = Array.from({ length: n }, (_, i) => [...types.subarray((first + i) * m, (first + i + 1) * m)]);
        const [outcome, payment] = rule(profile, row % n);
        outcomes.set(outcome, row * m);
        payments[row] = payment;
      }
      const utilities = new Float64Array(rows); // nobody should believe them
      return Promise.resolve({ profiles: rows / n, outcomes, payments, utilities, gaps: new Float64Array(rows) });
    },
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

/** Every good at a price, for whoever wants it. */
const postedPrice = (price: number): Rule => (types, i) => {
  const outcome = types[i].map((type) => type >= price ? 1 : 0);
  return [outcome, price * sum(outcome)];
};

/** Every good at the highest value that anybody else has for it, and 0.3 at least. */
const othersValues: Rule = (types, i) => {
  const price = (j: number) => Math.max(0.3, ...types.filter((_, k) => k !== i).map((other) => other[j]));
  const outcome = types[i].map((type, j) => type >= price(j) ? 1 : 0);
  return [outcome, sum(outcome.map((x, j) => x * price(j)))];
};

async function audited(mechanism: Mechanism, options: AuditOptions = SMALL): Promise<AuditReport> {
  await device;
  const problem = settingProblem(`U_{${mechanism.participants},${mechanism.goods}}^{0,0}`);
  return await audit(problem, mechanism, options);
}

function check(report: AuditReport, name: AuditCheckName): AuditCheck {
  return report.checks.find((one) => one.name === name)!;
}

const failures = ({ checks }: AuditReport) => checks.filter(({ passed }) => !passed).map(({ name }) => name);

Deno.test("mechanisms that are right pass, and their revenue is what it is", async () => {
  const posted = await audited(ruled(2, 2, postedPrice(0.5)));
  assertEquals([posted.passed, failures(posted)], [true, []]);
  assertEquals(posted.skipped.map(({ name }) => name), [
    ...["bestResponseGap", "certificates", "exactBestResponse", "convexPrices", "backends"] as const,
  ]);
  // Four sales at 0.5 with probability 0.5 each; five standard errors.
  assertAlmostEquals(posted.revenue.mean, 1, 5 * posted.revenue.standardError);
  const [low, high] = posted.revenue.interval;
  assertAlmostEquals(high - low, 2 * 1.96 * posted.revenue.standardError, 1e-4);
  const others = await audited(ruled(3, 2, othersValues));
  assertEquals([others.passed, failures(others)], [true, []]);
});

Deno.test("a random menu mechanism passes every check there is", async () => {
  for (const [n, m] of [[1, 3], [3, 2]]) {
    const report = await audited(randomMechanism(n, m, 61));
    assertEquals([report.passed, failures(report), report.skipped], [true, [], []]);
    assertEquals(report.checks.map(({ name }) => name), [...AUDIT_CHECKS]);
    assertEquals(check(report, "exactBestResponse").cases, 12);
    assert(check(report, "exactBestResponse").worst < 1e-7);
    // Lies only choose from the same menu, so that the certificates bound what they gain.
    assert(check(report, "incentiveCompatibility").worst <= check(report, "bestResponseGap").worst + 1e-12);
  }
});

Deno.test("pay as bid: the lie is found, and gains as much as it can", async () => {
  const report = await audited(ruled(2, 2, (types, i) => {
    const outcome = types[i].map((type) => type >= 0.5 ? 1 : 0);
    return [outcome, sum(outcome.map((x, j) => x * types[i][j]))];
  }));
  assertEquals([report.passed, failures(report)], [false, ["incentiveCompatibility"]]);
  const { worst, witness, bound, mean } = check(report, "incentiveCompatibility");
  const type = witness!.profile[witness!.participant];
  const most = sum(type.map((value) => Math.max(0, value - 0.5)));
  assertEquals(bound, defaultBounds.incentiveCompatibility);
  assert(worst <= most && worst >= 0.99 * most, `found ${worst} of ${most}`);
  assert(worst > 0.5, `there is somebody with more than ${worst} to gain among 60`);
  assertAlmostEquals(mean, 0.25, 0.08); // two goods, for each the mean of max(0, t - 0.5) = 1/8
  assert(witness!.misreport!.every((value, j) => value >= 0.5 || type[j] < 0.5), "the lie still buys");
});

Deno.test("a smooth mechanism: the search climbs to the best lie", async () => {
  // The payment 0.9 r^2 for the outcome r: best is r = t / 1.8, for a gain of (1 / 3.6 - 0.1) t^2.
  const report = await audited(ruled(2, 3, (types, i) => [[...types[i]], 0.9 * sum(types[i].map((r) => r * r))]));
  assertEquals(failures(report), ["incentiveCompatibility"]);
  const { worst, witness } = check(report, "incentiveCompatibility");
  const type = witness!.profile[witness!.participant], best = (1 / 3.6 - 0.1) * sum(type.map((t) => t * t));
  assertAlmostEquals(worst, best, 1e-4);
  witness!.misreport!.forEach((r, j) => assertAlmostEquals(r, type[j] / 1.8, 0.02));
});

Deno.test("charging for nothing is a loss, and a payment without a purchase", async () => {
  const report = await audited(ruled(2, 1, (types, i) => {
    const [outcome, payment] = postedPrice(0.5)(types, i);
    return [outcome, payment + 0.125];
  }));
  assertEquals(failures(report), ["individualRationality", "noBuyNoPay"]);
  assertEquals(check(report, "individualRationality").worst, 0.125);
  assertEquals(check(report, "noBuyNoPay").worst, 0.125);
  const { profile, participant, outcomes, payments } = check(report, "noBuyNoPay").witness!;
  assert(profile[participant][0] < 0.5);
  assertEquals([outcomes, payments], [[[0]], [0.125]]);
});

Deno.test("outcomes outside of [0, 1] and what is no number are named", async () => {
  const large = await audited(ruled(1, 2, () => [[1.25, 0], 0]));
  assertEquals([failures(large), check(large, "feasibility").worst], [["feasibility"], 0.25]);
  const negative = await audited(ruled(1, 2, () => [[0, -0.5], -1]));
  assertEquals([failures(negative), check(negative, "feasibility").worst], [["feasibility"], 0.5]);
  const broken = await audited(ruled(1, 1, ([[type]]) => [[type > 0.5 ? NaN : 0], 0]));
  assertEquals(check(broken, "feasibility").worst, Infinity);
  assertEquals(broken.passed, false);
  const free = await audited(ruled(1, 1, () => [[1], Infinity]));
  assertEquals(check(free, "feasibility").worst, Infinity);
});

Deno.test("an allocation that falls when a type rises is found", async () => {
  const report = await audited(ruled(2, 2, (types, i) => [types[i].map((type) => 1 - type), 0]));
  assertEquals(failures(report), ["incentiveCompatibility", "monotoneAllocations"]);
  const { worst, witness } = check(report, "monotoneAllocations");
  const { profile, participant, misreport } = witness!;
  const squares = sum(profile[participant].map((value, j) => (misreport![j] - value) ** 2));
  assertAlmostEquals(worst, squares, 1e-6);
  assert(worst > 0.04);
});

Deno.test("prices that are not convex, or above 0 for nothing, are found", async () => {
  const priced = (price: (x: Float64Array) => number) => ({
    ...ruled(1, 2, postedPrice(0.5)),
    prices: (_types: unknown, outcomes: Float64Array) =>
      Promise.resolve(
        Float64Array.from({ length: outcomes.length / 2 }, (_, k) => price(outcomes.subarray(2 * k, 2 * k + 2))),
      ),
  });
  const good = await audited(priced(([x, y]) => 0.5 * x + 0.5 * y));
  assertEquals([failures(good), good.passed], [[], true]);
  const bent = await audited(priced(([x, y]) => 0.5 * x + 0.5 * y - 0.25 * x * x));
  assertEquals(failures(bent), ["convexPrices"]);
  assert(check(bent, "convexPrices").worst > 0.04 && check(bent, "convexPrices").worst <= 0.0625);
  const fee = await audited(priced(([x, y]) => 0.5 * x + 0.5 * y + 0.25));
  assertEquals([failures(fee), check(fee, "noBuyNoPay").worst], [["noBuyNoPay"], 0.25]);
});

Deno.test("best responses that are not best fail by certificate, by linear programs and beside the others", async () => {
  const good = randomMechanism(2, 4, 63);
  const { problem, shape, network, parameters } = good, rough = { ...defaultBestResponse, maxEvaluations: 4 };
  const report = await audited(menuMechanism({ problem, shape, network, parameters }, rough));
  const failed = failures(report);
  for (const name of ["bestResponseGap", "exactBestResponse", "backends"] as const) {
    assert(failed.includes(name), `${name} passed`);
  }
  assert(check(report, "exactBestResponse").worst <= check(report, "bestResponseGap").worst + 1e-9);
  assert(check(report, "incentiveCompatibility").worst <= check(report, "bestResponseGap").worst + 1e-9);
});

Deno.test("the same seed finds the same, and what passes is up to the bounds", async () => {
  const mechanism = ruled(2, 2, (types, i) => [[...types[i]], 0.9 * sum(types[i].map((r) => r * r))]);
  const a = await audited(mechanism), b = await audited(mechanism);
  assertEquals(a, b);
  const seeded = await audited(mechanism, { ...SMALL, seed: 4 });
  assert(check(seeded, "incentiveCompatibility").worst !== check(a, "incentiveCompatibility").worst);
  assertEquals((await audited(mechanism, { ...SMALL, bounds: { incentiveCompatibility: 2 } })).passed, true);
});

Deno.test("progress reaches the end, and a signal stops the audit", async () => {
  const mechanism = ruled(2, 1, postedPrice(0.5)), seen: number[] = [];
  await audited(mechanism, { ...SMALL, onProgress: (done, all) => seen.push(done / all) });
  assert(seen.every((share, k) => share <= 1 && (k === 0 || share >= seen[k - 1])));
  assertEquals(seen.at(-1), 1);
  assert(seen[Math.floor(seen.length / 2)] < 0.9, "most of the audit is at its end");
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => audited(mechanism, { ...SMALL, signal }), Error, "enough");
});

Deno.test("what cannot be audited is named", async () => {
  const mechanism = ruled(2, 1, postedPrice(0.5)), problem = settingProblem("U-1-2");
  await assertRejects(() => audit(problem, mechanism), InvalidInputError, "must be for 1 participant and 2 goods");
  const bad: [AuditOptions, string][] = [
    [{ profiles: 0 }, "profiles must be a positive integer, got 0"],
    [{ misreports: 0.5 }, "misreports must be a positive integer, got 0.5"],
    [{ exact: -1 }, "exact must be a non-negative integer, got -1"],
    [{ revenueProfiles: 1 }, "revenueProfiles must be an integer of at least 2, got 1"],
    [{ seed: -1 }, "seed must be an integer"],
    [{ bounds: { feasibility: NaN } }, "bounds.feasibility must be a finite number of at least 0, got NaN"],
    [{ bounds: { honesty: 1 } as AuditOptions["bounds"] }, "a name in bounds must be one of"],
  ];
  for (const [options, message] of bad) {
    await assertRejects(() => audited(mechanism, options), InvalidInputError, message);
  }
  const short: Mechanism = {
    ...mechanism,
    run: async (types) => ({ ...await mechanism.run(types), payments: new Float64Array(1) }),
  };
  await assertRejects(() => audited(short), InvalidInputError, "the mechanism's payments for");
});

Deno.test("a certificate that a lie beats, or a linear program, is called wrong", async () => {
  const good = randomMechanism(2, 3, 65), { goods: m } = good;
  // Nobody with a first value below 0.3 gets anything, and yet the certificate is that of a best response.
  const wrong: typeof good = {
    ...good,
    async run(types) {
      const result = await good.run(types), own = flatTypes(types, 2, m);
      const { outcomes, payments, utilities } = result;
      for (let row = 0; row < payments.length; row++) {
        if (own[row * m] >= 0.3) continue;
        outcomes.fill(0, row * m, (row + 1) * m), payments[row] = utilities[row] = 0;
      }
      return result;
    },
  };
  const report = await audited(wrong), { worst, remark, passed } = check(report, "certificates");
  assert(worst > 0.01 && !passed && report.passed === false);
  assertEquals(remark, "a certificate is wrong: report this");
  assertEquals(check(report, "bestResponseGap").passed, true);
  assertEquals(check(await audited(good), "certificates").worst, 0);
});

Deno.test("an audit of a slow mechanism checks less, and lists what it left out", async () => {
  const quick = ruled(1, 1, postedPrice(0.5));
  const slow: Mechanism = {
    ...quick,
    async run(types) {
      await new Promise((resolve) => setTimeout(resolve, 2 * flatTypes(types, 1, 1).length));
      return await quick.run(types);
    },
  };
  const report = await audited(slow, { ...SMALL, timeLimit: 1 });
  assertEquals(report.passed, true);
  assert(report.leftOut.some((what) => /of 120 misreports/.test(what)), report.leftOut.join("\n"));
  assert(report.revenue.profiles < 500);
  assertEquals((await audited(quick)).leftOut, []);
});
