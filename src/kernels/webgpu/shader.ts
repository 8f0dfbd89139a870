/**
 * Pieces that all shaders are put together from: memory, barriers and unrolled loops.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import type { Memory } from "./layout.ts";

/** A buffer that a shader binds: `read` or `read_write`, and the type of its elements. */
export interface BufferSlot {
  readonly name: string;
  readonly access: "read" | "read_write";
  readonly element: "f32" | "u32" | "vec4<f32>";
}

/** A compute shader with one entry point `main`. */
export interface Shader {
  /** What it is called in messages of the driver. */
  readonly name: string;
  /** Its storage buffers, by binding. */
  readonly buffers: readonly BufferSlot[];
  /** The members of the uniform `params`, in order. */
  readonly params: Readonly<Record<string, "u32" | "f32">>;
  /** Everything after the declarations of `params` and the buffers. */
  readonly code: string;
}

/** The declarations of a shader's bindings: `params` is binding 0, buffers follow. */
export function bindings({ buffers, params }: Shader): string {
  const members = Object.entries(params).map(([name, type]) => `  ${name}: ${type},`).join("\n");
  const slots = buffers.map(({ name, access, element }, k) =>
    `@group(0) @binding(${k + 1}) var<storage, ${access}> ${name}: array<${element}>;`
  );
  return `struct Params {\n${members}\n}\n@group(0) @binding(0) var<uniform> params: Params;\n${slots.join("\n")}\n`;
}

/** How shaders name their memory. */
export interface Names {
  /** The weight at an address. */
  weight(address: string): string;
  /** A `vec4<f32>` of scratch memory. */
  lane(index: string): string;
  /** A `u32` of scratch memory. */
  word(index: string): string;
  /** After it all threads see what all threads have written to scratch memory. */
  readonly barrier: string;
}

/** The names of a workgroup's memory. */
export function memoryNames({ ownWeights, ownScratch }: Memory): Names {
  return {
    weight: (address) => ownWeights ? `weights[${address}]` : `prepared[weightsAt + ${address}]`,
    lane: (index) => ownScratch ? `lanes[${index}]` : `lanes[lanesAt + ${index}]`,
    word: (index) => ownScratch ? `words[${index}]` : `words[wordsAt + ${index}]`,
    barrier: ownScratch ? "workgroupBarrier();" : "storageBarrier();",
  };
}

/** The buffers behind a workgroup's memory: weights after softplus, and scratch memory that it lacks. */
export function memoryBuffers({ ownScratch }: Memory): BufferSlot[] {
  const prepared: BufferSlot = { name: "prepared", access: "read", element: "f32" };
  return ownScratch ? [prepared] : [
    prepared,
    { name: "lanes", access: "read_write", element: "vec4<f32>" },
    { name: "words", access: "read_write", element: "u32" },
  ];
}

/**
 * Declares a workgroup's memory, and `openMemory(row, workgroup)`, which all threads call first: it finds the weights of
 * a row of `prepared`, and this workgroup's part of scratch memory.
 */
export function memoryCode(size: PartialGroupMaxSize, memory: Memory): string {
  const { ownWeights, ownScratch, laneCount, wordCount, weights, threads } = memory;
  const { groups: G } = size, raw = groupMaxLayout(size), padding = weights.stride - G;
  // Rows of matrices move apart by the padding; W_K and (A_K, b_K) move by that of all rows before them.
  const address = `var to = j + ${weights.outPositive - raw.outPositive}u;
    if (j < ${raw.outPositive}u) { to = j + j / ${G}u * ${padding}u; }
    else if (j >= ${raw.outFree}u) { to = j + ${weights.outFree - raw.outFree}u; }
    else if (j >= ${raw.positiveCount}u) { to += (j - ${raw.positiveCount}u) / ${G}u * ${padding}u; }`;
  return `
const THREADS = ${threads}u;
var<private> thread: u32;
var<private> weightsAt: u32;
${ownWeights ? `var<workgroup> weights: array<f32, ${weights.count}>;` : ""}
${
    ownScratch
      ? `var<workgroup> lanes: array<vec4<f32>, ${laneCount}>;
var<workgroup> words: array<u32, ${wordCount}>;`
      : `var<private> lanesAt: u32;
var<private> wordsAt: u32;`
  }

fn openMemory(row: u32, workgroup: u32) {
  weightsAt = row * ${raw.count}u;
  ${ownScratch ? "" : `lanesAt = workgroup * ${laneCount}u; wordsAt = workgroup * ${wordCount}u;`}
  ${
    ownWeights
      ? `for (var j = thread; j < ${raw.count}u; j += THREADS) {
    ${address}
    weights[to] = prepared[weightsAt + j];
  }`
      : ""
  }
}
`;
}

/** Rounds of a loop in one: a loop's own instructions cost as much as a product does. */
const UNROLLED = 4;

/** `body(n)` for n = 0..count-1, where `body` is given n as an expression. */
export function unrolled(count: number, body: (n: string) => string): string {
  const looped = count > 2 * UNROLLED ? count - count % UNROLLED : 0;
  const bodies = (from: (k: number) => string, rounds: number) =>
    Array.from({ length: rounds }, (_, k) => `{ ${body(from(k))} }`).join("\n");
  const loop = looped === 0
    ? ""
    : `for (var n = 0u; n < ${looped}u; n += ${UNROLLED}u) {\n${bodies((k) => `(n + ${k}u)`, UNROLLED)}\n}\n`;
  return loop + bodies((k) => `${looped + k}u`, count - looped);
}

/** Loop rounds that a thread takes for {@linkcode unrolled}. */
export function roundsOf(count: number): number {
  return count > 2 * UNROLLED ? Math.floor(count / UNROLLED) : 0;
}
