/**
 * Results of mechanisms that are no ordinary numbers, by name: where products overflow, or differences of infinities are
 * taken, nothing that is said of utilities holds; where they underflow, the relative precision of an amount is lost.
 *
 * @module
 */
import { count } from "../display.ts";
import type { MechanismResult } from "./mechanism.ts";

/** The least number that is not subnormal. */
const LEAST_NORMAL = 2 ** -1022;

/** Counts outcomes and payments that are unusual. */
export interface UnusualResults {
  /** Looks at a result. */
  see(result: Pick<MechanismResult, "outcomes" | "payments">): void;
  /** What was seen, in words; undefined where all are ordinary numbers. */
  inWords(): string | undefined;
  /** Whether some were infinite or no numbers. */
  readonly notFinite: boolean;
}

/** Starts to count. */
export function unusualResults(): UnusualResults {
  const names = ["outcome", "payment"] as const, counts = names.map(() => ({ nan: 0, infinite: 0, subnormal: 0 }));
  return {
    see({ outcomes, payments }) {
      [outcomes, payments].forEach((values, kind) => {
        for (let k = 0; k < values.length; k++) {
          const size = Math.abs(values[k]);
          if (size >= LEAST_NORMAL && size < Infinity || size === 0) continue;
          const found = counts[kind];
          if (size > 0) size === Infinity ? found.infinite++ : found.subnormal++;
          else found.nan++;
        }
      });
    },
    get notFinite() {
      return counts.some(({ nan, infinite }) => nan + infinite > 0);
    },
    inWords() {
      const parts = names.flatMap((name, kind) => {
        const { nan, infinite, subnormal } = counts[kind];
        return [
          ...infinite > 0 ? [`${count(infinite, `infinite ${name}`)} (overflow)`] : [],
          ...nan > 0 ? [`${count(nan, name)} that ${nan === 1 ? "is" : "are"} NaN (overflow or 0 / 0)`] : [],
          ...subnormal > 0 ? [`${count(subnormal, `subnormal ${name}`)} (underflow)`] : [],
        ];
      });
      return parts.length > 0 ? parts.join(", ") : undefined;
    },
  };
}
