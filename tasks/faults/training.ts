/**
 * A training run that is disturbed, and one that is not.
 *
 * @module
 */
import { decodeChecked, encodeSafetensors } from "../../src/io/safetensors.ts";
import { contents, type Ended, events, exists, type Lab, timeless } from "./lab.ts";

/** A training of a second or two, with a checkpoint every few iterations. */
export const TRAINING: readonly string[] = [
  ..."--iterations 300 --profiles 16 --chains 4 --steps 2 --groups 4 --test-profiles 50".split(" "),
  ..."--polish-profiles 32 --backend wasm --checkpoint-every 8 --json --quiet".split(" "),
];
/** The part of it that can be given to a run that goes on. */
export const RESUMING: readonly string[] = [
  ..."--resume --test-profiles 50 --checkpoint-every 8 --json --quiet".split(" "),
];

/** A run that nobody disturbed. */
export interface WholeRun {
  readonly folder: string;
  readonly milliseconds: number;
}

/** The run that nobody disturbs, with more arguments. */
export function wholeRun(lab: Lab, more: readonly string[] = []): Promise<WholeRun> {
  return lab.once(`training ${more.join(" ")}`, async () => {
    const folder = lab.path(), start = performance.now();
    const { code, stderr } = await lab.tedi(["train", ...TRAINING, ...more, "--out", folder]);
    if (code !== 0) throw new Error(`training failed: ${stderr}`);
    return { folder, milliseconds: performance.now() - start };
  });
}

/** Trains until an iteration is done, and stops it with Ctrl-C; gives what it ended with. */
export function stoppedRun(lab: Lab, folder: string, iteration: number, more: readonly string[] = []): Promise<Ended> {
  let sent = false;
  return lab.tedi(["train", ...TRAINING, ...more, "--out", folder], {
    onOutput(stdout, child) {
      if (sent || !stdout.includes(`"iteration":${iteration},`)) return;
      sent = true;
      child.kill("SIGINT");
    },
  });
}

/** The iteration of the last checkpoint that a process told of; 0 where it told of none. */
export function lastCheckpoint(stdout: string): number {
  const told = events(stdout).filter(({ event }) => event === "checkpoint");
  return Number(told.at(-1)?.iteration ?? 0);
}

/**
 * Goes on with a run to its end, from its beginning where it did not come to one; gives what is lost or differs.
 *
 * @param least Iterations that must not be done again.
 */
export async function finish(lab: Lab, folder: string, least: number, more: readonly string[] = []): Promise<string[]> {
  const begun = exists(`${folder}/config.json`);
  const ended = await lab.tedi(["train", ...begun ? RESUMING : TRAINING, ...more, "--out", folder]);
  if (ended.code !== 0) return [`going on ended with ${ended.code}: ${ended.stderr.trim()}`];
  const done = Number(events(ended.stdout)[0].done);
  const broken = done >= least ? [] : [`went on from iteration ${done}, and ${least} was kept`];
  return [...broken, ...await differences(folder, (await wholeRun(lab, more)).folder)];
}

/** In what a run that is done differs from the one that nobody disturbed. */
export async function differences(folder: string, whole: string): Promise<string[]> {
  const [ours, theirs] = [contents(folder), contents(whole)], broken: string[] = [];
  const mechanism = "mechanism.safetensors", checkpoint = "checkpoint.safetensors";
  if (!ours.has(mechanism) || ours.get(mechanism) !== theirs.get(mechanism)) broken.push(mechanism);
  if (await checkpointBytes(folder) !== await checkpointBytes(whole)) broken.push(checkpoint);
  const metrics = (place: string) => timeless(events(Deno.readTextFileSync(`${place}/metrics.jsonl`)));
  if (metrics(folder) !== metrics(whole)) broken.push("metrics.jsonl");
  // Of a killed process the next one removes what is left.
  const left = [...ours.keys()].filter((name) => name.endsWith(".tmp") || name === ".lock");
  return [...broken.map((name) => `${name} differs`), ...left.map((name) => `${name} was left behind`)];
}

/** The bytes of the last checkpoint without the seconds that training took. */
async function checkpointBytes(folder: string): Promise<string> {
  const path = `${folder}/checkpoint.safetensors`;
  const { tensors, metadata: { seconds: _, ...metadata } } = await decodeChecked(Deno.readFileSync(path), path);
  return encodeSafetensors(tensors, metadata).toHex();
}
