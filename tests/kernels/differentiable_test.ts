/** Kernels as a function that TensorFlow.js differentiates, against a network that is made of its operations. */
import { assert, assertEquals } from "@std/assert";
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { furthest } from "../../src/kernels/comparison/differences.ts";
import { differentiableValue } from "../../src/kernels/differentiable.ts";
import { referenceKernels } from "../../src/kernels/reference.ts";
import { priceKernels } from "../../src/kernels/select.ts";
import type { HypernetworkOutput } from "../../src/networks/hypernetwork_output.ts";
import { forEachDevice } from "../devices.ts";
import { caseCoefficients, caseHypernetwork, caseInputs, caseNetwork, casePoints, kernelCases } from "./cases.ts";

// Networks of Partial GroupMax form in x, for which TensorFlow.js knows gradients in points. A software Vulkan driver ends
// loops after 65,535 rounds, so that its products over more weights than these are wrong.
const CASES = kernelCases.filter((one) => {
  const { perGood, points, rows, size } = one;
  return !perGood && !size.sumsOfLargest && points > 1 && rows * size.goods < 500 && caseNetwork(one).weightCount < 3e4;
}).slice(0, 7);

forEachDevice("gradients in points and in all factors are those of a plain network", async ({ backend }) => {
  let withContext = 0;
  for (const one of CASES) {
    const network = caseNetwork(one), inputs = caseInputs(one), points = casePoints(one, inputs);
    const { bias, hidden, weight } = caseHypernetwork(one, inputs), coefficients = caseCoefficients(one, inputs);
    const { value: plain } = referenceKernels(network), kernels = priceKernels(network);
    const fused = (output: HypernetworkOutput, x: Tensor3D) => differentiableValue(kernels, output, x);
    const gradients = (f: typeof plain) =>
      tf.valueAndGrads((x: Tensor, bias: Tensor, ...context: Tensor[]) => {
        const [hidden, weight] = context as (Tensor2D | undefined)[];
        return tf.sum(tf.mul(coefficients, f({ bias: bias as Tensor1D, hidden, weight }, x as Tensor3D)));
      })([points, bias, ...hidden ? [hidden, weight!] : []]);
    const [actual, expected] = [gradients(fused), gradients(plain)];
    if (hidden) withContext++;
    assertEquals(actual.grads.length, hidden ? 4 : 2);
    for (const [k, grad] of [actual.value, ...actual.grads].entries()) {
      const wanted = [expected.value, ...expected.grads][k];
      assertEquals(grad.shape, wanted.shape);
      const off = furthest(await grad.data() as Float32Array, await wanted.data() as Float32Array);
      assert(off <= 1e-3, `${one.name} on ${backend}, part ${k}: off by ${off}`);
    }
    tf.dispose([points, bias, hidden, weight, coefficients, actual, expected] as unknown as Tensor[]);
  }
  assert(withContext > 2 && withContext < CASES.length);
});
