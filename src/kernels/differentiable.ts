/**
 * The value of a network as a function that TensorFlow.js differentiates, made of kernels: in the hypernetwork output
 * and in the points. The gradient in points is dy_k times the slope at point k, and that in the hypernetwork output is
 * the kernels' `gradient` with coefficients dy.
 *
 * @module
 */
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import type { HypernetworkOutput } from "../networks/hypernetwork_output.ts";
import type { PriceKernels } from "./kernels.ts";

/**
 * f `[R, N]` at `points` `[R, N, m]`, differentiable once in both.
 *
 * @param hypernetwork An output without slopes per good, as a dense context makes.
 */
export function differentiableValue(
  kernels: PriceKernels,
  { hidden, weight, bias }: HypernetworkOutput,
  points: Tensor3D,
): Tensor2D {
  const outputOf = ([bias, hidden, weight]: Tensor[]): HypernetworkOutput => ({
    bias: bias as Tensor1D,
    hidden: hidden as Tensor2D | undefined,
    weight: weight as Tensor2D | undefined,
  });
  // deno-lint-ignore no-explicit-any -- tfjs types customGrad for one tensor only
  const value = tf.customGrad((...inputs: any[]) => {
    const save = inputs.pop(), [points, ...factors] = inputs;
    save(inputs);
    return {
      value: kernels.value(outputOf(factors), points),
      // deno-lint-ignore no-explicit-any
      gradFunc: (dy: any, [points, ...factors]: any) => {
        const output = outputOf(factors), gradient = kernels.gradient(output, points, dy);
        const inPoints = tf.mul(tf.expandDims(dy, 2), kernels.slope(output, points));
        return output.hidden
          ? [inPoints, gradient.bias, gradient.hidden!, gradient.weight!]
          : [inPoints, gradient.bias];
      },
    };
  });
  return value(points, bias, ...hidden ? [hidden, weight!] : []) as Tensor2D;
}
