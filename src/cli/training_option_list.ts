/**
 * The options of training as the command line has them, one for each field of `TrainingOptions`, in groups for help texts.
 *
 * @module
 */
import { FORMER_OPTIONS } from "../former_names.ts";
import { contextKinds } from "../networks/context.ts";
import { NETWORK_KINDS, networkKind } from "../networks/kinds.ts";
import { boundaries } from "../sampling/boundary.ts";
import { initialPriceNames } from "../training/initial_price_names.ts";
import { newChainNames } from "../training/new_chain_names.ts";
import { stepRules } from "../sampling/step_sizes.ts";
import { estimators } from "../training/estimator.ts";
import { PRESETS } from "../training/printed.ts";
import type { Option } from "./command.ts";

/** The option that all others overrule. */
export const presetOptions = [
  {
    name: "preset",
    kind: "choice",
    choices: PRESETS,
    default: PRESETS[0],
    help:
      "What options that are not given are: default, by the rules of this package; as-printed, Algorithm 1 of the " +
      "paper and nothing else, with numbers of ours where the paper has none",
  },
] as const satisfies readonly Option[];

/** The options that size the work. */
export const workOptions = [
  { name: "iterations", kind: "integer", placeholder: "N", help: "Iterations of Algorithm 1, at least 1" },
  {
    name: "profiles",
    kind: "integer",
    placeholder: "N",
    help: "Type profiles that each iteration trains on, at least 1",
  },
  {
    name: "chains",
    kind: "integer",
    placeholder: "C",
    help: "Langevin chains for each participant of each profile, at least 2",
  },
  {
    name: "steps",
    kind: "integer",
    placeholder: "S",
    help: "Langevin steps that each chain takes in an iteration, at least 1",
  },
  {
    name: "seed",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "Seed of all random numbers, from 0: the same seed and options give the same mechanism",
  },
] as const satisfies readonly Option[];

/** The options that size the network. */
export const networkOptions = [
  {
    name: "network",
    kind: "choice",
    choices: NETWORK_KINDS,
    help: `The network f that prices are made of, all about as large: ${
      NETWORK_KINDS.map((kind) => `${kind}, ${networkKind(kind).summary}`).join("; ")
    }`,
  },
  { name: "layers", kind: "integer", placeholder: "K", help: "Layers of f, at least 1" },
  { name: "groups", kind: "integer", placeholder: "G", help: "Groups in each layer, at least 1" },
  {
    name: "group-size",
    kind: "integer",
    placeholder: "E",
    help: "Affine functions in each group, of which it takes the maximum; at least 1",
  },
  {
    name: "hidden",
    kind: "integers",
    placeholder: "64,64",
    help:
      "Widths of the hidden layers that turn the others' types into weights of f, or none; unused without a context",
  },
  {
    name: "context",
    kind: "choice",
    choices: contextKinds,
    formerChoices: { symmetric: "set" },
    help:
      "How these layers read the others' types: dense as one vector, set as a set without an order, none not at all, so " +
      "that all participants have the same prices; unused for one participant",
  },
] as const satisfies readonly Option[];

/** The options that change how training goes. */
export const methodOptions = [
  {
    name: "estimator",
    kind: "choice",
    choices: estimators,
    help:
      "How the covariance in the gradient is estimated: paired takes all of the principal's utility, as in equation " +
      "(12); coordinate takes what the participant's outcome adds to it, which has the same mean and less variance",
  },
  {
    name: "refresh",
    kind: "number",
    placeholder: "SHARE",
    help:
      "Replace this share of the type profiles by new ones in each iteration, from 0 to 1; 0 trains on a fixed set, " +
      "as in the paper",
  },
  {
    name: "warm-up",
    kind: "integer",
    placeholder: "N",
    help: "Move the chains of a new type profile for N iterations before it is trained on, from 0",
  },
  {
    name: "averaging",
    kind: "number",
    placeholder: "DECAY",
    help:
      "Decay of the moving average of parameters over the iterations, from 0 to below 1; the mechanism is made of " +
      "this average, and with 0 that is the last parameters",
  },
  {
    name: "tied-weights",
    kind: "boolean",
    help:
      "Keep prices the same function of all goods, by weights that these share: for goods that are exchangeable, with a " +
      "set context or one participant",
  },
  {
    name: "initial-prices",
    kind: "choice",
    choices: initialPriceNames,
    help:
      "What training begins with: goods that are cheap, or prices and participation fees that read the others' types, the " +
      "best of a simple kind, for goods that cost something to produce; what begins cheap goes on with fees before prices are " +
      "polished, where these earn more by then on validation profiles",
  },
  {
    name: "nondecreasing",
    kind: "boolean",
    help: "Keep prices from falling as the outcome grows; without effect with several participants",
  },
] as const satisfies readonly Option[];

/** The options of validation. */
export const validationOptions = [
  {
    name: "validate-every",
    kind: "integer",
    placeholder: "N",
    help:
      "Measure the mechanism so far on validation profiles after every N iterations, and record it with the metrics; 0: " +
      "never. Tables of up to 2000 rows for one participant are measured every 25 iterations",
  },
  {
    name: "patience",
    kind: "integer",
    placeholder: "K",
    help:
      "Stop when K measurements in a row brought no more than the best before, and keep the mechanism of the best; " +
      "those in the first half of the iterations do not count. 0: measurements change nothing. 8 for tables of up to " +
      "2000 rows for one participant",
  },
] as const satisfies readonly Option[];

