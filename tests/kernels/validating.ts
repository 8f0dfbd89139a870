/** Writes which kernels of this process compare themselves with plain TensorFlow.js, as its environment has it. */
import { priceKernels } from "../../src/kernels/select.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { caseNetwork, kernelCases } from "./cases.ts";

const network = caseNetwork(kernelCases[0]), device = await openDevice({ backend: "wasm" });
const [fused, reference, opened] = [
  priceKernels(network, "wasm"),
  priceKernels(network, "reference"),
  priceKernels(network),
].map(({ settle }) => settle !== undefined);
device.close();
console.log(JSON.stringify({ fused, reference, opened }));
