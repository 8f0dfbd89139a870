/**
 * The checks of an audit: for each property the largest violation, and where it is.
 *
 * @module
 */

/** The properties that an audit checks. */
export const AUDIT_CHECKS = [
  "incentiveCompatibility",
  "individualRationality",
  "noBuyNoPay",
  "feasibility",
  "monotoneAllocations",
  "bestResponseGap",
  "certificates",
  "exactBestResponse",
  "convexPrices",
  "backends",
] as const;

/** A property that an audit checks. */
export type AuditCheckName = typeof AUDIT_CHECKS[number];

/** Where a violation is. */
export interface AuditWitness {
  /** The reported types of all participants `[n][m]`. */
  readonly profile: readonly (readonly number[])[];
  /** The participant concerned, counted from 0. */
  readonly participant: number;
  /** What that participant reports instead `[m]`; in checks that compare two types, the second one. */
  readonly misreport?: readonly number[];
  /** The outcomes concerned, each `[m]`. */
  readonly outcomes?: readonly (readonly number[])[];
  /** The payments concerned, one for each outcome. */
  readonly payments?: readonly number[];
}

/** The result of one check. */
export interface AuditCheck {
  /** Which property. */
  readonly name: AuditCheckName;
  /** The largest violation, 0 where there is none; infinite where something is no number. */
  readonly worst: number;
  /** Violations up to this pass. */
  readonly bound: number;
  /** Whether worst <= bound. */
  readonly passed: boolean;
  /** The number of cases. */
  readonly cases: number;
  /** The mean of the cases' violations. */
  readonly mean: number;
  /**
   * N, the number of type profiles, drawn independently from the distribution, at which the property was checked: a
   * violation that shows at a share p of type profiles goes unnoticed with probability (1 - p)^N at most. Truthfulness
   * shows at a profile where one of the misreports that are tried there gains. Left out by checks of other cases.
   */
  readonly independent?: number;
  /** Where the largest violation is; undefined where there is none. */
  readonly witness?: AuditWitness;
  /** What else is worth knowing. */
  readonly remark?: string;
}

/** Collects the violations of one property. */
export interface Tally {
  /** Takes a case. A violation that is not a number counts as infinite, one below 0 as 0. */
  see(violation: number, witness: () => AuditWitness): void;
  /** Takes a violation that is no case of its own, but may be the largest: it is not in the mean. */
  raise(violation: number, witness: () => AuditWitness): void;
  /** The result so far. */
  check(remark?: string, independent?: number): AuditCheck;
}

/** Starts to collect the violations of a property. */
export function tally(name: AuditCheckName, bound: number): Tally {
  let worst = 0, cases = 0, sum = 0;
  let witness: AuditWitness | undefined;
  const raise = (violation: number, where: () => AuditWitness): void => {
    const value = Number.isNaN(violation) ? Infinity : violation;
    if (value > worst) worst = value, witness = where();
  };
  return {
    raise,
    see(violation: number, where: () => AuditWitness): void {
      cases++;
      sum += Number.isNaN(violation) ? Infinity : Math.max(0, violation);
      raise(violation, where);
    },
    check(remark?: string, independent?: number): AuditCheck {
      const mean = cases > 0 ? sum / cases : 0, passed = worst <= bound;
      return { name, worst, bound, passed, cases, mean, ...independent && { independent }, witness, remark };
    },
  };
}

/** Row-major numbers `[rows, columns]` as nested lists. */
export function nested(flat: ArrayLike<number>, columns: number): number[][] {
  return Array.from(
    { length: flat.length / columns },
    (_, row) => Array.from({ length: columns }, (_, column) => flat[row * columns + column]),
  );
}

/** What rounding may do to a gain or a utility as audits compute them, at most. */
export function ownRounding(types: ArrayLike<number>, row: number, m: number, payment: number): number {
  let worth = Math.abs(payment);
  for (let j = row * m; j < (row + 1) * m; j++) worth += types[j];
  return 1e-15 * (m + 4) * worth;
}
