/**
 * Boosts f(x) of affine maximizer auctions, as convex networks of the whole outcome x in [0, 1]^{n m}.
 *
 *   separate:  f(x) = sum_i g_i(x_i) + h(sum_i x_i),   joint:  f(x) = F(x),
 *
 * with Partial GroupMax Networks g_i, h and F, which have one set of weights for all type profiles. They are taken
 * relative to x = 0, where f is 0.
 *
 * - `separate` says what handing out costs each participant's bundle, and what it costs that goods are sold at all. Where
 *   participants are exchangeable all g_i are one g; where goods are, g and h are symmetric ({@linkcode
 *   "./symmetric_groupmax.ts"}), and f does not depend on which participant or which good is which. On deterministic
 *   outcomes of exchangeable participants and goods f is then sum_i a(|S_i|) + b(|union of S_i|) with any a and any b:
 *   every function on the corners of a product of simplices is that of a convex f. It cannot say what depends on how the
 *   sizes of bundles go together otherwise.
 * - `joint` approximates every convex f (Proposition 3.4), and shares nothing.
 *
 * @module
 */
import { InvalidInputError, show } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import type { HostTensor } from "../runtime/host_tensor.ts";
import { groupMaxLayout, type PartialGroupMaxSize } from "./groupmax_layout.ts";
import { type RoundedPrice, roundedPrice } from "./groupmax_price.ts";
import type { ConvexNetwork } from "./network.ts";
import { partialGroupMax } from "./partial_groupmax.ts";
import { inverseSoftplus } from "./softplus.ts";
import { symmetricGroupMax } from "./symmetric_groupmax.ts";

/** How the networks of a boost go together. */
export type BoostKind = "separate" | "joint";

/** The kinds of boosts, the default first. */
export const BOOST_KINDS: readonly BoostKind[] = ["separate", "joint"];

/** Whom a boost is for. */
export interface BoostShape {
  /** n. */
  readonly participants: number;
  /** m. */
  readonly goods: number;
  /** Whether participants are exchangeable: then all have the same network, and the same weight. */
  readonly exchangeable: boolean;
  /** Whether goods are exchangeable: then networks do not depend on which good is which. */
  readonly exchangeableGoods: boolean;
}

/** The size of each network of a boost. */
export interface BoostSize {
  /** How they go together. */
  readonly kind: BoostKind;
  /** K. */
  readonly layers: number;
  /** G. */
  readonly groups: number;
  /** E. */
  readonly groupSize: number;
}

/** One network of a boost, as a function of sums of coordinates of x. */
export interface BoostTerm {
  /** The parameter `[R, P]` whose row holds its raw weights. */
  readonly parameter: string;
  /** The row. */
  readonly row: number;
  /** The network. */
  readonly network: ConvexNetwork;
  /** For each coordinate i m + j of x the input of the network that it adds to; -1 where it adds to none. */
  readonly inputOf: Int32Array;
}

/** A family of boosts, as functions of their parameters. */
export interface Boost {
  readonly shape: BoostShape;
  readonly size: BoostSize;
  /** Their sum is f. */
  readonly terms: readonly BoostTerm[];
  /** Shapes of the parameters: raw weights of networks, and `weights` `[n]`, of which {@linkcode participantWeights}. */
  readonly parameterShapes: Readonly<Record<string, readonly number[]>>;
  /** Parameters to start from: each good costs INITIAL_PRICE of partial_groupmax.ts, where all are sold to one. */
  initialParameters(key: RandomKey): Record<string, HostTensor>;
}

/** The most coordinates of an outcome: linear programs over them take memory with the square of their number. */
const MOST_COORDINATES = 4096;

/**
 * The boosts of a shape and a size: universally convex networks, as section 5 of the paper proposes them.
 *
 * @throws {InvalidInputError} where the kind has another name, a size is not a positive integer, or n m is above 4096.
 */
