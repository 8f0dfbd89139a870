/**
 * What goes wrong in the middle of the mathematics: numbers that are not finite, threads that die, a GPU that is lost.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { tf } from "../../src/deps/tfjs.ts";
import type { WebGPUBackend } from "../../src/deps/tfjs_webgpu.ts";
import { MachineError } from "../../src/errors.ts";
import { encodeChecked } from "../../src/io/safetensors.ts";
import { kernelThreads } from "../../src/kernels/wasm/module.ts";
import { listDevices, openDevice } from "../../src/runtime/device.ts";
import { setThreadCount } from "../../src/runtime/threads.ts";
import { type Checkpoint, train, type TrainingHooks } from "../../src/training/train.ts";
import { events, type Fault, type Lab } from "./lab.ts";
import { finish, lastCheckpoint, TRAINING } from "./training.ts";

/** A utility that is not finite from some iteration on, until its author mends it. */
export const infiniteLoss: Fault = {
  name: "train: a loss that is NaN or infinite",
  async trial(lab) {
    const file = await lab.once("problem", () => Promise.resolve(`${lab.path()}.mjs`)), folder = lab.path();
    const calls = 30 + Math.floor(300 * lab.random()), bad = lab.random() < 0.5 ? "NaN" : "Infinity";
    // Calls are counted by the file's own text: it is another problem in no other way.
    const write = (good: number) =>
      Deno.writeTextFileSync(
        file,
        `let calls = 0;
        export default { participants: 1, goods: 2, distribution: "U", principalUtility: (tf, _outcomes, payments) =>
          tf.mul(tf.sum(payments, 1), ++calls > ${good} ? ${bad} : 1) };`,
      );
    write(calls);
    const problem = ["--problem", file], broken: string[] = [];
    const { code, stdout, stderr } = await lab.tedi(["train", ...TRAINING, ...problem, "--out", folder]);
    const said = /^error: Cannot go on training: (?:softRevenue|gradientNorm) of iteration (\d+) must be finite/m;
    const named = Number(said.exec(stderr)?.[1]), done = events(stdout).filter(({ event }) => event === "iteration");
    if (code !== 1 || done.length === 0 || done.at(-1)?.iteration !== named - 1) {
      broken.push(`${bad} after ${done.length} iterations ended with ${code}: ${stderr.trim()}`);
    }
    write(1e9);
    return { struck: code === 1, broken: [...broken, ...await finish(lab, folder, lastCheckpoint(stdout), problem)] };
  },
};

const SMALL = {
  ...{ iterations: 40, profiles: 16, chains: 4, steps: 3, warmUp: 1 },
  network: { layers: 2, groups: 3, groupSize: 2, hidden: [8] },
};

/** Trains in this process; gives the last checkpoint as bytes, which are those of the mechanism and of all else. */
async function trained(hooks: TrainingHooks): Promise<string> {
  let last: Checkpoint | undefined, resume: Checkpoint | undefined;
  for (let attempts = 0;; attempts++) {
    try {
      await train("U_{2,2}^{1,0}", SMALL, {
        checkpointEvery: 4,
        ...hooks,
        resume,
        onCheckpoint: (checkpoint) => void (last = checkpoint),
      });
      return (await encodeChecked(last!.tensors, last!.metadata)).toHex();
    } catch (error) {
      if (!(error instanceof MachineError) || attempts === 3) throw error;
      resume = last; // as --resume does
    }
  }
}

/** A worker thread that ends while training goes on. */
export const deadThread: Fault = {
  name: "train: a worker thread dies",
  async trial(lab) {
    const device = await openDevice({ backend: "wasm" }), workers = new Set<Worker>(), once = Worker.prototype.once;
    const whole = await lab.once("in this process, wasm", () => trained({ device }));
    setThreadCount(1); // ends those that are there
    kernelThreads();
    // Nothing in the package hands its workers out.
    Worker.prototype.once = function (this: Worker, ...args: Parameters<typeof once>) {
      workers.add(this);
      return once.apply(this, args);
    } as typeof once;
    try {
      setThreadCount(2 + Math.floor(3 * lab.random()));
      const at = 1 + Math.floor((SMALL.iterations - 1) * lab.random());
      let killed = false;
      const onIteration = ({ iteration }: { iteration: number }) => {
        if (iteration !== at || killed) return;
        killed = true;
        [...workers][Math.floor(workers.size * lab.random())]?.terminate();
      };
      const broken = await trained({ device, onIteration }) === whole ? [] : ["the checkpoint differs"];
      return { struck: killed && workers.size > 0, broken };
    } finally {
      Worker.prototype.once = once;
      setThreadCount(undefined);
    }
  },
};

/** The GPU's driver goes away. */
export const lostGpu: Fault = {
  name: "train: the GPU is lost",
  async unavailable() {
    const gpu = (await listDevices()).some(({ backend }) => backend === "webgpu");
    return gpu ? undefined : "there is no WebGPU adapter, not even a software one";
  },
  async trial(lab: Lab) {
    const open = () => openDevice({ backend: "webgpu", allowSoftware: true });
    const whole = await lab.once("in this process, webgpu", async () => trained({ device: await open() }));
    const at = 1 + Math.floor((SMALL.iterations - 1) * lab.random());
    let losses = 0, lost = false;
    const result = await trained({
      device: await open(),
      onIteration({ iteration }) {
        if (iteration !== at || lost) return;
        lost = true;
        (tf.backend() as WebGPUBackend).device.destroy();
      },
      onDeviceLost: () => void losses++,
    });
    (await open()).close(); // closes the one that training opened
    return { struck: losses === 1, broken: result === whole ? [] : ["the checkpoint differs"] };
  },
};
