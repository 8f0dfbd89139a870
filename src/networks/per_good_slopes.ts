/**
 * Slopes per good: raw weights of a Partial GroupMax Network whose slopes in good j come from a hidden layer of good
 * j's own.
 *
 * f has K E G + 1 affine maps of x ({@linkcode "./groupmax_layout.ts"}). The slope of map q in good j is, up to a bias,
 * `perGood.hidden_j S[:, q]`, with a matrix S `[Hl, K E G + 1]` that all goods share. The other D raw weights, the
 * positive ones and then the offsets of the maps, are `hidden weight`, up to a bias. These D numbers and, behind them,
 * the slopes `[m, K E G + 1]` are the P raw weights in another order; {@linkcode placement} takes them to their own.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { GroupMaxLayout } from "./groupmax_layout.ts";
import { forwardOnDevice, type Reparameterisation } from "./reparameterisation.ts";

/** The factors of slopes per good, on the device. */
export interface PerGoodSlopes {
  /** The goods' hidden layers `[R, m, Hl]`. */
  readonly hidden: Tensor3D;
  /** S `[Hl, K E G + 1]`. */
  readonly weight: Tensor2D;
  /** See {@linkcode placement}. */
  readonly placement: Reparameterisation;
}

/** As {@linkcode PerGoodSlopes}, in the host's memory. */
export interface HostPerGoodSlopes {
  /** The goods' hidden layers `[R, m, Hl]`. */
  readonly hidden: Float32Array | Float64Array;
  /** S `[Hl, K E G + 1]`. */
  readonly weight: Float32Array;
  /** See {@linkcode placement}. */
  readonly placement: Reparameterisation;
  /** m. */
  readonly goods: number;
  /** Hl. */
  readonly width: number;
}

/**
 * Puts D numbers from the common hidden layer and, behind them, slopes `[m, maps]` in the order of raw weights `[P]`.
 */
export function placement({ count, positiveCount, maps, map }: GroupMaxLayout, goods: number): Reparameterisation {
  const from = new Int32Array(count), D = positiveCount + maps;
  for (let at = 0; at < positiveCount; at++) from[at] = at;
  for (let q = 0; q < maps; q++) {
    for (let j = 0; j < goods; j++) from[map(q, j)] = D + j * maps + q;
    from[map(q, goods)] = positiveCount + q;
  }
  return { inputs: count, from };
}

/**
 * Raw weights `[N, P]` from `others` `[N, D]`, of the common hidden layer, and slopes `[N, m, maps]`. Differentiable.
 */
export function placeWeights(others: Tensor2D, slopes: Tensor3D, placement: Reparameterisation): Tensor2D {
  const [N, m, maps] = slopes.shape;
  return forwardOnDevice(placement, tf.concat([others, tf.reshape(slopes, [N, m * maps])], 1) as Tensor2D);
}
