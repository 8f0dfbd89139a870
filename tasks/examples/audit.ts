/**
 * Audits: a learned mechanism, which passes, and the first-price auction, which does not, as bidding less pays.
 *
 *     deno run -A audit.ts [ITERATIONS]
 */
import { audit, type Mechanism, settingProblem, train } from "../../mod.ts";

const iterations = Number(Deno.args[0] ?? 100), problem = settingProblem("U_{2,1}^{0,0}");
const { mechanism } = await train(problem, { iterations });

/** Any function of types can be audited. The higher bid wins the good and is paid. */
const firstPrice: Mechanism = {
  participants: 2,
  goods: 1,
  run: (types) => {
    const bids = Float64Array.from(types as Float32Array), profiles = bids.length / 2;
    const outcomes = bids.map((bid, k) => bid > bids[k ^ 1] ? 1 : 0),
      payments = bids.map((bid, k) => bid * outcomes[k]);
    const nothing = new Float64Array(bids.length); // a truthful bidder pays its value, and has no utility
    return Promise.resolve({ profiles, outcomes, payments, utilities: nothing, gaps: nothing });
  },
};

for (const [name, audited] of Object.entries({ "learned mechanism": mechanism, "first-price auction": firstPrice })) {
  const report = await audit(problem, audited, { profiles: 100, misreports: 100, exact: 20, revenueProfiles: 5000 });
  console.log(`\n${name}`);
  console.log(report);
  const lie = report.checks.find((check) => check.name === "incentiveCompatibility" && !check.passed)?.witness;
  if (lie) console.log(`participant ${lie.participant + 1} of ${lie.profile} had better say ${lie.misreport}`);
}
