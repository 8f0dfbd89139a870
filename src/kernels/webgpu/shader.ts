/**
 * What all shaders have in common: bindings, memory, barriers and unrolled loops.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import type { Memory } from "./layout.ts";

/** The names of the four lanes of a `vec4`. */
export const LANES: readonly string[] = ["x", "y", "z", "w"];

/** A buffer that a shader binds. */
export interface BufferSlot {
  readonly name: string;
  readonly access: "read" | "read_write";
  readonly element: "f32" | "u32" | "vec4<f32>";
}

/** A compute shader with one entry point `main`. */
export interface Shader {
  /** Its name in messages of the driver. */
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

/** The expressions by which shaders access their memory. */
export interface Names {
  /** The weight at an address. */
  weight(address: string): string;
  /** A `vec4<f32>` of scratch memory. */
  lane(index: string): string;
  /** A `u32` of scratch memory. */
  word(index: string): string;
  /** The barrier after which all threads of a workgroup see what they wrote to scratch memory. */
  readonly barrier: string;
}

/** The expressions for a workgroup's memory, in workgroup memory or in storage buffers. */
export function memoryNames({ ownWeights, ownScratch }: Memory): Names {
  return {
    weight: (address) => ownWeights ? `weights[${address}]` : `prepared[weightsAt + ${address}]`,
    lane: (index) => ownScratch ? `lanes[${index}]` : `lanes[lanesAt + ${index}]`,
    word: (index) => ownScratch ? `words[${index}]` : `words[wordsAt + ${index}]`,
    barrier: ownScratch ? "workgroupBarrier();" : "storageBarrier();",
  };
}

/** The buffers of a workgroup's memory: weights after softplus, and scratch memory where it is in storage buffers. */
export function memoryBuffers({ ownScratch }: Memory): BufferSlot[] {
  const prepared: BufferSlot = { name: "prepared", access: "read", element: "f32" };
  return ownScratch ? [prepared] : [
    prepared,
    { name: "lanes", access: "read_write", element: "vec4<f32>" },
    { name: "words", access: "read_write", element: "u32" },
  ];
}

/**
 * The WGSL that declares a workgroup's memory, and `openMemory(row, workgroup)`, which all threads call first: it finds
 * or copies the weights of a row of `prepared`, and finds the workgroup's part of scratch memory.
 */
export function memoryCode(size: PartialGroupMaxSize, memory: Memory): string {
  const { ownWeights, ownScratch, laneCount, wordCount, weights, threads } = memory;
  const { groups: G } = size, raw = groupMaxLayout(size), padding = weights.stride - G;
  // Where each weight goes in the padded layout: every row before it adds its padding.
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

/** Rounds that an unrolled loop does in one, since a round's own instructions cost as much as a product. */
const UNROLLED = 4;

/** The WGSL of `body(n)` for n = 0..count-1, in an unrolled loop. `body` gets n as an expression. */
export function unrolled(count: number, body: (n: string) => string): string {
  const looped = count > 2 * UNROLLED ? count - count % UNROLLED : 0;
  const bodies = (from: (k: number) => string, rounds: number) =>
    Array.from({ length: rounds }, (_, k) => `{ ${body(from(k))} }`).join("\n");
  const loop = looped === 0
    ? ""
    : `for (var n = 0u; n < ${looped}u; n += ${UNROLLED}u) {\n${bodies((k) => `(n + ${k}u)`, UNROLLED)}\n}\n`;
  return loop + bodies((k) => `${looped + k}u`, count - looped);
}

/** The number of loop rounds that a thread takes for {@linkcode unrolled}. */
export function roundsOf(count: number): number {
  return count > 2 * UNROLLED ? Math.floor(count / UNROLLED) : 0;
}
