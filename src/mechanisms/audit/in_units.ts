/**
 * Audits of mechanisms whose types are not in [0, 1]: the same mechanism in units of the largest type is audited, and
 * what is found is told in the mechanism's own unit.
 *
 * @module
 */
import type { Mechanism, TypeProfiles } from "../mechanism.ts";
import type { MenuMechanism } from "../menu_mechanism.ts";
import { withAmounts } from "../units.ts";
import type { AuditCheck } from "./check.ts";

/** A mechanism with types and payments divided by a number. Prices and the rest of a menu mechanism go along. */
export function dividedMechanism<Made extends Mechanism & Partial<Pick<MenuMechanism, "prices">>>(
  mechanism: Made,
  by: number,
): Made {
  const times = (types: TypeProfiles): TypeProfiles =>
    ArrayBuffer.isView(types)
      ? (types as Float32Array).map((type) => type * by)
      : types.map((profile) => profile.map((type) => type.map((value) => value * by)));
  const divide = (values: Float64Array) => values.map((value) => value / by), { units, prices } = mechanism;
  return {
    ...mechanism,
    ...units && { units: { ...units, largest: units.largest / by, network: units.network / by } },
    async run(types) {
      return withAmounts(await mechanism.run(times(types)), (amount) => amount / by);
    },
    ...prices && {
      prices: async (types: TypeProfiles, outcomes: Float64Array) => divide(await prices(times(types), outcomes)),
    },
  };
}

/** A check in a unit that is `by` times as small. */
export function checkInUnit(check: AuditCheck, by: number): AuditCheck {
  // Products of types and outcomes, payments and utilities are amounts; how far outcomes are outside of the box is not.
  const amount = check.name === "feasibility" ? 1 : by, { witness } = check;
  return {
    ...check,
    ...{ worst: check.worst * amount, bound: check.bound * amount, mean: check.mean * amount },
    ...witness && {
      witness: {
        ...witness,
        profile: witness.profile.map((type) => type.map((value) => value * by)),
        ...witness.misreport && { misreport: witness.misreport.map((value) => value * by) },
        ...witness.payments && { payments: witness.payments.map((value) => value * by) },
      },
    },
  };
}
