/**
 * The Partial GroupMax Network (Definition 3.3) in WGSL: its layers forward, its value, and its slope in x backward.
 *
 * Points `[tile, m]`, activations x_k `[tile, G]` and df/dx_k `[tile, G]`, which is called `above`, are in `lanes`. The
 * winners of a group at the four points of a tile are the bytes of one word, `[k, tile, G]` in `words`.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import type { NetworkCode } from "./network_code.ts";
import { memoryNames, roundsOf, unrolled } from "./shader.ts";
import { slopeInGoodsCode, sumsOfLargestCode } from "./sums_of_largest.ts";

/** The number of parts that sums over groups and goods are made in, so that more threads work on them. */
export const PARTS = 8;

/** The expression for where x_{k+1} begins in `lanes`, given an expression k. */
export function activation({ size, tiles, activations, kept }: NetworkCode, k: string): string {
  return `(${activations}u + (${k}) % ${kept}u * ${tiles * size.groups}u)`;
}

/** The most elements of a group that a thread has in registers. */
const ELEMENTS = 4;

/**
 * Addresses of matrices in layer k of WGSL: where that of element 0 begins, and how far `apart` those of elements are.
 */
function addresses({ size: { groupSize: E }, memory: { weights } }: NetworkCode) {
  const free = weights.free(0, 1) - weights.free(0, 0), positive = weights.positive(1, 1) - weights.positive(1, 0);
  return {
    free: { first: `(${weights.free(0, 0)}u + k * ${E * free}u)`, apart: free },
    positive: { first: `((k - 1u) * ${E * positive}u)`, apart: positive },
  };
}

/**
 * The WGSL of `forward(pointsAt, tiles)`, which computes x_1 .. x_K and the winners at the points from
 * `lanes[pointsAt]` on. All threads must see the points when it begins; it ends with a barrier.
 */
export function forwardCode(code: NetworkCode): string {
  const { size: { goods: m, layers: K, groups: G, groupSize: E }, memory: { weights }, winners, tiles: T } = code;
  const { weight, lane, word, barrier } = memoryNames(code.memory), { stride } = weights;
  const { free, positive } = addresses(code);
  const blocks = Math.ceil(E / ELEMENTS), width = Math.ceil(E / blocks);
  let text = "";
  for (let from = 0; from < E; from += width) {
    const elements = Array.from({ length: Math.min(width, E - from) }, (_, k) => from + k);
    const multiply = (base: string, apart: number) => (n: string) =>
      elements.map((e) => `h${e} += ${weight(`(${base} + ${e * apart}u + ${n} * ${stride}u)`)} * v;`).join(" ");
    text += `{
      ${elements.map((e) => `var h${e} = vec4<f32>(${weight(`(free + ${e * free.apart + m * stride}u)`)});`).join("\n")}
      ${unrolled(m, (n) => `let v = ${lane(`(x + ${n})`)}; ${multiply("free", free.apart)(n)}`)}
      if (k > 0u) {
        let positive = ${positive.first} + g;
        ${unrolled(G, (n) => `let v = ${lane(`(below + ${n})`)}; ${multiply("positive", positive.apart)(n)}`)}
      }
      ${
      elements.map((e) =>
        e === 0
          ? "best = h0;"
          : `{ let leads = h${e} > best; best = select(best, h${e}, leads); won = select(won, vec4<u32>(${e}u), leads); }`
      ).join("\n")
    }
    }`;
  }
  const { sumsOfLargest } = code, inputs = sumsOfLargest ? `${sumsOfLargest.sumsOfLargest}u` : "pointsAt";
  return `${sumsOfLargest ? sumsOfLargestCode(code, sumsOfLargest) : ""}fn forward(pointsAt: u32, tiles: u32) {
  ${sumsOfLargest ? "makeSumsOfLargest(pointsAt, tiles);" : ""}
  for (var k = 0u; k < ${K}u; k++) {
    for (var item = thread; item < tiles * ${G}u; item += THREADS) {
      let tile = item / ${G}u;
      let g = item % ${G}u;
      let x = ${inputs} + tile * ${m}u;
      let below = ${activation(code, `k + ${code.kept - 1}u`)} + tile * ${G}u;
      let free = ${free.first} + g;
      // Initialised here, since naga would zero variables of a loop in its first round only.
      var best = vec4<f32>();
      var won = vec4<u32>();
      ${text}
      ${lane(`(${activation(code, "k")} + item)`)} = best;
      ${
    winners === undefined
      ? ""
      : `${word(`(${winners}u + k * ${T * G}u + item)`)} = won.x | (won.y << 8u) | (won.z << 16u) | (won.w << 24u);`
  }
    }
    ${barrier}
  }
}
`;
}

