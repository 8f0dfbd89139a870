/**
 * Observed mechanisms: all results of a mechanism are checked for what must hold at any types.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";
import { letEventsIn } from "../../runtime/event_loop.ts";
import { largerRounding } from "../certificate.ts";
import { oversold } from "../supply.ts";
import { flatTypes, type Mechanism, type MechanismResult, type TypeProfiles } from "../mechanism.ts";
import { unusualResults } from "../unusual_results.ts";
import { type AuditWitness, nested, type Tally } from "./check.ts";

/** The tallies of violations in runs. */
export interface RunTallies {
  /** Utilities below 0 of participants who report the truth. */
  readonly individualRationality: Tally;
  /** Payments for a zero outcome, and by participants who value nothing. */
  readonly noBuyNoPay: Tally;
  /** Outcomes outside of [0, 1], or more of a good than exists, and outcomes and payments that are not finite. */
  readonly feasibility: Tally;
  /** The certified gaps of the mechanism; left out where it has no menu. */
  readonly bestResponseGap?: Tally;
}

/** A mechanism whose results are checked. */
export interface ObservedMechanism extends Mechanism {
  /** What of certified gaps was a bound on rounding, at most, in all runs so far. */
  worstRounding(): number | undefined;
  /** What results were infinite, no numbers, or subnormal, in words; undefined where there were none. */
  unusual(): string | undefined;
}

/** An outcome whose coordinates add up to this or less counts as zero. */
const NOTHING = 1e-9;
/** Profiles that are run at a time. */
const CHUNK = 1024;

/**
 * The same mechanism, but its results are checked, the event loop turns between chunks, and `signal` stops it.
 *
 * @param onRun Called with the number of profiles of each chunk.
 * @param once Whether each good exists once, so that outcomes must not add up to more.
 */
export function observed(
  mechanism: Mechanism,
  tallies: RunTallies,
  onRun: (profiles: number) => void,
  signal?: AbortSignal,
  once = false,
): ObservedMechanism {
  const { participants: n, goods: m } = mechanism, size = n * m;
  const unusual = unusualResults();
  let rounding: number | undefined;
  return {
    worstRounding: () => rounding,
    unusual: unusual.inWords,
    participants: n,
    goods: m,
    async run(reported: TypeProfiles): Promise<MechanismResult> {
      const types = flatTypes(reported, n, m), profiles = types.length / size, rows = profiles * n;
      const all = {
        profiles,
        ...{ outcomes: new Float64Array(rows * m), payments: new Float64Array(rows) },
        ...{ utilities: new Float64Array(rows), gaps: new Float64Array(rows) },
      };
      for (let from = 0; from < profiles; from += CHUNK) {
        signal?.throwIfAborted();
        const part = types.subarray(from * size, (from + CHUNK) * size), result = await mechanism.run(part);
        checkShape(result, part.length / size, n, m);
        observe(part, result, n, m, tallies);
        unusual.see(result);
        if (once) observeSupply(part, result, n, m, tallies.feasibility);
        for (const value of result.roundings ?? []) rounding = largerRounding(rounding, value);
        all.outcomes.set(result.outcomes, from * size);
        all.payments.set(result.payments, from * n);
        all.utilities.set(result.utilities, from * n);
        all.gaps.set(result.gaps, from * n);
        onRun(part.length / size);
        await letEventsIn();
      }
      return all;
    },
  };
}

/** The utility <t, x> - p of row `row`, for types `[rows, m]`. */
export function utilityAt(types: ArrayLike<number>, result: MechanismResult, row: number, m: number): number {
  let utility = -result.payments[row];
  for (let k = row * m; k < (row + 1) * m; k++) utility += types[k] * result.outcomes[k];
  return utility;
}

/** Where a violation is: row `row` of a run. */
export function witnessOf(
  types: ArrayLike<number>,
  result: MechanismResult,
  row: number,
  n: number,
  m: number,
): AuditWitness {
  const first = Math.floor(row / n) * n;
  return {
    profile: nested(Array.prototype.slice.call(types, first * m, (first + n) * m), m),
    participant: row - first,
    outcomes: [Array.from(result.outcomes.subarray(row * m, (row + 1) * m))],
    payments: [result.payments[row]],
  };
}

function observe(types: Float32Array, result: MechanismResult, n: number, m: number, tallies: RunTallies): void {
  const { outcomes, payments, gaps } = result;
  for (let row = 0; row < payments.length; row++) {
    const witness = () => witnessOf(types, result, row, n, m), payment = payments[row];
    let outside = Number.isFinite(payment) ? 0 : Infinity, given = 0, worth = 0;
    for (let k = row * m; k < (row + 1) * m; k++) {
      const x = outcomes[k];
      outside = Math.max(outside, Number.isFinite(x) ? Math.max(-x, x - 1) : Infinity);
      given += Math.abs(x);
      worth += types[k];
    }
    tallies.feasibility.see(outside, witness);
    tallies.individualRationality.see(-utilityAt(types, result, row, m), witness);
    if (given <= NOTHING) tallies.noBuyNoPay.see(Math.abs(payment), witness);
    else if (worth === 0) tallies.noBuyNoPay.see(payment, witness);
    tallies.bestResponseGap?.see(gaps[row], witness);
  }
}

/** Sees what is handed out of each good beyond the one that exists. The witness is the first participant of the profile. */
function observeSupply(types: Float32Array, result: MechanismResult, n: number, m: number, tally: Tally): void {
  for (let b = 0; b < result.profiles; b++) {
    tally.see(oversold(result.outcomes, b, n, m), () => witnessOf(types, result, b * n, n, m));
  }
}

function checkShape(result: MechanismResult, profiles: number, n: number, m: number): void {
  const rows = profiles * n;
  const lengths = { outcomes: rows * m, payments: rows, utilities: rows, gaps: rows };
  for (const [name, length] of Object.entries(lengths)) {
    const found = result[name as keyof typeof lengths]?.length;
    if (found !== length) {
      throw new InvalidInputError(
        `Cannot audit: the mechanism's ${name} for ${profiles} profiles must be ${length} numbers, got ${found}`,
      );
    }
  }
}
