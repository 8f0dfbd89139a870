/**
 * Cases that every implementation of the kernels is tested with, and a checker.
 *
 * @module
 */
import { assert } from "@std/assert";
import {
  caseInputs,
  caseName,
  type KernelCase,
  type KernelResults,
  randomCase,
  runKernels,
} from "../../src/kernels/comparison/cases.ts";
import { differences } from "../../src/kernels/comparison/differences.ts";
import type { PriceKernels } from "../../src/kernels/kernels.ts";
import type { PartialGroupMaxSize } from "../../src/networks/groupmax_layout.ts";
import type { MoveOptions } from "../../src/sampling/move_chains.ts";

export * from "../../src/kernels/comparison/cases.ts";

/** How chains move by default in the cases below. */
const MOVE: MoveOptions = {
  beta: 50,
  steps: 10,
  lineMoveEvery: 5,
  boundary: "reflect",
  stepRule: "adapted",
  stepScale: 0.25,
  largestStep: 0.1,
};

/** Shapes that training has, with few rows. */
const FIXED: readonly KernelCase[] = [
  { goods: 10, layers: 2, groups: 32, groupSize: 4, rows: 6, hidden: 64, points: 17, chains: 16 },
  { goods: 10, layers: 2, groups: 32, groupSize: 4, rows: 40, hidden: 0, points: 17, chains: 16 },
  { goods: 100, layers: 1, groups: 16, groupSize: 4, rows: 3, hidden: 16, points: 9, chains: 8 },
  { goods: 100, layers: 2, groups: 32, groupSize: 4, rows: 2, hidden: 8, points: 5, chains: 8 },
  { goods: 1, layers: 1, groups: 1, groupSize: 1, rows: 1, hidden: 0, points: 1, chains: 1 },
  { goods: 2, layers: 3, groups: 128, groupSize: 2, rows: 2, hidden: 3, points: 3, chains: 5 },
  { goods: 10, layers: 2, groups: 32, groupSize: 4, rows: 30, hidden: 16, perGood: 16, points: 17, chains: 16 },
  { goods: 100, layers: 1, groups: 16, groupSize: 4, rows: 3, hidden: 5, perGood: 4, points: 9, chains: 8 },
  { goods: 1, layers: 1, groups: 1, groupSize: 1, rows: 1, hidden: 1, perGood: 1, points: 1, chains: 1 },
  { goods: 7, layers: 3, groups: 9, groupSize: 5, rows: 13, hidden: 3, perGood: 20, points: 3, chains: 5 },
].map(fixedCase);

/** The same of symmetric networks. */
const SYMMETRIC: readonly KernelCase[] = [
  { goods: 10, layers: 2, groups: 8, groupSize: 4, rows: 40, hidden: 0, points: 17, chains: 16 },
  { goods: 30, layers: 1, groups: 3, groupSize: 5, rows: 7, hidden: 0, points: 9, chains: 7 },
  { goods: 1, layers: 1, groups: 1, groupSize: 1, rows: 1, hidden: 0, points: 1, chains: 1 },
].map((shape, seed) => fixedCase({ ...shape, sumsOfLargest: true }, 100 + seed));

/** A shape as a case; `seed` is its own among the fixed ones. */
function fixedCase(
  { rows, hidden, perGood = 0, points, chains, ...size }:
    & PartialGroupMaxSize
    & Omit<KernelCase, "name" | "size" | "move" | "seed">,
  seed: number,
): KernelCase {
  const name = caseName(size, rows, hidden, perGood, chains, MOVE);
  return { name, size, rows, hidden, perGood, points, chains, move: MOVE, seed: 1000 + seed };
}

/** The cases, fixed shapes first, symmetric networks last. */
export const kernelCases: readonly KernelCase[] = [
  ...FIXED,
  ...Array.from({ length: 18 }, (_, k) => randomCase(k + 1, false)),
  ...Array.from({ length: 18 }, (_, k) => randomCase(k + 101, true)),
  ...SYMMETRIC,
];

/** Fails unless kernels made of a case what the reference made of it, up to rounding. */
export function compareResults(one: KernelCase, actual: KernelResults, expected: KernelResults): void {
  for (const { what, off, allowed } of differences(one, actual, expected)) {
    assert(off <= allowed, `${what} of ${one.name}: off by ${off}, of at most ${allowed}`);
  }
}

/** Checks kernels against the reference on the open device. */
export async function checkKernels(kernels: PriceKernels, reference: PriceKernels, one: KernelCase): Promise<void> {
  const inputs = caseInputs(one);
  compareResults(one, await runKernels(kernels, one, inputs), await runKernels(reference, one, inputs));
}
