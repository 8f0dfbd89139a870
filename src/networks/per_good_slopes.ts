/**
 * Raw weights of a Partial GroupMax Network whose slopes come from each good's own hidden layer.
 *
 * f has K E G + 1 affine maps of x ({@linkcode "./groupmax_layout.ts"}). The slope of good j in map q is, up to a bias,
 * `perGood.hidden_j S[:, q]`, with S `[Hl, K E G + 1]` the same for all goods. All else, the positive weights and then the
 * maps' offsets, is `hidden weight`, with D = positive + K E G + 1 numbers. Together these D numbers and the slopes
 * `[m, K E G + 1]` are the raw weights in another order: {@linkcode placement} says which goes where.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { GroupMaxLayout } from "./groupmax_layout.ts";
import { forwardOnDevice, type Reparameterisation } from "./reparameterisation.ts";

/** Where slopes come from, if not from the hidden layer that all else comes from. */
export interface PerGoodSlopes {
  /** The goods' hidden layers `[R, m, Hl]`. */
  readonly hidden: Tensor3D;
  /** S `[Hl, K E G + 1]`. */
  readonly weight: Tensor2D;
  /** Where what is made goes among the raw weights. */
  readonly placement: Reparameterisation;
}

/** As {@linkcode PerGoodSlopes} in the host's memory. */
export interface HostPerGoodSlopes {
  /** `[R, m, Hl]`. */
  readonly hidden: Float32Array | Float64Array;
  /** `[Hl, K E G + 1]`. */
  readonly weight: Float32Array;
  /** Where what is made goes among the raw weights. */
  readonly placement: Reparameterisation;
  /** m. */
  readonly goods: number;
  /** Hl. */
  readonly width: number;
}

/** Where raw weights `[P]` are among the D numbers of the common hidden layer and, behind them, the slopes `[m, maps]`. */
export function placement({ count, positiveCount, maps, map }: GroupMaxLayout, goods: number): Reparameterisation {
  const from = new Int32Array(count), D = positiveCount + maps;
  for (let at = 0; at < positiveCount; at++) from[at] = at;
  for (let q = 0; q < maps; q++) {
    for (let j = 0; j < goods; j++) from[map(q, j)] = D + j * maps + q;
    from[map(q, goods)] = positiveCount + q;
  }
  return { inputs: count, from };
}

/** Raw weights `[N, P]` of what comes from the common hidden layer `[N, D]`, and slopes `[N, m, maps]`; differentiable. */
export function placeWeights(others: Tensor2D, slopes: Tensor3D, placement: Reparameterisation): Tensor2D {
  const [N, m, maps] = slopes.shape;
  return forwardOnDevice(placement, tf.concat([others, tf.reshape(slopes, [N, m * maps])], 1) as Tensor2D);
}
