/**
 * Regret as the audit's search finds it, for mechanisms that are not truthful.
 *
 * @module
 */
import { defaultAudit } from "../mechanisms/audit.ts";
import { tally } from "../mechanisms/audit/check.ts";
import { searchMisreports } from "../mechanisms/audit/misreports.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { deriveKey, randomKey } from "../random/key.ts";

/** The stream of profiles and misreports. */
const STREAM = 0x4e65, PROFILES = 0, MISREPORTS = 1;

/**
 * Mean gain of a participant by the best misreport that the audit's search finds, on as many held-out profiles, and with
 * as many misreports of each participant, as `audit` takes. The search needs no gradients, and knows nothing of how the
 * mechanism was trained; what it finds is a lower bound of the regret, like what training's own search finds.
 */
export async function auditedRegret(
  problem: MechanismProblem,
  mechanism: Mechanism,
  seed: number,
  { profiles, misreports }: Pick<typeof defaultAudit, "profiles" | "misreports"> = defaultAudit,
): Promise<number> {
  const key = deriveKey(randomKey(seed), STREAM);
  const types = problem.distribution.sample(deriveKey(key, PROFILES), profiles, "held-out");
  const gains = tally("incentiveCompatibility", Infinity);
  await searchMisreports(mechanism, { types, misreports, key: deriveKey(key, MISREPORTS) }, gains);
  return gains.check().mean;
}
