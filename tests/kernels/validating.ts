/** Writes which kernels compare themselves with plain TensorFlow.js by TEDI_VALIDATE, and runs those that do. */
import { priceKernels } from "../../src/kernels/select.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { caseNetwork } from "./cases.ts";
import { ALL, CASE, runAll } from "./operations.ts";

const network = caseNetwork(CASE), variable = "TEDI_VALIDATE";
const byValue = ["1", "0", "", undefined].map((value) => {
  if (value === undefined) Deno.env.delete(variable);
  else Deno.env.set(variable, value);
  const [fused, reference] = (["wasm", "reference"] as const).map((name) => priceKernels(network, name).settle);
  return { value, fused: fused !== undefined, reference: reference !== undefined };
});
Deno.env.set(variable, "1");
const device = await openDevice({ backend: "wasm" }), kernels = priceKernels(network);
const left = await runAll(kernels, CASE, ALL);
device.close();
console.log(JSON.stringify({ byValue, opened: kernels.settle !== undefined, left }));
