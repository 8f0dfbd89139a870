/**
 * The settings of a training run, and the rule for their defaults.
 *
 * @module
 */
import { InvalidInputError, requireInteger, requireNumber, requirePositive, show } from "../errors.ts";
import type { PriceKernels } from "../kernels/kernels.ts";
import { requireKnownNames } from "../known_names.ts";
import { NETWORK_KINDS, type NetworkKind, networkKind, networkOfKind } from "../networks/kinds.ts";
import { type ContextKind, contextKinds, hasContext } from "../networks/context.ts";
import { type NetworkSize, requireContext } from "../networks/pricing_rule.ts";
import { hasAtoms } from "../problems/atoms.ts";
import { isReproducibleGoods } from "../problems/principal_utility.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { requireUnlimitedSupply } from "../problems/supply.ts";
import { problemOf } from "../problems/problem_of.ts";
import { randomKey } from "../random/key.ts";
import { boundaries } from "../sampling/boundary.ts";
import type { MoveOptions } from "../sampling/move_chains.ts";
import { stepRules } from "../sampling/step_sizes.ts";
import type { AdamOptions } from "./adam.ts";
import { type Estimator, estimators } from "./estimator.ts";
import { hasFewGoods } from "./few_goods.ts";
import { initialPriceNames, type InitialPrices, refusesFees } from "./initial_price_names.ts";
import { movesTogether } from "./moved_types.ts";
import { newChainNames, type NewChains } from "./new_chain_names.ts";
import { followsChanges, ownTypes } from "./outcome_changes.ts";
import type { ScheduleOptions } from "./schedules.ts";

/** Everything that decides the outcome of a training run, besides the problem and the backend. */
export interface TrainingOptions extends ScheduleOptions, AdamOptions, Omit<MoveOptions, "beta"> {
  /** The size of the network behind the pricing rules. */
  readonly network: NetworkSize;
  /** M, type profiles trained on at a time. */
  readonly profiles: number;
  /** C, chains for each profile and participant; at least 2. */
  readonly chains: number;
  /** How the covariance is estimated. */
  readonly estimator: Estimator;
  /** Share of the profiles replaced by new ones in each iteration; 0 keeps the paper's fixed set. */
  readonly refresh: number;
  /** Iterations for which a new profile's chains are only carried along, before the profile is trained on. */
  readonly warmUp: number;
  /** Where the chains of a new profile begin. */
  readonly newChains: NewChains;
  /**
   * How many initial points the C chains of a new profile's participant have: best responses to perturbed types. With fewer
   * than C of them chains share some.
   */
  readonly initialPoints: number;
  /** Scale of the logistic noise that perturbs the types of initial points, in units of 1 / beta. */
  readonly initialPointNoise: number;
  /** beta does not grow while the suboptimality is above this many m / beta. */
  readonly largestSuboptimality: number;
  /**
   * Where there is no context, keep prices from falling as the outcome grows. Nothing is lost by it: whoever has types of at least
   * 0 takes the larger outcome, so that every mechanism has such prices, too. But soft choices reward prices that fall
   * towards what everybody takes, and then no smaller bundle is ever tried.
   */
  readonly nondecreasing: boolean;
  /**
   * Keep prices the same function of all goods, by weights that they share: see networks/tied_weights.ts. For goods
   * that are exchangeable, in types and in the principal's utility.
   */
  readonly tiedWeights: boolean;
  /**
   * What training begins with: `cheap` goods, at prices that hardly depend on the others' types, or the prices and
   * participation `fees` of participation_fees.ts. What begins with cheap goods is polished from fees where these earn
   * more by then (second_start.ts).
   */
  readonly initialPrices: InitialPrices;
  /** Share of the iterations, the last ones, that polish: their gradient comes from best responses (polishing.ts). */
  readonly polishShare: number;
  /** Type profiles of an iteration that polishes. */
  readonly polishProfiles: number;
  /** The learning rate at which polishing begins; it falls as that of training does. */
  readonly polishLearningRate: number;
  /** By how much types are spread when polishing begins, as a share of what goods are worth at the margin. */
  readonly initialSpread: number;
  /** The same at the end, at most as much. */
  readonly finalSpread: number;
  /** Decay of the moving average of parameters that becomes the mechanism. */
  readonly averaging: number;
  /** After every so many iterations, and the last, the mechanism so far is measured on validation profiles; 0: never. */
  readonly validateEvery: number;
  /**
   * Training stops once so many measurements in a row brought no more than the best before, and gives the mechanism of the
   * best. Those in the first half of the iterations do not count. 0: measurements change nothing.
   */
  readonly patience: number;
  /** The seed of all random numbers. */
  readonly seed: number;
}

