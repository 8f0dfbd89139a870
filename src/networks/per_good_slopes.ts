/**
 * Raw weights of a Partial GroupMax Network whose slopes come from each good's own hidden layer.
 *
 * f has K E G + 1 affine maps from (x, 1): one for each layer k, element e and group g, in this order, and that of the
 * output. The slope of good j in map q is, up to a bias, `perGood.hidden_j S[:, q]`, with S `[Hl, K E G + 1]` the same for
 * all goods. All else, the positive part and then the maps' offsets, is `hidden weight`, with D = positive + K E G + 1
 * numbers.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, type Tensor4D, tf } from "../deps/tfjs.ts";

/** Where slopes come from, if not from the hidden layer that all else comes from. */
export interface PerGoodSlopes {
  /** The goods' hidden layers `[R, m, Hl]`. */
  readonly hidden: Tensor3D;
  /** S `[Hl, K E G + 1]`. */
  readonly weight: Tensor2D;
  /** G. */
  readonly groups: number;
}

/** As {@linkcode PerGoodSlopes} in the host's memory. */
export interface HostPerGoodSlopes {
  /** `[R, m, Hl]`. */
  readonly hidden: Float32Array | Float64Array;
  /** `[Hl, K E G + 1]`. */
  readonly weight: Float32Array;
  /** G. */
  readonly groups: number;
  /** m. */
  readonly goods: number;
  /** Hl. */
  readonly width: number;
}

/**
 * Puts numbers into the order of raw weights, see partial_groupmax.ts.
 *
 * @param others The positive part and the offsets `[N, D]`.
 * @param slopes `[N, m, K E G + 1]`.
 * @param groups G.
 * @returns `[N, P]`.
 */
export function placeWeights(others: Tensor2D, slopes: Tensor3D, groups: number): Tensor2D {
  const [N, m, maps] = slopes.shape, D = others.shape[1], inner = maps - 1, KE = inner / groups;
  const [positive, offsets, lastOffset] = tf.split(others, [D - maps, inner, 1], 1) as Tensor2D[];
  const [inLayers, last] = tf.split(slopes, [inner, 1], 2) as Tensor3D[];
  const matrices = tf.transpose(tf.reshape(inLayers, [N, m, KE, groups]), [0, 2, 1, 3]) as Tensor4D;
  const affine = tf.concat([matrices, tf.reshape(offsets, [N, KE, 1, groups])], 2);
  return tf.concat([positive, tf.reshape(affine, [N, inner * (m + 1)]), tf.reshape(last, [N, m]), lastOffset], 1);
}

/** What `hidden weight + bias` is with slopes per good: adds row `row` of the slopes per good to `out` `[P]`. */
export function addHostSlopes(
  { hidden, weight, groups, goods: m, width }: HostPerGoodSlopes,
  row: number,
  out: Float64Array,
): void {
  const maps = weight.length / width, first = out.length - maps * (m + 1);
  for (let j = 0; j < m; j++) {
    for (let h = 0; h < width; h++) {
      const x = hidden[(row * m + j) * width + h];
      if (x === 0) continue;
      for (let q = 0; q < maps; q++) out[slopeAt(first, q, j, m, groups, maps)] += x * weight[h * maps + q];
    }
  }
}

/** The place among the raw weights of map q's slope in good j, or of its offset for j = m; `first` is that of map 0. */
export function slopeAt(first: number, q: number, j: number, m: number, groups: number, maps: number): number {
  if (q === maps - 1) return first + q * (m + 1) + j;
  return first + ((q - q % groups) * (m + 1)) + j * groups + q % groups;
}