/**
 * The WGSL of a network's value. `sumValue(pointsAt, tiles, worth)`, to be called after `forward`, sums W_K x_K + A_K x
 * in parts, and ends with a barrier; `value(tile)` adds up the parts and b_K.
 *
 * @param type The expression for coordinate i of the participant's type t. Where it is given, `worth` <t, x> is
 * subtracted, so that with `worth` = 1 the value is -u, up to a constant.
 */
export function valueCode(code: NetworkCode, type?: (i: string) => string): string {
  const { size: { goods: m, layers: K, groups: G }, memory: { weights }, tiles: T, sums } = code;
  const { weight, lane, barrier } = memoryNames(code.memory);
  const outFree = weight(`(${weights.outFree}u + i)`), point = lane(`(pointsAt + tile * ${m}u + i)`);
  const input = code.sumsOfLargest ? lane(`(${code.sumsOfLargest.sumsOfLargest}u + tile * ${m}u + i)`) : point;
  const added = type ? `${outFree} * ${input} - worth * ${type("i")} * ${point}` : `${outFree} * ${input}`;
  return `
fn sumValue(pointsAt: u32, tiles: u32, worth: f32) {
  for (var item = thread; item < tiles * ${PARTS}u; item += THREADS) {
    let tile = item / ${PARTS}u;
    let part = item % ${PARTS}u;
    var sum = vec4<f32>();
    for (var g = part; g < ${G}u; g += ${PARTS}u) {
      sum += ${weight(`(${weights.outPositive}u + g)`)} * ${
    lane(`(${activation(code, `${K - 1}u`)} + tile * ${G}u + g)`)
  };
    }
    for (var i = part; i < ${m}u; i += ${PARTS}u) { sum += ${added}; }
    ${lane(`(${sums}u + part * ${T}u + tile)`)} = sum;
  }
  ${barrier}
}
fn value(tile: u32) -> vec4<f32> {
  var sum = vec4<f32>(${weight(`${weights.outFree + m}u`)});
  for (var part = 0u; part < ${PARTS}u; part++) { sum += ${lane(`(${sums}u + part * ${T}u + tile)`)}; }
  return sum;
}
`;
}

/**
 * Statements that add to the `vec4<f32>` `sum`: over groups g, what is above group g, at `lanes[above + g]`, times the
 * winner's weight in one row of layer k. `row` is which row, `above` and `winners` begin at group 0 of the tile.
 */
export function winnersRow(
  code: NetworkCode,
  which: "positive" | "free",
  row: string,
  groups: { readonly first: string; readonly count: number },
): string {
  const { weight, lane, word } = memoryNames(code.memory), { first, apart } = addresses(code)[which];
  return `
      let rowAt = ${first} + ${row} * ${code.memory.weights.stride}u;
      ${
    unrolled(groups.count, (n) =>
      `let g = ${groups.first} + ${n};
      let won = ${word("(winners + g)")};
      let at = rowAt + g;
      sum += ${lane("(above + g)")} * vec4<f32>(${
        [0, 8, 16, 24].map((shift) => weight(`(at + ((won >> ${shift}u) & 255u) * ${apart}u)`)).join(", ")
      });`)
  }`;
}