/** What every network says of its size. */
const NETWORK_SIZES = ["layers", "groups", "groupSize", "hidden"] as const;

/** beta at the end where types have atoms. */
const ATOMS_BETA = 20_000;

/** beta does not grow while the suboptimality of chains is above this many m / beta, unless options say otherwise. */
export const LARGEST_SUBOPTIMALITY = 1.3;

/** Default widths of the hidden layers that read a context. */
export function defaultHidden(context: ContextKind): readonly number[] {
  return context === "set" ? [32] : context === "none" ? [] : [64];
}

/**
 * Whether the best prices for a participant are the same whatever the others' types are, and for all participants: the one
 * participant of a problem, or several who are exchangeable and independent where u0 is a sum over them, as it is for
 * reproducible goods that cost nothing to produce.
 */
export function participantsApart({ participants, distribution, principalUtility: u0 }: MechanismProblem): boolean {
  if (participants === 1) return true;
  return distribution.exchangeable && !!distribution.independent && isReproducibleGoods(u0) && u0.productionCost === 0;
}

/** Whether goods are exchangeable, in types and in the principal's utility. */
function exchangesGoods({ distribution, principalUtility }: MechanismProblem): boolean {
  return (distribution.exchangeableGoods ?? false) && isReproducibleGoods(principalUtility);
}

/** Whether they are, and enough of them for shared weights to be of use. */
function sharesGoods(problem: MechanismProblem): boolean {
  return !hasFewGoods(problem) && exchangesGoods(problem);
}

/**
 * How a network of some kind reads the others' types: not at all where {@linkcode participantsApart}; as a set where
 * goods are exchangeable, or there is one, if the kind takes such a one; else as one vector.
 */
export function defaultContext(problem: MechanismProblem, kind: NetworkKind): ContextKind {
  const { participants: n, goods, distribution: { exchangeableGoods } } = problem;
  if (n > 1 && participantsApart(problem)) return "none";
  return n > 1 && (exchangeableGoods || goods === 1) && networkKind(kind).setContext ? "set" : "dense";
}

/**
 * The kind of network for a problem: symmetric where the others' types are not read, more than 2 goods are exchangeable and
 * types have a density, else a Partial GroupMax Network. After 500 iterations U_{1,4}^{0,0} earns 1.2186 with it, and
 * 1.1676 without. With atoms hardly anybody takes the largest bundles, whose prices are then learned more slowly than those
 * of goods: on B_{1,10}^{0,0} it earned 4.861 instead of 4.956.
 *
 * @param context How the others' types are read, {@linkcode defaultContext} unless given.
 */
export function defaultKind(problem: MechanismProblem, context?: ContextKind): NetworkKind {
  const { goods } = problem;
  const reads = context === undefined ? !participantsApart(problem) : hasContext(problem, context);
  return !reads && goods > 2 && exchangesGoods(problem) && !hasAtoms(problem) ? "symmetric" : "groupmax";
}

/**
 * The default size of a network of some kind for a problem: 8 groups of 4, and with more than 4 goods 32 groups. Goods that
 * share weights need more of them: groups of 8, and of 16 where the others' types are not read, where the prices of bundles
 * by size are all that there is to learn. Fitted to those of the straight-jacket auction for 10 goods, between bundles, too,
 * networks with groups of 4, 10 and 20 are off by 0.085, 0.061 and 0.047. A symmetric network is exact with the least of
 * sizes.
 */
