/**
 * Baselines in words: what they and their trainings show on a console, in the place of all their numbers.
 *
 * @module
 */
import { type Row, short, showing } from "../display.ts";
import type { Mechanism } from "../mechanisms/mechanism.ts";
import { type MechanismUnits, withUnits } from "../mechanisms/units.ts";
import type { HostParameters } from "../networks/pricing_rule.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import type { BaselineMetrics, BaselineResult } from "./baseline_training.ts";

/** A mechanism that was learned. */
interface Learned extends Mechanism {
  readonly method: string;
  readonly problem: string;
  readonly parameters: HostParameters;
  /** How many options there are, where they are finitely many. */
  readonly menuSize?: number;
}

/** An auction for a problem that shows itself in words: its name, its sizes, and what else it says. */
export function auctionInWords<Auction extends Mechanism>(
  name: string,
  { name: problem }: Pick<MechanismProblem, "name">,
  auction: Auction,
  more: readonly Row[] = [],
): Auction {
  const { participants, goods } = auction;
  const rows: Row[] = [["participants", String(participants)], ["goods", String(goods)], ...more];
  return showing(auction, () => ({ title: `${name} for ${problem}`, rows }));
}

/** A learned mechanism that shows itself in words. */
export function learnedInWords<Made extends Learned>(mechanism: Made): Made {
  const { method, problem: name, parameters, menuSize } = mechanism;
  const numbers = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
  return auctionInWords(method, { name }, mechanism, [
    ...menuSize === undefined ? [] : [["options", String(menuSize)] as const],
    ["parameters", String(numbers)],
  ]);
}

/** A learned mechanism whose parameters are for types in [0, 1], in the unit of its problem. */
export function learnedInUnits<Made extends Learned>(mechanism: Made, units: MechanismUnits | undefined): Made {
  return units === undefined ? mechanism : learnedInWords(withUnits(mechanism, units));
}

/** What a training made, showing itself in words. */
export function trainingInWords<
  Made extends Learned,
  Options extends { readonly iterations: number; readonly seed: number },
  Metrics extends BaselineMetrics,
>(result: BaselineResult<Made, Options, Metrics>): BaselineResult<Made, Options, Metrics> {
  const { mechanism: { method, problem }, iterations, options, metrics } = result;
  const measured: Row[] = metrics
    ? [
      ["soft revenue", metrics.softRevenue.toFixed(4), "may differ from what the mechanism earns: evaluate() tells"],
      ["gradient norm", short(metrics.gradientNorm), "before clipping"],
    ]
    : [];
  return showing(result, () => ({
    title: `Training of ${method} for ${problem}`,
    rows: [["iterations", String(iterations), `of ${options.iterations}, seed ${options.seed}`], ...measured],
  }));
}
