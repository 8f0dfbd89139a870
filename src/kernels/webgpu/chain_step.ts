/**
 * Langevin steps (equation (13)) in WGSL, but for the evaluation of the network.
 *
 * @module
 */
import type { NetworkCode } from "./network_code.ts";
import { LANES, memoryNames } from "./shader.ts";

/**
 * The two halves of a row's chains, of which one lends directions while the other moves; the first is empty without
 * line moves.
 */
export interface ChainGroups {
  /** C. */
  readonly chains: number;
  /** The number of chains in the first group. */
  readonly half: number;
  /** The number of tiles of the first group. */
  readonly firstTiles: number;
  /** T, the number of tiles of both groups. */
  readonly tiles: number;
}

/** Where the numbers of a row begin: types, squareSlopes, squareSums and noise in `words`, the others in `lanes`. */
export type ChainRegions = Readonly<
  Record<
    "chains" | "squares" | "slopes" | "points" | "densities" | "types" | "squareSlopes" | "squareSums" | "noise",
    number
  >
>;

/**
 * The WGSL of where chains are: `slotOf(chain)` is the lane of a chain, counted over all tiles; `chainOf(tile)` is the
 * first chain of a tile, and `filled(tile)` the number of chains in it.
 */
export function groupCode({ chains: C, half, firstTiles }: ChainGroups): string {
  return `
fn slotOf(chain: u32) -> u32 { return select(chain + ${4 * firstTiles - half}u, chain, chain < ${half}u); }
fn chainOf(tile: u32) -> u32 { return select(${half}u + 4u * (tile - ${firstTiles}u), 4u * tile, tile < ${firstTiles}u); }
fn filled(tile: u32) -> u32 { return min(4u, select(${C}u, ${half}u, tile < ${firstTiles}u) - chainOf(tile)); }
`;
}

/**
 * The WGSL of a step besides the network: `drawNoise` before the network's slope, `langevinStep` after it. For the
 * values at the end, `writeValues` writes f at the chains, and `placeZero` makes the zero outcome a point.
 */
export function stepCode({ size, memory }: NetworkCode, groups: ChainGroups, at: ChainRegions): string {
  const { goods: m } = size, { chains: C, tiles: T } = groups;
  const { lane, word, barrier } = memoryNames(memory);
  const number = (index: string) => `bitcast<f32>(${word(index)})`;
  return `
fn intoBox(point: vec4<f32>) -> vec4<f32> {
  if (params.reflect == 0u) { return clamp(point, vec4<f32>(), vec4<f32>(1.0)); }
  let far = abs(point);
  return clamp(1.0 - abs(1.0 - (far - 2.0 * floor(0.5 * far))), vec4<f32>(), vec4<f32>(1.0));
}
fn addSquares(i: u32) {
  var sum = ${number(`(${at.squareSums}u + i)`)};
  for (var tile = 0u; tile < ${T}u; tile++) {
    let index = ${at.squares}u + tile * ${m}u + i;
    let squares = select(vec4<f32>(), ${lane("index")}, vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(filled(tile)));
    ${lane("index")} = vec4<f32>();
    sum += (squares.x + squares.y) + (squares.z + squares.w);
  }
  ${word(`(${at.squareSums}u + i)`)} = bitcast<u32>(sum);
}
fn writeValues(row: u32, tiles: u32) {
  let to = params.valuesAt + row * ${C + 1}u;
  for (var tile = thread; tile < tiles; tile += THREADS) {
    let f = value(tile);
    let count = filled(tile);
    ${
    LANES.map((name, k) => `if (${k}u < count) { values[to + chainOf(tile) + ${k}u] = f.${name}; }`)
      .join("\n    ")
  }
  }
}
// Writes the zero outcome to the region of slopes.
fn placeZero() {
  for (var i = thread; i < ${m}u; i += THREADS) { ${lane(`(${at.slopes}u + i)`)} = vec4<f32>(); }
  ${barrier}
}
fn drawNoise(at: u32, row: u32) {
  // Element j of all rows' chains [rows, C, m] takes number j of the step's key. Two numbers come at a time, the first
  // or the last of which may belong to another row.
  let key = vec2<u32>(schedule[at + 1u], schedule[at + 2u]);
  let first = (params.firstRow + row) * ${C * m}u;
  let pairs = ((first + ${C * m + 1}u) >> 1u) - (first >> 1u);
  for (var pair = thread; pair < pairs; pair += THREADS) {
    let block = (first >> 1u) + pair;
    let normals = normalPair(key, block);
    for (var odd = 0u; odd < 2u; odd++) {
      // A number before this row's wraps around to a large one in 32 bits, and is left out, too.
      let element = 2u * block + odd - first;
      if (element < ${C * m}u) {
        let slot = slotOf(element / ${m}u);
        let index = ${at.noise}u + ((slot >> 2u) * ${m}u + element % ${m}u) * 4u + (slot & 3u);
        ${word("index")} = bitcast<u32>(select(normals.x, normals.y, odd == 1u));
      }
    }
  }
}
fn langevinStep(at: u32) {
  for (var item = thread; item < ${T * m}u; item += THREADS) {
    let tile = item / ${m}u;
    let i = item % ${m}u;
    let utilitySlope = ${number(`(${at.types}u + i)`)} - slope(tile, i);
    let square = ${number(`(${at.squareSlopes}u + i)`)};
    let stepSize = select(params.stepSize, params.stepSize / (square + params.smallestSquare), params.adapted == 1u);
    let noise = vec4<f32>(${[0, 1, 2, 3].map((k) => number(`(${at.noise}u + 4u * item + ${k}u)`)).join(", ")});
    let before = ${lane(`(${at.chains}u + item)`)};
    ${lane(`(${at.chains}u + item)`)} =
      intoBox(before + (utilitySlope * stepSize + noise * sqrt(stepSize * (2.0 / params.beta))));
    ${lane(`(${at.squares}u + item)`)} += utilitySlope * utilitySlope;
  }
  ${barrier}
  // At the end of a block of steps the mean squared slopes are half those from before, half those of the block.
  let steps = schedule[at + 3u];
  if (steps > 0u) {
    for (var i = thread; i < ${m}u; i += THREADS) {
      addSquares(i);
      let seen = ${number(`(${at.squareSums}u + i)`)} / f32(steps * ${C}u);
      let before = ${number(`(${at.squareSlopes}u + i)`)};
      ${word(`(${at.squareSlopes}u + i)`)} = bitcast<u32>(0.5 * (before + seen));
      ${word(`(${at.squareSums}u + i)`)} = 0u;
    }
    ${barrier}
  }
}
`;
}
