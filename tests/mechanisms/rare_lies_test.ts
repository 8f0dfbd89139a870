/** The search for rare lies, what it says of those that it may have missed, and results that are no ordinary numbers. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { tally } from "../../src/mechanisms/audit/check.ts";
import { searchDirected } from "../../src/mechanisms/audit/directed.ts";
import { changeProfile, REPORTS, reportsOf } from "../../src/mechanisms/audit/reports.ts";
import { sharedMenu } from "../../src/mechanisms/audit/shared_menu.ts";
import { unseenInWords } from "../../src/mechanisms/audit/words.ts";
import { audit, type AuditOptions } from "../../src/mechanisms/audit.ts";
import { gapInWords } from "../../src/mechanisms/certificate.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { empiricalProblem } from "../../src/problems/empirical.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { auctions, postedPrices, type Rule, ruled } from "../../tasks/planted/truthful.ts";
import { changed } from "../../tasks/planted/violations.ts";

const device = openDevice({ backend: "wasm" });

const SMALL: AuditOptions = { profiles: 30, misreports: 40, revenueProfiles: 500 };

/** The largest gain that the search for rare lies finds, on `profiles` profiles. */
async function gained(rule: Rule, profiles = 60): Promise<ReturnType<ReturnType<typeof tally>["check"]>> {
  const found = tally("incentiveCompatibility", 1e-6), size = rule.participants * rule.goods;
  const sample = (key: ReturnType<typeof randomKey>, count: number) => uniforms(key, count * size);
  const search = { sample, profiles, further: 60, key: randomKey(4), late: () => false };
  assertEquals(await searchDirected(ruled(rule), search, found), profiles);
  return found.check();
}

Deno.test("a mechanism that is truthful shows no gain", async () => {
  assert((await gained(auctions(3, [0.3, 0.4]))).worst < 1e-12);
  assert((await gained(postedPrices(1, [0.3, 0.4, 0.5]))).worst < 1e-12);
});

Deno.test("prices that change at one value only, which no report has by chance, are found", async () => {
  // Whoever values the good at exactly the price, which is a 32-bit float, pays more.
  const price = Math.fround(0.37),
    rule = changed(
      postedPrices(1, [price, 0.5]),
      (types, _, _outcome, payment) => types[0] === price ? payment + 0.125 : payment,
    );
  const { worst, witness } = await gained(rule, 20);
  assertAlmostEquals(worst, 0.125, 1e-6);
  assertEquals([witness!.profile[0][0], witness!.outcomes!.length], [price, 2]);
});

Deno.test("a charge where somebody's value ties with another's is found, and says whose", async () => {
  const rule = changed(
    auctions(3, [0.3, 0.3]),
    (types, i, outcome, payment) =>
      i === 2 && !outcome.some(Boolean) && types[4] === types[2] ? payment + 0.01 : payment,
  );
  const { worst, witness } = await gained(rule);
  assertAlmostEquals(worst, 0.01, 1e-12);
  assertEquals([witness!.participant, witness!.profile[2][0]], [2, witness!.profile[1][0]]);
});

Deno.test("reports begin with the truth, stay in the box, and corners take turns", () => {
  const profile = uniforms(randomKey(1), 6), goods = 3, corners = new Set<string>();
  const numbers = uniforms(randomKey(2), 100_000), drawn = uniforms(randomKey(3), 30);
  let at = 0;
  const next = () => numbers[at++];
  for (let turn = 0; turn < 8; turn++) {
    const out = new Float32Array(REPORTS * goods);
    reportsOf({ profile, participant: 1, goods, turn, drawn, kinks: [[], [0.25], []], next }, out);
    assertEquals([...out.subarray(0, 3)], [...profile.subarray(3)]);
    assert(out.every((value) => value >= 0 && value <= 1));
    corners.add(out.subarray(15, 18).join());
    const changed = profile.slice();
    changeProfile(changed, goods, turn, [[], [0.25], []], next);
    assert(changed.every((value) => value >= 0 && value <= 1));
  }
  assertEquals(corners.size, 8);
});

Deno.test("one participant's results are options for all of its types", () => {
  const found = tally("incentiveCompatibility", 0), menu = sharedMenu(1, found);
  const see = (type: number, outcome: number, payment: number) =>
    menu.see(Float32Array.of(type), Float64Array.of(outcome), Float64Array.of(payment), 0);
  see(0.5, 1, 0.25);
  assertEquals(found.check().worst, 0);
  see(0.75, 1, 0.5); // it could have had the same for a quarter less
  const { worst, witness } = found.check();
  assertEquals([worst, witness!.profile, witness!.misreport], [0.25, [[0.75]], [0.5]]);
  see(0.25, 1, 0); // and the first for nothing at all
  assertEquals([found.check().worst, found.check().witness!.profile], [0.5, [[0.75]]]);
});

