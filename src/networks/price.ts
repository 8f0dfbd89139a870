/**
 * Prices of outcomes, equation (2): p(x; t_-i) = f(x, t_-i) - f(0, t_-i), so that the zero outcome costs 0.
 *
 * @module
 */
import { type Tensor2D, tf } from "../deps/tfjs.ts";
import type { HostFunction } from "./network.ts";

/**
 * The price of an outcome `[m]` and its slope in x, equation (2), in 64-bit floats on the host. The zero outcome costs
 * exactly 0: no buy, no pay (Definition 2.7).
 *
 * @param goods m.
 */
export function price(f: HostFunction, goods: number): HostFunction {
  const atZero = f(new Float64Array(goods), new Float64Array(goods));
  return (outcome, slope) => f(outcome, slope) - atZero;
}

/**
 * Prices `[R, N + 1]`, equation (2), on the device. The last one of each row, the price of the zero outcome, is 0.
 *
 * @param f f `[R, N + 1]` at N outcomes and, last, at the zero outcome.
 */
export function prices(f: Tensor2D): Tensor2D {
  const [rows, count] = f.shape;
  return tf.sub(f, tf.slice(f, [0, count - 1], [rows, 1])) as Tensor2D;
}
