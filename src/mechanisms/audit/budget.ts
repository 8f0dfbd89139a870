/**
 * The time that an audit may take. A mechanism that is slow is checked on fewer profiles and misreports, and what was
 * left out is listed.
 *
 * @module
 */

/** Shares of the time limit after which each part of an audit must have ended. */
const ENDS = {
  ...{ search: 0.4, directed: 0.55, allocations: 0.62, prices: 0.67, exact: 0.78, backends: 0.9, revenue: 1 },
} as const;

/** A part of an audit. */
export type AuditPart = keyof typeof ENDS;

/** What is left of the time, and what was left out. */
export interface Budget {
  /** Whether the time of a part is over. */
  late(part: AuditPart): boolean;
  /**
   * How many of `wanted` cases a part has time for, at least 1.
   *
   * @param each About how many profiles are run for a case, or as much work is done.
   * @param what Names the cases in what was left out.
   */
  afford(part: AuditPart, wanted: number, each: number, what: string): number;
  /** Notes what was left out. */
  leaveOut(what: string): void;
  /** What was left out. */
  readonly leftOut: readonly string[];
}

/**
 * @param limit Seconds.
 * @param seconds About how long a profile takes to run.
 * @param start When the audit began, in milliseconds.
 */
export function budget(limit: number, seconds: number, start: number): Budget {
  const leftOut: string[] = [];
  const left = (part: AuditPart) => ENDS[part] * limit - (performance.now() - start) / 1000;
  return {
    leftOut,
    late: (part) => left(part) <= 0,
    afford(part: AuditPart, wanted: number, each: number, what: string): number {
      const possible = Math.max(1, Math.floor(left(part) / (seconds * each)));
      if (possible >= wanted) return wanted;
      leftOut.push(`${wanted - possible} of ${wanted} ${what}`);
      return possible;
    },
    leaveOut: (what) => leftOut.push(what),
  };
}