export function defaultNetwork(
  problem: MechanismProblem,
  kind: NetworkKind = defaultKind(problem),
  context: ContextKind = defaultContext(problem, kind),
): NetworkSize {
  const reads = hasContext(problem, context);
  return {
    // The default of each stays out of configurations and files.
    ...(kind === NETWORK_KINDS[0] ? {} : { kind }),
    layers: 2,
    groups: hasFewGoods(problem) || kind === "symmetric" ? 8 : 32,
    groupSize: !sharesGoods(problem) || kind === "symmetric" ? 4 : reads ? 8 : 16,
    hidden: defaultHidden(context),
    ...(context === contextKinds[0] ? {} : { context }),
  };
}

/**
 * Whether training begins with the prices of participation_fees.ts: where more than 4 goods cost something to produce, or
 * one does, or types are moved together, and a set context says what the others' types are, so that prices which read them
 * are what matters most. Cheap goods lose at a low beta where they cost much to produce, and once nobody buys nothing brings
 * them back: with them U_{5,1}^{2,0} and B_{5,1}^{2,0} earned nothing, and with fees 97% and 99.6% of the optimum (300,000
 * validation profiles). With 2 goods and densities it is the other way round where costs are not as high: U_{3,2}^{1,0}
 * earned 0.2728 with fees and 0.2812 without. So fees are a second start there (second_start.ts).
 */
function beginsWithFees(problem: MechanismProblem, kind: NetworkKind, context: ContextKind): boolean {
  if (kind !== "groupmax" || context !== "set" || refusesFees(problem) !== undefined) return false;
  return !hasFewGoods(problem) || problem.goods === 1 || movesTogether(problem);
}

/**
 * The default settings for a problem, one rule of n, m, the distribution and the network's kind: with a context, weights
 * differ from profile to profile, and there are more iterations of fewer profiles, but with up to 4 goods, where these cost
 * little, of more, with more steps: on validation profiles U_{3,2}^{1,0} earns 0.2767 instead of 0.2706 with 20 steps instead
 * of 10 (1500 iterations of 512 profiles). A symmetric network, which is small, gets more profiles, too. Participants who
 * share one pricing rule count as so many profiles of one. More than 4 goods share weights if they are exchangeable.
 *
 * With a density of types the best prices for soft choices are of the order of 1 / beta from the best ones. With atoms they
 * are further away: to sell a good to participants of value 1, the price 1 - d that maximises
 * (1 - d) (1 - 1 / (beta d)) has d = 1 / sqrt(beta). So beta ends higher there, and as nobody is almost indifferent
 * by chance, the learning rate need not fall with it. Otherwise it falls from beta = 600 / m on: a step moves the price of a
 * bundle m times as far as that of a good.
 *
 * Training on a table of few rows of single participants keeps the mechanism that is best on its validation rows, and stops
 * where these bring no more: see docs/choosing_a_budget.md for what that is worth.
 *
 * A symmetric network begins with a high beta. With a low one everybody takes some of every good, the first units become
 * dear, and single goods cost more than 1 once choices are sharp: then nobody takes them, and nothing brings their price
 * down. U_{1,10}^{0,0} earns 3.424 from beta = 20 on, and 3.455 from 100 on (1000 iterations, 256 profiles).
 *
 * A symmetric network's chains cost little. So each has an initial point of its own, with noise of scale 1 / beta, and takes
 * more steps and line moves: the gradient is then close to the exact one where that is known, see ARCHITECTURE.md. In its
 * time a chain hardly changes bundles, so that the covariance is that of initial points. Of chains that share 4 of them it is
 * a fifth too small, which more noise made up for in some problems and not in others.
 *
 * What begins with participation fees would lose them again to a low beta and long steps, and gains nothing from a high beta,
 * at which chains do not keep up.
 *
 * @param problem A problem, or the name of a setting.
 * @param kind The network's kind, {@linkcode defaultKind} unless given.
 * @param context How the network reads the others' types, {@linkcode defaultContext} unless given.
 */
