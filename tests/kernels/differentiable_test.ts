/** Kernels as a function that TensorFlow.js differentiates, against a network that is made of its operations. */
import { assert, assertEquals } from "@std/assert";
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { differentiableValue } from "../../src/kernels/differentiable.ts";
import { priceKernels } from "../../src/kernels/select.ts";
import { type HypernetworkOutput, rawWeights } from "../../src/networks/hypernetwork_output.ts";
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
    const plain = (output: HypernetworkOutput, x: Tensor3D) => {
      const weights = rawWeights(output), rows = weights.shape[0];
      return tf.reshape(network.value(weights, tf.reshape(x, [rows, x.size / rows / one.size.goods, one.size.goods])), [
        one.rows,
        one.points,
      ]) as Tensor2D;
    };
    const fused = (output: HypernetworkOutput, x: Tensor3D) => differentiableValue(priceKernels(network), output, x);
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
      const a = Array.from(await grad.data()),
        b = Array.from(await wanted.data()),
        most = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const off = a.reduce((off, x, j) => Math.max(off, Math.abs(x - b[j])), 0);
      assert(off <= 1e-3 * most, `${one.name} on ${backend}, part ${k}: off by ${off} of ${most}`);
    }
    tf.dispose([points, bias, hidden, weight, coefficients, actual, expected] as unknown as Tensor[]);
  }
  assert(withContext > 2 && withContext < CASES.length);
});