Deno.test("an audit says at what share of type profiles violations would have shown", async () => {
  await device;
  const one = await audit("U-1-1", ruled(postedPrices(1, [0.5])), SMALL),
    three = await audit("U-3-2", ruled(auctions(3, [0.3, 0.3])), SMALL);
  const of = (report: typeof one, name: string) => report.checks.find((check) => check.name === name)!.independent;
  // 30 profiles, 90 of the search for rare lies, 500 for the revenue: with one participant these share their menu.
  assertEquals([of(one, "incentiveCompatibility"), of(one, "individualRationality")], [620, 620]);
  assertEquals([of(three, "incentiveCompatibility"), of(three, "feasibility"), of(three, "monotoneAllocations")], [
    120,
    620,
    undefined,
  ]);
  const [value, remark] = unseenInWords(three.checks)!;
  assertEquals(value, "below 3.8%"); // 0.962^120 = 0.0096
  assertStringIncludes(remark, "below 0.74% a loss");
  const broken = await audit(
    "U-1-1",
    ruled(changed(postedPrices(1, [0.5]), (t, _i, x, p) => p - 0.1 * x[0] * (1 - t[0]))),
    SMALL,
  );
  assertEquals(unseenInWords(broken.checks), ["below 0.74%", "of type profiles have a loss, at 99% confidence"]);
});

Deno.test("results that are infinite, no numbers or subnormal are named, and none of them ends an audit", async () => {
  await device;
  const cases = [
    [(type: number) => [type > 0.9 ? NaN : 0, 0], /outcomes that are NaN \(overflow or 0 \/ 0\)/, false],
    [(type: number) => [1, type > 0.9 ? -Infinity : 0.25], /infinite payments \(overflow\)/, false],
    [(type: number) => type > 0.5 ? [1, 0.5] : [0, 1e-310], /subnormal payments \(underflow\)/, true],
  ] as const;
  for (const [decide, words, passes] of cases) {
    const mechanism = ruled({
      ...{ participants: 1, goods: 1 },
      decide(types, _, outcome) {
        const [x, payment] = decide(types[0]);
        outcome[0] = x;
        return payment;
      },
    });
    const zeroGaps: typeof mechanism = {
      ...mechanism,
      run: async (types) => {
        const result = await mechanism.run(types);
        return { ...result, gaps: result.gaps.map(() => 0) };
      },
    };
    const { passed, checks } = await audit("U-1-1", zeroGaps, SMALL);
    const { remark } = checks.find(({ name }) => name === "feasibility")!;
    assertEquals(passed, passes);
    assert(words.test(remark ?? ""), remark);
    const { unusual, worstGap } = await evaluate("U-1-1", zeroGaps, { profiles: 200 });
    assert(words.test(unusual ?? ""), unusual);
    assertEquals(worstGap, passes ? 0 : Infinity); // no certificate of what is no number
  }
  const plain = await evaluate("U-1-1", ruled(postedPrices(1, [0.5])), { profiles: 20 });
  assertEquals("unusual" in plain, false);
});

Deno.test("scales at which 32-bit types underflow or overflow are refused by that name", async () => {
  const define = (scale: number) => () => defineProblem({ participants: 1, goods: 1, distribution: "U", scale });
  assertThrows(define(1e-44), InvalidInputError, "32-bit floats, which underflow below; got 1e-44");
  assertThrows(define(1e39), InvalidInputError, "32-bit floats, which overflow above; got 1e+39");
  assertEquals(define(1e-30)().scale, 1e-30);
  const text = "1e-40\n2e-40\n".repeat(10);
  await assertRejects(() => empiricalProblem({ text }), InvalidInputError, "underflow");
});

Deno.test("only certificates are called certified", () => {
  assertEquals(gapInWords(1e-9, 1e-12, 1)[1], "certified: nobody gains more by lying");
  // A bound without a certificate, as of MD-RegretNet, and none at all.
  for (
    const [gap, rounding] of [[3.2, undefined], [Infinity, undefined], [NaN, undefined], [Infinity, NaN], [
      Infinity,
      Infinity,
    ], [1, 0.9]] as const
  ) {
    assertStringIncludes(gapInWords(gap, rounding, 1)[1], "not certified");
  }
});
