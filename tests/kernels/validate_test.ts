/** Kernels that are compared with plain TensorFlow.js while they run: right ones pass, wrong ones are named. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Tensor, tf } from "../../src/deps/tfjs.ts";
import { MachineError } from "../../src/errors.ts";
import type { PriceKernels } from "../../src/kernels/kernels.ts";
import { referenceKernels } from "../../src/kernels/reference.ts";
import { priceKernels } from "../../src/kernels/select.ts";
import { validated } from "../../src/kernels/validate.ts";
import { wasmKernels } from "../../src/kernels/wasm/kernels.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { forEachDevice } from "../devices.ts";
import { ALL, CASE, disposeAll, type Operation, runAll } from "./operations.ts";
import { caseHypernetwork, caseInputs, caseNetwork, casePoints } from "./cases.ts";

/** The kernels with an operation of which a part, such as `moved.chains`, is too large by a share. */
function spoiled(kernels: PriceKernels, operation: Operation, part: string, share: number): PriceKernels {
  const change = (made: object, path: readonly string[]): object => {
    if (path.length === 0) {
      const more = tf.mul(made as Tensor, 1 + share);
      (made as Tensor).dispose();
      return more;
    }
    const [name, ...rest] = path;
    return { ...made, [name]: change((made as Record<string, object>)[name], rest) };
  };
  const changed = operation === "trainingStep" ? "goodsStep" : operation,
    right = kernels[changed] as (...inputs: unknown[]) => object;
  return { ...kernels, [changed]: (...inputs: unknown[]) => change(right(...inputs), part ? part.split(".") : []) };
}

for (const hidden of [CASE.hidden, 0]) {
  const one = { ...CASE, hidden }, network = caseNetwork(one), context = hidden > 0 ? "with" : "without";

  Deno.test(`right kernels pass, ${context} a context, and no tensor is left`, async () => {
    await openDevice({ backend: "wasm" });
    const kernels = validated(wasmKernels(network), referenceKernels(network));
    for (let repeat = 0; repeat < 2; repeat++) assertEquals(await runAll(kernels, one, ALL), 0);
  });

  Deno.test(`right kernels pass with rows that are not trained on, ${context} a context`, async () => {
    await openDevice({ backend: "wasm" });
    const kernels = validated(wasmKernels(network), referenceKernels(network));
    for (const trained of [2, 4, 6, 8, 10]) assertEquals(await runAll(kernels, one, ["trainingStep"], trained), 0);
  });

  // Few numbers of the weight's gradient are near its largest one, so that an error of 1% shows in its norm only.
  const ofGradient: [part: string, share: number][] = hidden > 0
    ? [["hidden", 0.01], ["weight", 0.01], ["bias", 0.01]]
    : [["bias", 0.01]];
  const cases: [operation: Operation, part: string, named: string, share: number][] = [
    ["value", "", "value", 0.01],
    ["slope", "", "slope", 0.01],
    ...ofGradient.flatMap(([part, share]): typeof cases => [
      ["gradient", part, `${part} of gradient`, share],
      ["trainingStep", `gradient.${part}`, `${part} of gradient of trainingStep`, share],
    ]),
    ...["chains", "squareSlopes", "values"].flatMap((part): typeof cases => [
      ["moveChains", part, `${part} of moveChains`, 0.01],
    ]),
    ["trainingStep", "moved.chains", "chains of moveChains", 0.01],
    ["trainingStep", "utilities", "utilities of trainingStep", 0.01],
  ];
  for (const [operation, part, named, share] of cases) {
    const what = [operation, ...part ? [part] : []].join(" ");
    Deno.test(`${what} off by ${100 * share}% is named, ${context} a context`, async () => {
      await openDevice({ backend: "wasm" });
      const kernels = validated(spoiled(wasmKernels(network), operation, part, share), referenceKernels(network));
      const before = tf.memory().numTensors;
      const { message } = await assertRejects(() => runAll(kernels, one, ALL), MachineError);
      assertStringIncludes(
        message,
        `with TEDI_VALIDATE=1, ${named} must be what plain TensorFlow.js makes of it, but `,
      );
      assertEquals(tf.memory().numTensors, before);
      // What failed is not reported again with what comes after it.
      assertEquals(await runAll(kernels, one, ALL.filter((other) => other !== operation)), 0);
    });
  }
}

Deno.test("a number that is none fails, wherever it is", async () => {
  await openDevice({ backend: "wasm" });
  const network = caseNetwork(CASE), right = wasmKernels(network);
  const broken: PriceKernels = {
    ...right,
    value(hypernetwork, points) {
      const value = right.value(hypernetwork, points), data = value.dataSync().slice();
      value.dispose();
      data[data.length - 1] = NaN;
      return tf.tensor2d(data, [CASE.rows, CASE.points]);
    },
  };
  const kernels = validated(broken, referenceKernels(network));
  await assertRejects(
    () => runAll(kernels, CASE, ["value"]),
    MachineError,
    `but 1 of ${CASE.rows * CASE.points} numbers`,
  );
});

Deno.test("validated kernels take the memory of both", () => {
  const network = caseNetwork(CASE), fused = wasmKernels(network), plain = referenceKernels(network);
  const [both, a, b] = [validated(fused, plain), fused, plain].map((kernels) => kernels.memory(100, 16, 6));
  assertEquals(both, { total: a.total + b.total, largest: Math.max(a.largest, b.largest) });
});

Deno.test("fused kernels are validated with TEDI_VALIDATE=1 only", async () => {
  // A process of its own: the environment is that of all tests that run beside this one.
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", new URL("./validating.ts", import.meta.url).href],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const { byValue, opened, left } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(byValue, [
    { value: "1", fused: true, reference: false },
    { value: "0", fused: false, reference: false },
    { value: "", fused: false, reference: false },
    { fused: false, reference: false },
  ]);
  assertEquals({ opened, left }, { opened: true, left: 0 });
});

Deno.test({
  name: "without permission to read TEDI_VALIDATE nothing is validated, and nobody is asked",
  permissions: { env: false },
  fn() {
    assertEquals(priceKernels(caseNetwork(CASE), "wasm").settle, undefined);
  },
});

forEachDevice("right kernels pass within a tidy, which ends before the comparison", async ({ backend }) => {
  const network = caseNetwork(CASE), kernels = validated(priceKernels(network), referenceKernels(network));
  const inputs = caseInputs(CASE), hypernetwork = caseHypernetwork(CASE, inputs), points = casePoints(CASE, inputs);
  const before = tf.memory().numTensors, value = tf.tidy(() => tf.sum(kernels.value(hypernetwork, points)));
  await kernels.settle!();
  assertEquals(tf.memory().numTensors, before + 1, backend);
  disposeAll([value, hypernetwork, points]);
});
