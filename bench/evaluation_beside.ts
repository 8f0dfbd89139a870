/**
 * Measures how long a mechanism takes to run, beside another version of this package:
 * `deno run -A bench/evaluation_beside.ts OTHER_CHECKOUT MECHANISM.safetensors [--pairs 40] [--profiles 4096]`.
 *
 * Both read the same file and run the same type profiles in one process, in turn, so that other work on the machine meets
 * both. It prints processor seconds of all threads, which other work disturbs less than the time that passes: the least and
 * the median of each, and the ratios of this version to the other, of the least and the median of pairs.
 */
import { resolve } from "node:path";
import { cpuUsage } from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "@std/cli";
import { randomKey } from "../src/random/key.ts";
import { uniforms } from "../src/random/numbers.ts";

const args = parseArgs(Deno.args, { string: ["pairs", "profiles"] });
const [other, file] = args._.map(String), pairs = Number(args.pairs ?? 40), profiles = Number(args.profiles ?? 4096);

/** Reads the file by the package in a folder, and gives a run of it and its largest gap. */
async function runner(folder: string) {
  const { loadMechanism } = await import(pathToFileURL(resolve(folder, "src/io/mechanism_file.ts")).href);
  const mechanism = await loadMechanism(file), { participants, goods } = mechanism;
  const types = uniforms(randomKey(7), profiles * participants * goods);
  return async (): Promise<readonly [seconds: number, gap: number]> => {
    const start = cpuUsage(), { gaps } = await mechanism.run(types), { user, system } = cpuUsage(start);
    return [(user + system) / 1e6, gaps.reduce((most: number, gap: number) => Math.max(most, gap), 0)];
  };
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const these = await runner(new URL("..", import.meta.url).pathname), those = await runner(other);
const times: [number, number][] = [];
let gap = 0;
for (let k = -2; k < pairs; k++) {
  // In turn the one and the other is first.
  const first = k % 2 === 0 ? await these() : await those(), second = k % 2 === 0 ? await those() : await these();
  const [a, b] = k % 2 === 0 ? [first, second] : [second, first];
  gap = Math.max(gap, a[1]);
  if (k >= 0) times.push([a[0], b[0]]);
}
const [own, others] = [times.map(([a]) => a), times.map(([, b]) => b)],
  ms = (s: number) => `${(1000 * s).toFixed(1)} ms`;
console.log(
  `this version: least ${ms(Math.min(...own))}, median ${ms(median(own))}; largest gap ${gap.toExponential(1)}`,
);
console.log(`the other:    least ${ms(Math.min(...others))}, median ${ms(median(others))}`);
console.log(
  `ratio: ${(Math.min(...own) / Math.min(...others)).toFixed(3)} of the least, ` +
    `${median(times.map(([a, b]) => a / b)).toFixed(3)} median of ${pairs} pairs`,
);
Deno.exit(0);