export function boosts(shape: BoostShape, size: BoostSize): Boost {
  const { participants: n, goods: m, exchangeable, exchangeableGoods } = shape, { kind, ...network } = size;
  if (!BOOST_KINDS.includes(kind)) {
    throw new InvalidInputError(
      `Cannot make a boost: kind must be one of ${BOOST_KINDS.join(", ")}, got ${show(kind)}`,
    );
  }
  if (n * m > MOST_COORDINATES) {
    throw new InvalidInputError(
      `Cannot make a boost: participants times goods must be at most ${MOST_COORDINATES}, got ${n} times ${m}`,
    );
  }
  const coordinates = (input: (i: number, j: number) => number): Int32Array =>
    Int32Array.from({ length: n * m }, (_, c) => input(Math.floor(c / m), c % m));
  const terms: BoostTerm[] = [];
  if (kind === "joint") {
    const joint = partialGroupMax({ ...network, goods: n * m });
    terms.push({ parameter: "joint", row: 0, network: joint, inputOf: coordinates((i, j) => i * m + j) });
  } else {
    const make = exchangeableGoods ? symmetricGroupMax : partialGroupMax, own = make({ ...network, goods: m });
    for (let i = 0; i < n; i++) {
      const inputOf = coordinates((k, j) => k === i ? j : -1);
      terms.push({ parameter: "bundles", row: exchangeable ? 0 : i, network: own, inputOf });
    }
    // What is sold is what the only participant gets.
    if (n > 1) terms.push({ parameter: "sold", row: 0, network: own, inputOf: coordinates((_, j) => j) });
  }
  const rows: Record<string, number> = {}, networks: Record<string, ConvexNetwork> = {};
  for (const { parameter, row, network } of terms) {
    rows[parameter] = Math.max(rows[parameter] ?? 0, row + 1), networks[parameter] = network;
  }
  const parameterShapes: Record<string, number[]> = { weights: [n] };
  for (const name of Object.keys(rows)) parameterShapes[name] = [rows[name], networks[name].weightCount];
  return {
    shape,
    size,
    terms,
    parameterShapes,
    initialParameters(key) {
      const made: Record<string, HostTensor> = { weights: { shape: [n], data: new Float32Array(n) } };
      Object.keys(rows).forEach((name, at) => {
        const network = networks[name], data = new Float32Array(rows[name] * network.weightCount);
        for (let row = 0; row < rows[name]; row++) {
          const raw = network.initialWeights(deriveKey(key, at, row), { nondecreasing: name !== "sold" });
          data.set(name === "sold" ? nearlyNothing(raw, network) : raw, row * network.weightCount);
        }
        made[name] = { shape: parameterShapes[name], data };
      });
      return made;
    },
  };
}

/** The weight of each group of a network that is to begin near f = 0. */
const LEAST_WEIGHT = 1e-2;

/** Initial raw weights of a network whose function is almost 0, changed in place. */
function nearlyNothing(raw: Float32Array, { groupMax }: ConvexNetwork): Float32Array {
  const { outPositive, outFree } = groupMaxLayout(groupMax!.size), { goods, groups } = groupMax!.size;
  raw.fill(inverseSoftplus(LEAST_WEIGHT / groups), outPositive, outPositive + groups);
  return raw.fill(0, outFree, outFree + goods);
}

/** A term of a boost with its weights: a convex function of sums of coordinates, 0 where these are 0. */
export interface BoundTerm extends RoundedPrice {
  /** See {@linkcode BoostTerm}. */
  readonly inputOf: Int32Array;
  /** The number of inputs. */
  readonly inputs: number;
}

/** The terms of a boost with some parameters, in 64-bit floats. Terms with the same weights share one function. */
export function bindBoost(
  { terms }: Boost,
  parameters: Readonly<Record<string, Pick<HostTensor, "data">>>,
): BoundTerm[] {
  const bound = new Map<string, RoundedPrice>();
  return terms.map(({ parameter, row, network, inputOf }) => {
    const name = `${parameter} ${row}`, P = network.weightCount;
    let price = bound.get(name);
    if (!price) {
      const raw = parameters[parameter].data as Float32Array;
      bound.set(name, price = roundedPrice(network.groupMax!, raw.subarray(row * P, (row + 1) * P)));
    }
    return { ...price, inputOf, inputs: network.goods };
  });
}

/** The inputs of a term at x `[n m]`, written to `inputs`. */
export function termInputs(x: ArrayLike<number>, inputOf: Int32Array, inputs: Float64Array): void {
  inputs.fill(0);
  for (let c = 0; c < inputOf.length; c++) if (inputOf[c] >= 0) inputs[inputOf[c]] += x[c];
}

/** n softmax of raw weights `[n]`: the participants' weights w_i > 0, which are 1 in the mean. */
export function participantWeights(raw: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(raw), most = values.reduce((a, b) => Math.max(a, b));
  const exponentials = values.map((value) => Math.exp(value - most)), sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value * values.length / sum);
}

/** The size of the networks of a boost, as Partial GroupMax Networks. */
export function termSizes({ terms }: Boost): PartialGroupMaxSize[] {
  return terms.map(({ network }) => network.groupMax!.size);
}
