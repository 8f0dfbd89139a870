/**
 * Values and slopes of f at points, in WGSL. A workgroup takes a block of the points of one row.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { type Memory, placeMemory, regions, tilesOf, type WorkgroupLimits } from "./layout.ts";
import { forwardCode, keptActivations, PARTS, slopeCode, slopeParts, valueCode } from "./network.ts";
import type { NetworkCode } from "./network_code.ts";
import { LANES, memoryBuffers, memoryCode, memoryNames, type Shader } from "./shader.ts";
import { sumsOfLargestRegions } from "./sums_of_largest.ts";

/** The most tiles of a block, for which weights are read once. */
const LARGEST_BLOCK = 8;

/** The number of tiles of a block, such that the blocks of N points are about equal, and `fits` is true for it. */
export function blockTiles(N: number, fits: (tiles: number) => boolean): number {
  const blocks = Math.ceil(N / (4 * LARGEST_BLOCK));
  let tiles = tilesOf(Math.ceil(N / blocks));
  while (tiles > 1 && !fits(tiles)) tiles = tiles >> 1;
  return tiles;
}

/**
 * The WGSL of `loadPoints(to, source, count)`, which copies `count` points `[count, m]` from `points[source]` on to
 * `lanes[to]`, and fills the rest of T tiles with zeros.
 */
export function loadPointsCode({ goods: m }: PartialGroupMaxSize, memory: Memory, tiles: number): string {
  const { lane } = memoryNames(memory);
  const lanes = LANES.map((name, k) =>
    `if (first + ${k}u < count) { point.${name} = points[source + (first + ${k}u) * ${m}u + i]; }`
  ).join("\n    ");
  return `
fn loadPoints(to: u32, source: u32, count: u32) {
  for (var item = thread; item < ${tiles * m}u; item += THREADS) {
    let first = 4u * (item / ${m}u);
    let i = item % ${m}u;
    var point = vec4<f32>();
    ${lanes}
    ${lane("(to + item)")} = point;
  }
}
`;
}

/** A shader whose workgroups take blocks of points, and what is needed to run it. */
export interface PointShader {
  readonly shader: Shader;
  readonly memory: Memory;
  /** The number of tiles of a block. */
  readonly tiles: number;
}

/** Makes the shader of f `[R, N]`, or of its slope `[R, N, m]`, at points `[R, N, m]`. */
export function pointShader(
  size: PartialGroupMaxSize,
  what: "value" | "slope",
  N: number,
  limits: WorkgroupLimits,
): PointShader {
  const { goods: m, groups: G } = size;
  const plan = (T: number) => {
    const threads = placeMemory(size, { lanes: 0, words: 0 }, T * G, limits).threads;
    const parts = slopeParts(size, T, threads);
    const lanes = regions({
      points: T * m,
      activations: keptActivations(size) * T * G,
      sums: what === "value" ? PARTS * T : 0,
      slopes: what === "slope" ? parts * T * m : 0,
      ...sumsOfLargestRegions({ size, tiles: T }),
    });
    const words = what === "slope" ? size.layers * T * G : 0;
    return { parts, lanes, memory: placeMemory(size, { lanes: lanes.total, words }, T * G, limits) };
  };
  const T = blockTiles(N, (tiles) => plan(tiles).memory.ownScratch);
  const { parts, lanes: { at }, memory } = plan(T);
  const network: NetworkCode = {
    size,
    memory,
    tiles: T,
    activations: at.activations,
    kept: keptActivations(size),
    sums: at.sums,
    winners: what === "slope" ? 0 : undefined,
    sumsOfLargest: size.sumsOfLargest && at,
  };
  const { barrier } = memoryNames(memory);
  const write = what === "value"
    ? `sumValue(${at.points}u, ${T}u, 0.0);
  for (var tile = thread; tile < ${T}u; tile += THREADS) {
    let made = value(tile);
    ${
      LANES.map((name, k) => `if (4u * tile + ${k}u < count) { results[to + 4u * tile + ${k}u] = made.${name}; }`)
        .join("\n    ")
    }
  }`
    : `slopes(${T}u);
  for (var item = thread; item < ${T * m}u; item += THREADS) {
    let tile = item / ${m}u;
    let i = item % ${m}u;
    let made = slope(tile, i);
    ${
      LANES.map((name, k) =>
        `if (4u * tile + ${k}u < count) { results[to + (4u * tile + ${k}u) * ${m}u + i] = made.${name}; }`
      ).join("\n    ")
    }
  }`;
  const code = `${memoryCode(size, memory)}${forwardCode(network)}${
    what === "value" ? valueCode(network) : slopeCode(network, at.slopes, parts)
  }${loadPointsCode(size, memory, T)}
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  thread = index;
  let row = workgroup.x / params.blocks;
  let before = (workgroup.x % params.blocks) * ${4 * T}u;
  let first = row * params.perRow + before;
  let count = min(${4 * T}u, params.perRow - before);
  openMemory(row, workgroup.x);
  loadPoints(${at.points}u, params.pointsAt + first * ${m}u, count);
  ${barrier}
  forward(${at.points}u, ${T}u);
  let to = params.resultsAt + first * ${what === "value" ? 1 : m}u;
  ${write}
}
`;
  return {
    shader: {
      name: what,
      buffers: [
        ...memoryBuffers(memory),
        { name: "points", access: "read", element: "f32" },
        { name: "results", access: "read_write", element: "f32" },
      ],
      params: { perRow: "u32", blocks: "u32", pointsAt: "u32", resultsAt: "u32" },
      code,
    },
    memory,
    tiles: T,
  };
}
