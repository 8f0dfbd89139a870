/**
 * When training first earns more than the paper prints, on validation profiles.
 *
 * @module
 */
import { evaluate } from "../mechanisms/evaluate.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import type { PrintedValue } from "../problems/table_one.ts";

/** The first validation on which a mechanism under training earned more than the paper prints. */
export interface PaperPassed {
  /** Which of the cell's trainings, from 0. */
  readonly start: number;
  /** How many iterations of it were done. */
  readonly iteration: number;
  /** Seconds since the cell began, all starts together. */
  readonly seconds: number;
  /** What it earned, a mean over validation profiles. */
  readonly revenue: number;
  /** Its standard error. */
  readonly standardError: number;
}

/** Looks at mechanisms under training until one earns more than the paper prints. */
export interface PaperWatch {
  /** The first look on which one did; undefined while none has. */
  readonly passed: PaperPassed | undefined;
  /** {@linkcode PaperWatch.passed} as text for a checkpoint. */
  metadata(): Readonly<Record<string, string>>;
  /** Goes on from what a checkpoint says. */
  resume(metadata: Readonly<Record<string, string>> | undefined): void;
  /**
   * Looks at a mechanism, if there is anything to learn and time for it.
   *
   * @param last Whether the training ends here: then there always is time.
   */
  look(mechanism: () => Promise<Mechanism>, start: number, iteration: number, last: boolean): Promise<void>;
}

/** Validation profiles of a look. */
const PROFILES = 2000;
/** The largest share of a cell's seconds that looks take, but for the first look and the last: less than 3% in all. */
const SHARE = 0.02;
/** The entry of a checkpoint's metadata. */
const ENTRY = "paperPassed";

/**
 * A watch over the trainings of a cell.
 *
 * @param printed What the paper prints; without a number there is nothing to pass, and nobody looks.
 * @param seed The seed of the validation profiles, which are the same in each look.
 * @param elapsed Seconds since the cell began.
 */
export function watchPaper(
  problem: MechanismProblem,
  printed: PrintedValue,
  seed: number,
  elapsed: () => number,
): PaperWatch {
  let passed: PaperPassed | undefined, spent = 0, latest = 0;
  return {
    get passed() {
      return passed;
    },
    metadata: (): Record<string, string> => passed ? { [ENTRY]: JSON.stringify(passed) } : {},
    resume(metadata) {
      if (metadata?.[ENTRY]) passed = JSON.parse(metadata[ENTRY]) as PaperPassed;
    },
    async look(mechanism, start, iteration, last) {
      const seconds = elapsed();
      if (passed || typeof printed !== "number") return;
      if (!last && spent > 0 && spent + latest > SHARE * seconds) return;
      const options = { profiles: PROFILES, seed, part: "validation" } as const;
      const { revenue, standardError } = await evaluate(problem, await mechanism(), options);
      latest = elapsed() - seconds, spent += latest;
      if (revenue > printed) passed = { start, iteration, seconds, revenue, standardError };
    },
  };
}
