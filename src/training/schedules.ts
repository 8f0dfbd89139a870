/**
 * How beta and the learning rate change while training, line 15 of Algorithm 1.
 *
 * @module
 */

/** What the schedule of beta depends on. */
export interface BetaSchedule {
  /** T, the number of iterations. */
  readonly iterations: number;
  /** beta at the start. */
  readonly initialBeta: number;
  /** beta at the end. */
  readonly finalBeta: number;
  /** Share of the iterations over which beta grows. */
  readonly betaGrowthRatio: number;
}

/** What a cosine of the learning rate depends on. */
export interface CosineSchedule {
  /** T, the number of iterations. */
  readonly iterations: number;
  /** The learning rate at the start. */
  readonly learningRate: number;
  /** The learning rate at the end, as a share of the one at the start. */
  readonly finalLearningRateRatio: number;
}

/** What TEDI's schedules depend on. */
export interface ScheduleOptions extends BetaSchedule, CosineSchedule {
  /** While beta is above this, the learning rate is lower by the square root of their ratio. */
  readonly learningRateBeta: number;
}

/** beta after `growth` iterations in which it grew: geometric from the initial to the final value. */
export function betaAt(growth: number, options: BetaSchedule): number {
  const { initialBeta, finalBeta, iterations, betaGrowthRatio } = options;
  const share = Math.min(1, growth / Math.max(1, betaGrowthRatio * iterations));
  return initialBeta * (finalBeta / initialBeta) ** share;
}

/** Half a cosine in iteration `iteration` (from 0), from the learning rate down to its final share. */
export function cosineRateAt(iteration: number, options: CosineSchedule): number {
  const { learningRate, finalLearningRateRatio, iterations } = options;
  const cosine = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, iteration / iterations)));
  return learningRate * (finalLearningRateRatio + (1 - finalLearningRateRatio) * cosine);
}

/**
 * The learning rate of iteration `iteration` (from 0): half a cosine down to its final share, and lower once beta is high.
 *
 * Steps on the parameters make prices tremble. Chains that prices pass over are spread between two outcomes for a while,
 * as if those participants were indifferent, and the covariance takes too much from them: prices fall. Participants
 * are indifferent within 1 / beta, so the steps must become shorter with it.
 */
export function learningRateAt(iteration: number, beta: number, options: ScheduleOptions): number {
  return Math.min(1, Math.sqrt(options.learningRateBeta / beta)) * cosineRateAt(iteration, options);
}