/** The number of parts that `slopes` sums over groups in, so that there is work for all threads. */
export function slopeParts({ goods: m, groups: G }: PartialGroupMaxSize, tiles: number, threads: number): number {
  return [8, 4, 2].find((parts) => G % parts === 0 && parts * tiles * m <= threads * 1.5) ?? 1;
}

/** How many x_k are kept in memory where only x_K is needed in the end. */
export function keptActivations({ layers }: PartialGroupMaxSize): number {
  return Math.min(2, layers);
}

/**
 * The WGSL of `slopes(tiles)`, to be called after `forward`. It goes back through the winners, and writes the slope of
 * f less A_K, in parts `[parts, T, m]`, to `lanes[slopesAt]`. It overwrites x_k, and ends with a barrier.
 */
export function slopeCode(code: NetworkCode, slopesAt: number, parts: number): string {
  const { size: { goods: m, layers: K, groups: G }, memory: { weights }, tiles: T } = code;
  const { weight, lane, barrier } = memoryNames(code.memory);
  return `fn slopes(tiles: u32) {
  for (var item = thread; item < tiles * ${G}u; item += THREADS) {
    ${lane(`(${activation(code, `${K - 1}u`)} + item)`)} = vec4<f32>(${
    weight(`(${weights.outPositive}u + item % ${G}u)`)
  });
  }
  ${barrier}
  // df/dx_{k+1} takes the place of x_{k+1}, as activations of two layers are kept in turn.
  for (var k = ${K - 1}u;; k--) {
    let belows = select(0u, tiles * ${G}u, k > 0u);
    for (var item = thread; item < belows + tiles * ${parts * m}u; item += THREADS) {
      let isBelow = item < belows;
      let rest = item - select(belows, 0u, isBelow);
      let tile = select(rest / ${m}u % tiles, rest / ${G}u, isBelow);
      let above = ${activation(code, "k")} + tile * ${G}u;
      let winners = ${code.winners!}u + (k * ${T}u + tile) * ${G}u;
      var sum = vec4<f32>();
      if (isBelow) {
        ${winnersRow(code, "positive", `(rest % ${G}u)`, { first: "0u", count: G })}
        ${lane(`(${activation(code, `k + ${code.kept - 1}u`)} + rest)`)} = sum;
      } else {
        let i = rest % ${m}u;
        let part = rest / (${m}u * tiles);
        ${winnersRow(code, "free", "i", { first: `part * ${G / parts}u`, count: G / parts })}
        let to = ${slopesAt}u + (part * ${T}u + tile) * ${m}u + i;
        if (k < ${K - 1}u) { sum += ${lane("to")}; }
        ${lane("to")} = sum;
      }
    }
    ${barrier}
    if (k == 0u) { break; }
  }
}
fn ${code.sumsOfLargest ? "slopeInSums" : "slope"}(tile: u32, i: u32) -> vec4<f32> {
  var sum = vec4<f32>(${weight(`(${weights.outFree}u + i)`)});
  for (var part = 0u; part < ${parts}u; part++) {
    sum += ${lane(`(${slopesAt}u + (part * ${T}u + tile) * ${m}u + i)`)};
  }
  return sum;
}
${code.sumsOfLargest ? slopeInGoodsCode(code, code.sumsOfLargest) : ""}`;
}

/** About how many loop rounds a thread takes for `forward` and for `slopes` on all tiles. */
export function roundsOfNetwork({ size, memory, tiles }: NetworkCode): { forward: number; slopes: number } {
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const share = (items: number) => Math.ceil(items / memory.threads);
  const blocks = Math.ceil(E / ELEMENTS), ofSums = size.sumsOfLargest ? share(tiles * m) * (1 + m) : 0;
  return {
    forward: 2 * ofSums + K * share(tiles * G) * (1 + blocks * (roundsOf(m) + roundsOf(G))) + share(tiles * PARTS) *
        (1 + Math.ceil(G / PARTS) + Math.ceil(m / PARTS)),
    slopes: 8 * ofSums + K * share(tiles * (G + 8 * m)) * (1 + roundsOf(G)),
  };
}