export function defaultTraining(
  problem: MechanismProblem | string,
  kind: NetworkKind = defaultKind(problemOf(problem)),
  context: ContextKind = defaultContext(problemOf(problem), kind),
): TrainingOptions {
  const task = problemOf(problem),
    { participants: n, goods: m } = task,
    atoms = hasAtoms(task),
    reads = hasContext(task, context),
    few = hasFewGoods(task),
    symmetric = kind === "symmetric",
    fees = beginsWithFees(task, kind, context);
  return {
    network: defaultNetwork(task, kind, context),
    iterations: reads ? 800 : 500,
    profiles: reads ? (few ? 512 : 128) : Math.ceil((symmetric ? 512 : 256) / n),
    chains: 16,
    steps: symmetric || (reads && few) ? 20 : 10,
    boundary: "reflect",
    stepRule: "adapted",
    estimator: "coordinate",
    refresh: 0.2,
    lineMoveEvery: symmetric ? 2 : 10,
    warmUp: 4,
    newChains: newChainNames[0],
    initialPoints: symmetric ? 16 : 4,
    initialPointNoise: symmetric ? 1 : 1.5,
    initialBeta: symmetric ? 200 : fees ? 100 : 20,
    finalBeta: atoms ? ATOMS_BETA : fees ? 300 : 600,
    betaGrowthRatio: 0.8,
    stepScale: 0.3,
    largestStep: 0.2,
    largestSuboptimality: LARGEST_SUBOPTIMALITY,
    learningRate: fees ? 1e-3 : 3e-3,
    finalLearningRateRatio: 0.05,
    learningRateBeta: atoms ? ATOMS_BETA : 600 / m,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-6,
    clipNorm: 1,
    // With atoms everybody takes exactly what is worth something, and the bounds only slow training down.
    nondecreasing: !reads && !atoms,
    tiedWeights: sharesGoods(task),
    initialPrices: fees ? "fees" : "cheap",
    ...polishing(task, kind, context),
    averaging: 0.99,
    ...hasFewRows(task) ? { validateEvery: VALIDATE_EVERY, patience: PATIENCE } : { validateEvery: 0, patience: 0 },
    seed: 0,
  };
}

/** The settings of polishing where there is none, with what it would be if it had a share of the iterations. */
export function noPolishing(
  problem: MechanismProblem,
  kind: NetworkKind = defaultKind(problem),
  context: ContextKind = defaultContext(problem, kind),
): PolishingOptions {
  return { ...polishing(problem, kind, context), polishShare: 0 };
}

/** The settings of polishing. */
type PolishingOptions = Pick<
  TrainingOptions,
  "polishShare" | "polishProfiles" | "polishLearningRate" | "initialSpread" | "finalSpread"
>;

