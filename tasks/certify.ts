/**
 * Compares best responses by cutting planes, which everything here uses, with linear programs on random networks and
 * types: `deno task certify`, with `--cases N` and `--seed N`. It exits with 1 where they differ, or a proof of optimality
 * does not close, and prints a table of how closely they agree.
 */
import { parseArgs } from "@std/cli";
import { requireInteger } from "../src/errors.ts";
import { bestResponses } from "../src/kernels/best_responses/select.ts";
import { exactBestResponses } from "../src/mechanisms/linear_program.ts";
import type { PartialGroupMaxSize } from "../src/networks/groupmax_layout.ts";
import { groupMaxNetwork } from "../src/networks/symmetric_groupmax.ts";
import { deriveKey, type RandomKey, randomKey } from "../src/random/key.ts";
import { normals, uniforms } from "../src/random/numbers.ts";

/** Utilities of the two methods differ by at most this. */
export const MOST_DIFFERENCE = 1e-8;
/** The duality gap of a linear program, in our own arithmetic, is at most this. */
export const MOST_GAP = 1e-7;

/** A random pricing rule and a random type. */
export interface RandomCase {
  readonly size: PartialGroupMaxSize;
  readonly weights: Float32Array;
  readonly type: Float32Array;
}

/** What a case gave. */
export interface Certified {
  readonly goods: number;
  readonly difference: number;
  readonly gap: number;
  readonly fastGap: number;
  readonly tied: boolean;
  readonly exactSeconds: number;
  readonly fastSeconds: number;
}

/**
 * A case with m from 1 to 12, K from 1 to 3, odd G up to 15 and E from 1 to 5, near initial weights or far from them;
 * every fourth network is symmetric.
 */
export function randomCase(key: RandomKey): RandomCase {
  const draw = uniforms(deriveKey(key, 0), 6), pick = (k: number, count: number) => Math.floor(count * draw[k]);
  const size = {
    goods: 1 + pick(0, 12),
    layers: 1 + pick(1, 3),
    groups: 1 + 2 * pick(2, 8),
    groupSize: 1 + pick(3, 5),
    ...(pick(5, 4) === 0 ? { sumsOfLargest: true as const } : {}),
  };
  const network = groupMaxNetwork(size), noise = normals(deriveKey(key, 1), network.weightCount);
  const spread = [0.1, 0.3, 1][pick(4, 3)];
  const weights = network.initialWeights(deriveKey(key, 2)).map((weight, j) => weight + spread * noise[j]);
  return { size, weights, type: uniforms(deriveKey(key, 3), size.goods) };
}

/** Solves a case both ways. */
export async function certify({ size, weights, type }: RandomCase): Promise<Certified> {
  const start = performance.now(), fast = bestResponses(groupMaxNetwork(size), { bias: weights }, type, 1);
  const fastSeconds = (performance.now() - start) / 1000;
  const responses = await exactBestResponses(size, weights);
  try {
    const exact = responses.solve(type);
    return {
      goods: size.goods,
      difference: Math.abs(exact.utility - fast.utilities[0]),
      ...{ gap: exact.gap, fastGap: fast.gaps[0], tied: exact.tied, exactSeconds: exact.seconds, fastSeconds },
    };
  } finally {
    responses.dispose();
  }
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["cases", "seed"] });
  const cases = Number(args.cases ?? 1000), seed = Number(args.seed ?? 0);
  requireInteger("certify", "--cases", cases, 1);
  const key = deriveKey(randomKey(seed), 0xce27), found: Certified[] = [];
  for (let k = 0; k < cases; k++) found.push(await certify(randomCase(deriveKey(key, k))));

  const largest = (of: (one: Certified) => number, among = found) =>
    among.reduce((most, one) => Math.max(most, of(one)), 0).toExponential(1);
  const middle = (of: (one: Certified) => number, among: readonly Certified[]) =>
    `${(1000 * among.map(of).sort((a, b) => a - b)[among.length >> 1]).toFixed(2)} ms`;
  console.log(`${cases} random networks and types: linear programs against cutting planes\n`);
  const line = (...cells: string[]) => console.log(cells.map((cell) => cell.padStart(15)).join(""));
  line("goods", "cases", "ties", "difference", "duality gap", "fast gap", "LP (median)", "fast (median)");
  for (const [least, most] of [[1, 3], [4, 6], [7, 9], [10, 12], [1, 12]]) {
    const some = found.filter(({ goods }) => goods >= least && goods <= most);
    if (some.length === 0) continue;
    line(
      ...[`${least} to ${most}`, String(some.length), String(some.filter(({ tied }) => tied).length)],
      ...[largest((one) => one.difference, some), largest((one) => one.gap, some)],
      ...[largest((one) => one.fastGap, some)],
      ...[middle((one) => one.exactSeconds, some), middle((one) => one.fastSeconds, some)],
    );
  }
  const broken = found.filter(({ difference, gap }) => !(difference <= MOST_DIFFERENCE && gap <= MOST_GAP)).length;
  console.log(
    `\n${broken === 0 ? "All" : `${cases - broken} of ${cases}`} within the bounds: ` +
      `utilities differ by at most ${MOST_DIFFERENCE}, duality gap at most ${MOST_GAP}`,
  );
  if (broken > 0) Deno.exit(1);
}