/** The options of chains. */
export const chainOptions = [
  {
    name: "boundary",
    formerly: FORMER_OPTIONS.boundary,
    kind: "choice",
    choices: boundaries,
    help:
      "What happens to a chain that steps out of [0, 1]: reflect mirrors it back at the boundary, project puts it " +
      "on the boundary",
  },
  {
    name: "step-rule",
    kind: "choice",
    choices: stepRules,
    help:
      "How the size eta of a Langevin step is set: adapted takes a shorter one where utility is steeper, for each " +
      "coordinate; constant takes --step-scale / beta for all",
  },
  {
    name: "step-scale",
    kind: "number",
    placeholder: "X",
    help:
      "Multiply the size of Langevin steps by X, above 0: with larger ones chains mix faster, in about 1 / X steps, " +
      "and follow the density less exactly",
  },
  {
    name: "largest-step",
    kind: "number",
    placeholder: "X",
    help: "The largest step size of the constant rule, above 0",
  },
  {
    name: "line-move-every",
    kind: "integer",
    placeholder: "N",
    help:
      "Move each chain along a line after every N Langevin steps, in the direction between two other chains, so that " +
      "they mix faster; 0: never, as in the paper",
  },
  {
    name: "new-chains",
    kind: "choice",
    choices: newChainNames,
    help:
      "Where the chains of a new type profile begin: at certified best responses to perturbed types, at points that the " +
      "device finds by annealing, or by the device: annealed on a GPU, which then need not wait, else best responses",
  },
  {
    name: "initial-points",
    kind: "integer",
    placeholder: "N",
    help:
      "Best responses to perturbed types at which the chains of a new type profile begin, at least 1; chains share them if " +
      "these are fewer",
  },
  {
    name: "initial-point-noise",
    kind: "number",
    placeholder: "X",
    help: "Scale of the noise that perturbs these types, in units of 1 / beta, above 0",
  },
] as const satisfies readonly Option[];

/** The options of what changes over the iterations, line 15 of Algorithm 1. */
export const scheduleOptions = [
  {
    name: "initial-beta",
    kind: "number",
    placeholder: "X",
    help:
      "Initial inverse temperature, above 0: in training participants choose outcomes with density exp(beta u), the more " +
      "sharply the higher beta is",
  },
  {
    name: "final-beta",
    kind: "number",
    placeholder: "X",
    help: "Final beta, above 0; in between it grows geometrically",
  },
  {
    name: "beta-growth-ratio",
    kind: "number",
    placeholder: "SHARE",
    help: "Share of the iterations over which beta grows, from 0 to 1",
  },
  {
    name: "largest-suboptimality",
    kind: "number",
    placeholder: "X",
    help: "Let beta wait while chains are further from best responses than X times m / beta, on average; above 0",
  },
  {
    name: "learning-rate",
    kind: "number",
    placeholder: "X",
    help: "Initial learning rate of Adam, above 0; it falls along half a cosine",
  },
  {
    name: "final-learning-rate-ratio",
    kind: "number",
    placeholder: "SHARE",
    help: "The learning rate at the end as a share of that at the start, from 0 to 1",
  },
  {
    name: "learning-rate-beta",
    kind: "number",
    placeholder: "X",
    help: "Lower the learning rate further while beta is above X: it is multiplied by sqrt(X / beta); above 0",
  },
] as const satisfies readonly Option[];

/** The options of polishing. */
export const polishingOptions = [
  {
    name: "polish-share",
    kind: "number",
    placeholder: "SHARE",
    help:
      "Share of the iterations, the last ones, whose gradient comes from best responses instead of chains, from 0 to 1; 0: " +
      "never, as in the paper",
  },
  {
    name: "polish-profiles",
    kind: "integer",
    placeholder: "N",
    help: "Type profiles of each of these iterations, at least 1",
  },
  {
    name: "polish-learning-rate",
    kind: "number",
    placeholder: "X",
    help: "Learning rate at which they begin, above 0",
  },
  {
    name: "initial-spread",
    kind: "number",
    placeholder: "X",
    help: "Spread types by this share when they begin, from 1e-6 to below 1: a good counts as sold if it nearly is",
  },
  {
    name: "final-spread",
    kind: "number",
    placeholder: "X",
    help: "The same at the end, from 1e-6 to --initial-spread",
  },
] as const satisfies readonly Option[];

/** The options of the optimiser. */
export const adamOptions = [
  {
    name: "beta1",
    kind: "number",
    placeholder: "DECAY",
    help: "Decay of Adam's first moment, from 0 to below 1",
  },
  {
    name: "beta2",
    kind: "number",
    placeholder: "DECAY",
    help: "Decay of Adam's second moment, from 0 to below 1",
  },
  {
    name: "epsilon",
    kind: "number",
    placeholder: "X",
    help: "Added to the root of Adam's second moment, above 0",
  },
  {
    name: "clip-norm",
    kind: "number",
    placeholder: "X",
    help: "Scale gradients down to this norm where they are larger, above 0",
  },
] as const satisfies readonly Option[];