/**
 * The default settings of polishing, chosen on validation profiles.
 *
 * Half of the iterations polish with up to 4 goods, where best responses are not dear: two goods with exponential values earn
 * 99.9% of the optimum then, and 99.8% with a quarter; U_{3,2}^{1,0} earns 0.2792 after 800 iterations, and 0.2778 with a
 * quarter. Where goods cost something to produce, outcomes of participants depend on each other at the very types at which
 * one of them is indifferent: types must be spread less, which takes more profiles. U_{3,1}^{1,0} earns 98.4% of the optimum
 * with a spread down to 0.02, and 99.3% with one down to 0.005.
 * With atoms prices end below what people are willing to pay by the spread: B_{1,10}^{0,0} earns 4.885 with one down to 0.02,
 * and 4.980 with 0.002. Softened choices of any beta ask for less than people with atoms pay, and lose what participation fees
 * begin with: B_{3,10}^{1,0} earns 6.19 after 500 iterations that all polish, 6.07 if half of them have chains at
 * beta = 20,000, and 6.13 after 2000 with a quarter that polish. One learning rate moves all weights of a dense context at
 * once, so that it must be lower; with a set context C_{3,10}^{0,0.5} earns 1.4223 after 500 iterations at 3e-3, and 1.4196 at
 * 1e-3 (1.3995 before them), and 1.4264 after 1000. Another seed earned 1.4176 where 1000 of 2000 iterations polish, and
 * 1.4295 with 1500, so that three quarters do there. Where types are moved (moved_types.ts) steps must be shorter than the
 * share by which they are: with a rate of 4e-3 and a spread of 0.03 prices of B_{3,1}^{1,0} were lost again. It earns 98.8%
 * of the optimum with a spread down to 0.002, and 99.5% with 0.0007.
 *
 * One good whose production several pay for begins with prices close to Myerson's, which soft choices only take away from:
 * all iterations polish. From fits after 1600 steps U_{5,1}^{2,0} earned 98.5% of the optimum with a rate of 2e-3, 97.7% with
 * 1e-3 and a spread down to 0.005, and 97.7% with 4e-3; it was 96.9% where half of the iterations had chains. With several
 * types for the same prices (outcome_changes.ts) it earns 98.9% with 8 of them and a spread down to 0.01, 99.0% with 16, and
 * 99.2% with a spread down to 0.005, and no more with a rate of 4e-3.
 */
function polishing(
  problem: MechanismProblem,
  kind: NetworkKind,
  context: ContextKind,
): PolishingOptions {
  const atoms = hasAtoms(problem), reads = hasContext(problem, context), few = hasFewGoods(problem);
  const fees = beginsWithFees(problem, kind, context);
  const share = few ? 0.5 : context === "set" && reads && !fees ? 0.75 : 0.25;
  const together = movesTogether(problem); // where prices that are too high for all do not come back
  const several = followsChanges(problem) && ownTypes(problem) > 1; // with less noise types can be spread less
  const slow = context === "dense" && reads || (fees && !few) || together;
  const rate = slow ? 1e-3 : !few ? 3e-3 : fees ? 2e-3 : reads ? 4e-3 : 1e-2;
  return {
    polishShare: !polishes(problem, kind) ? 0 : fees && (atoms || few) ? 1 : share,
    polishProfiles: reads ? (few ? 2048 : 256) : 8 * Math.ceil(256 / problem.participants),
    polishLearningRate: rate,
    initialSpread: together ? 0.1 : reads && few ? 0.03 : 0.05,
    finalSpread: together ? 0.0007 : atoms ? 0.002 : several ? 0.005 : reads && few ? 0.01 : 0.02,
  };
}

/**
 * Tables with fewer rows to learn from are not polished, as best responses learn them by heart: of 7 made-up tables of 60 rows
 * in all, mechanisms earned 2.3% less for it on average; on 6 of 200 and 600 rows from 0.7% less to 4.5% more.
 */
export const LEAST_ROWS_POLISHED = 100;

/** Whether a problem is a table that polishing would learn by heart. */
export function polishesByHeart({ distribution: { data } }: MechanismProblem): boolean {
  return data !== undefined && data.rows("training") < LEAST_ROWS_POLISHED;
}

/** Whether training polishes by default: where it can, best responses are fast, and there are more than a few rows. */
function polishes(problem: MechanismProblem, kind: NetworkKind): boolean {
  if (polishesByHeart(problem)) return false;
  return (kind === "groupmax" || kind === "symmetric") && refusesPolishing(problem, kind) === undefined;
}

/** The least spread of types: differences of utilities over smaller ones are rounding. */
export const LEAST_SPREAD = 1e-6;

/** The least size of a network. */
const LEAST_SIZE = { goods: 1, layers: 1, groups: 1, groupSize: 1 };

/** Whether training can polish, and what else must be so if not. */
export function refusesPolishing({ principalUtility }: MechanismProblem, kind: NetworkKind): string | undefined {
  if (!isReproducibleGoods(principalUtility)) return "0, but for a principal who sells reproducible goods";
  return networkOfKind(kind, LEAST_SIZE).convex ? undefined : `0 with network.kind ${kind}, which is not convex`;
}

