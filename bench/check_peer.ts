/**
 * Holds a peer and our kernels together: the same file gives the same utility, gradient and chains.
 * `deno task check-peer [--python /usr/bin/python3] [--sizes 3x10,1x10] [--compile MODE]`; exit code 1 where they differ by more than
 * 1e-4.
 */
import { parseArgs } from "@std/cli";
import { type Tensor3D, tf } from "../src/deps/tfjs.ts";
import { decodeSafetensors } from "../src/io/safetensors.ts";
import { lossGradient } from "../src/training/loss.ts";
import { openKernels } from "../src/kernels/select.ts";
import { openDevice } from "../src/runtime/device.ts";
import { uploadAll } from "../src/runtime/tensors.ts";
import { parameterGradient } from "../src/training/gradient.ts";
import { trainingRules } from "../src/training/train.ts";
import { decodeIteration, encodeIteration } from "./iteration_file.ts";

const flags = parseArgs(Deno.args, {
  string: ["python", "sizes", "compile"],
  default: { python: "/usr/bin/python3", sizes: "3x10,1x10,3x2" },
});
const script = new URL("peers/pytorch/training_iteration.py", import.meta.url).pathname;
const folder = await Deno.makeTempDir();
let worst = 0;
await openDevice({ backend: "wasm" });
for (const size of flags.sizes.split(",")) {
  const [participants, goods] = size.split("x").map(Number);
  const bytes = encodeIteration({ participants, goods, profiles: 16 }, true);
  Deno.writeFileSync(`${folder}/in`, bytes);
  const args = [
    script,
    "check",
    `${folder}/in`,
    `${folder}/out`,
    ...(flags.compile ? ["--compile", flags.compile] : []),
  ];
  const { code, stderr } = await new Deno.Command(flags.python, { args }).output();
  if (code !== 0) throw new Error(`${flags.python} failed with code ${code}: ${new TextDecoder().decode(stderr)}`);
  const theirs = decodeSafetensors(Deno.readFileSync(`${folder}/out`), "the peer's result").tensors;

  const { problem, options, checkpoint } = decodeIteration(bytes), rules = trainingRules(problem, options);
  const kernels = await openKernels(rules.network), C = options.chains, rows = options.profiles * participants;
  const parameters = uploadAll(
    Object.fromEntries(
      Object.keys(rules.parameterShapes).map((name) => [name, checkpoint.tensors[`parameters.${name}`]]),
    ),
  );
  const types = checkpoint.tensors.types.data as Float32Array, hypernetwork = rules.hypernetwork(parameters, types);
  const chains = tf.tensor3d(checkpoint.tensors.chains.data as Float32Array, [rows, C, goods]);
  const values = kernels.value(hypernetwork, tf.concat([chains, tf.zeros([rows, 1, goods])], 1) as Tensor3D);
  const { principalUtility: utility } = problem,
    objective = { utility, participants, trained: rows, estimator: options.estimator };
  const { utilities, gradient } = lossGradient(
    kernels,
    hypernetwork,
    types,
    { chains, values },
    options.initialBeta,
    objective,
  );
  const { gradients } = parameterGradient(rules, parameters, types, rows, () => ({ gradient }));
  const far = (name: string, ours: ArrayLike<number>, other: ArrayLike<number>) => {
    let scale = 1e-30, off = 0;
    for (let k = 0; k < other.length; k++) scale = Math.max(scale, Math.abs(other[k]));
    for (let k = 0; k < other.length; k++) off = Math.max(off, Math.abs(ours[k] - other[k]));
    worst = Math.max(worst, off / scale);
    console.log(`n = ${participants}, m = ${goods}: ${name.padEnd(24)} ${(off / scale).toExponential(1)}`);
  };
  far("utility", [tf.mean(utilities).dataSync()[0]], theirs.utility.data);
  for (const [name, tensor] of Object.entries(gradients)) {
    far(`gradient in ${name}`, tensor.dataSync() as Float32Array, theirs[`gradient.${name}`].data);
  }
}
Deno.removeSync(folder, { recursive: true });
console.log(`largest difference: ${worst.toExponential(1)}, relative to the largest number of each`);
Deno.exit(worst <= 1e-4 ? 0 : 1);