/** Iterations between measurements where a patience is given and nothing else, and where there are few rows. */
const VALIDATE_EVERY = 25;
/** Measurements in a row, without more, after which training on few rows stops. */
const PATIENCE = 8;
/** Rows of tables that are measured, at most: what is learned may be about these rows, and it takes no time. */
const FEW_ROWS = 2000;

/** Whether a problem is a small table of single participants. */
function hasFewRows({ participants, distribution: { data } }: MechanismProblem): boolean {
  if (participants > 1 || !data) return false;
  return data.rows("training") + data.rows("validation") + data.rows("held-out") <= FEW_ROWS;
}

/** Settings with the one of `validateEvery` and `patience` that is not chosen, where it follows from the other. */
export function completeValidation<Chosen extends Partial<TrainingOptions>>(
  defaults: TrainingOptions,
  chosen: Chosen,
): Chosen {
  const { validateEvery, patience } = chosen;
  if (validateEvery === 0 && patience === undefined) return { ...chosen, patience: 0 };
  if (patience && validateEvery === undefined && defaults.validateEvery === 0) {
    return { ...chosen, validateEvery: VALIDATE_EVERY };
  }
  return chosen;
}

/** How many profiles each iteration replaces. */
export function freshProfiles({ refresh, profiles }: TrainingOptions): number {
  return Math.round(refresh * profiles);
}

/** Whether the device finds where the chains of new profiles begin, by annealing. */
export function annealsNewChains({ newChains }: TrainingOptions, kernels: Pick<PriceKernels, "resident">): boolean {
  return newChains === "annealed" || (newChains === "by-device" && kernels.resident !== undefined);
}

/** How many profiles have chains: those that are trained on, and those that warm up. */
export function carriedProfiles(options: TrainingOptions): number {
  return options.profiles + options.warmUp * freshProfiles(options);
}

/**
 * Fails unless `options` make sense.
 *
 * @param problem If given, they must make sense for this problem.
 * @throws {InvalidInputError} naming the option, the rule and the value.
 */
export function checkTraining(options: TrainingOptions, problem?: MechanismProblem): void {
  const what = "train";
  if (problem) requireUnlimitedSupply("train a menu mechanism", problem);
  for (const name of ["iterations", "profiles", "steps", "initialPoints", "polishProfiles"] as const) {
    requireInteger(what, name, options[name], 1);
  }
  requireInteger(what, "chains", options.chains, 2);
  for (const name of ["warmUp", "lineMoveEvery", "validateEvery", "patience"] as const) {
    requireInteger(what, name, options[name], 0);
  }
  if (options.patience > 0 && options.validateEvery === 0) {
    throw new InvalidInputError(
      `Cannot ${what}: validateEvery must be at least 1 where patience is above 0, got 0`,
    );
  }
  const { network } = options;
  if (typeof network !== "object" || network === null || Array.isArray(network)) {
    throw new InvalidInputError(`Cannot ${what}: network must be an object of sizes, got ${show(network)}`);
  }
  requireKnownNames(what, "a name in network", network, [...NETWORK_SIZES, "kind", "context"]);
  const missing = NETWORK_SIZES.find((name) => network[name] === undefined);
  if (missing) {
    throw new InvalidInputError(
      `Cannot ${what}: network must be one with ${missing}, got ${show(network)}; it replaces the whole default ` +
        `network: for another size of that, spread it, as in { ...defaultTraining(problem).network, groups: 16 }`,
    );
  }
  if (!Array.isArray(network.hidden)) {
    throw new InvalidInputError(`Cannot ${what}: network.hidden must be a list of widths, got ${show(network.hidden)}`);
  }
  for (const name of ["layers", "groups", "groupSize"] as const) {
    requireInteger(what, `network.${name}`, network[name], 1);
  }
  if (network.kind !== undefined) oneOf(what, "network.kind", network.kind, NETWORK_KINDS);
  network.hidden.forEach((width, k) => requireInteger(what, `network.hidden[${k}]`, width, 1));
  if (network.context !== undefined) oneOf(what, "network.context", network.context, contextKinds);
  if (network.context === "set" && network.hidden.length !== 1 && network.hidden.length !== 3) {
    throw new InvalidInputError(
      `Cannot ${what}: network.hidden must be one width, or three, for a set context, got ${show(network.hidden)}`,
    );
  }
  checkKind(what, network, problem);
  for (
    const name of [
      "refresh",
      "betaGrowthRatio",
      "finalLearningRateRatio",
      "averaging",
      "beta1",
      "beta2",
      "polishShare",
    ] as const
  ) {
    requireNumber(what, name, options[name], 0, 1);
  }
  for (const name of ["beta1", "beta2", "averaging"] as const) {
    if (options[name] === 1) throw new InvalidInputError(`Cannot ${what}: ${name} must be below 1, got 1`);
  }
  for (
    const name of [
      "initialBeta",
      "finalBeta",
      "stepScale",
      "largestStep",
      "largestSuboptimality",
      "initialPointNoise",
      "learningRate",
      "learningRateBeta",
      "epsilon",
      "clipNorm",
      "polishLearningRate",
    ] as const
  ) {
    requirePositive(what, name, options[name]);
  }
  for (const name of ["initialSpread", "finalSpread"] as const) {
    requireNumber(what, name, options[name], LEAST_SPREAD, 1);
    if (options[name] === 1) throw new InvalidInputError(`Cannot ${what}: ${name} must be below 1, got 1`);
  }
  const { initialSpread, finalSpread } = options;
  if (finalSpread > initialSpread) {
    throw new InvalidInputError(
      `Cannot ${what}: finalSpread must be at most initialSpread, ${initialSpread}, got ${finalSpread}`,
    );
  }
  for (const name of ["nondecreasing", "tiedWeights"] as const) {
    if (typeof options[name] !== "boolean") {
      throw new InvalidInputError(`Cannot ${what}: ${name} must be true or false, got ${show(options[name])}`);
    }
  }
  oneOf(what, "boundary", options.boundary, boundaries);
  oneOf(what, "stepRule", options.stepRule, stepRules);
  oneOf(what, "estimator", options.estimator, estimators);
  oneOf(what, "newChains", options.newChains, newChainNames);
  oneOf(what, "initialPrices", options.initialPrices, initialPriceNames);
  const refused = problem && options.initialPrices === "fees" ? refusesFees(problem) : undefined;
  if (refused) throw new InvalidInputError(`Cannot ${what}: initialPrices must be ${refused}, got "fees"`);
  const unpolished = problem && options.polishShare > 0
    ? refusesPolishing(problem, network.kind ?? NETWORK_KINDS[0])
    : undefined;
  if (unpolished) {
    throw new InvalidInputError(`Cannot ${what}: polishShare must be ${unpolished}, got ${options.polishShare}`);
  }
  randomKey(options.seed);
}

/** Fails unless the network's kind goes with its context and, if it is given, both go with the problem. */
function checkKind(action: string, network: NetworkSize, problem?: MechanismProblem): void {
  const { kind = NETWORK_KINDS[0], context } = network, { setContext } = networkKind(kind);
  const refuse = (thing: string, rule: string, value: unknown): never => {
    throw new InvalidInputError(`Cannot ${action}: ${thing} must ${rule}, got ${show(value)}`);
  };
  if (context === "set" && !setContext) refuse("network.context", `be dense where network.kind is ${kind}`, context);
  if (!problem) return;
  const { participants, distribution: { exchangeable } } = problem;
  requireContext(action, network, { participants, exchangeable });
}

function oneOf(action: string, thing: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) {
    throw new InvalidInputError(`Cannot ${action}: ${thing} must be one of ${choices.join(", ")}, got ${show(value)}`);
  }
}
