/**
 * Lines 8 to 14 of Algorithm 1 in WGSL: a workgroup takes the C chains of a row through Langevin steps (equation (13))
 * and line moves.
 *
 * The chains of a row are the lanes of T tiles. With line moves they are in two groups, each of which begins with a
 * tile of its own. The buffer `schedule` lists what chains do, in records of `RECORD` words; a dispatch carries out
 * some of them. The last record asks for f at the chains and at the zero outcome, `[R, C + 1]`. The buffer `rows`
 * `[R, 2, m]` holds types, and sums of squared slopes, which one dispatch leaves to the next.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { DRAWS, TRIES } from "../../sampling/line_moves.ts";
import { mainCode } from "./chain_program.ts";
import { type ChainGroups, groupCode, stepCode } from "./chain_step.ts";
import { type Memory, placeMemory, regions, tilesOf, type WorkgroupLimits } from "./layout.ts";
import { lineMoveCode, type LineMoveRegions } from "./line_move.ts";
import { forwardCode, keptActivations, PARTS, roundsOfNetwork, slopeCode, slopeParts, valueCode } from "./network.ts";
import type { NetworkCode } from "./network_code.ts";
import type { KINDS } from "./records.ts";
import { memoryBuffers, memoryCode, memoryNames, type Shader } from "./shader.ts";
import { sumsOfLargestRegions } from "./sums_of_largest.ts";
import { randomCode } from "./threefry.ts";

/** The groups of C chains. Fewer than 4 chains make no line moves. */
export function chainGroups(chains: number, lineMoves: boolean): ChainGroups {
  const half = lineMoves && chains >= 4 ? chains >> 1 : 0;
  const firstTiles = tilesOf(half);
  return { chains, half, firstTiles, tiles: firstTiles + tilesOf(chains - half) };
}

/** The shader that moves chains, and what is needed to run it. */
export interface ChainShader {
  readonly shader: Shader;
  readonly memory: Memory;
  /** About how many loop rounds a thread takes for a record of each kind. */
  readonly rounds: Readonly<Record<keyof typeof KINDS, number>>;
}

/** Makes the shader that moves C chains in each row. */
export function chainShader(
  size: PartialGroupMaxSize,
  chains: number,
  lineMoves: boolean,
  limits: WorkgroupLimits,
): ChainShader {
  const { goods: m, groups: G } = size, groups = chainGroups(chains, lineMoves);
  const { half, firstTiles, tiles: T } = groups, secondTiles = T - firstTiles;
  const moves = half > 0;
  const items = T * G, threads = placeMemory(size, { lanes: 0, words: 0 }, items, limits).threads;
  const parts = slopeParts(size, T, threads);
  const lanes = regions({
    chains: T * m,
    activations: keptActivations(size) * T * G,
    sums: PARTS * T,
    squares: T * m,
    // Slopes of a Langevin step, or directions and points of a line move.
    slopes: Math.max(parts * T * m, moves ? 2 * secondTiles * m : 0),
    densities: moves ? T : 0,
    lines: moves ? 2 * PARTS * secondTiles : 0,
    states: moves ? 6 * secondTiles : 0,
    ...sumsOfLargestRegions({ size, tiles: T }),
  });
  const words = regions({
    types: m,
    squareSlopes: m,
    squareSums: m,
    noise: 4 * T * m,
    winners: size.layers * T * G,
    draws: moves ? 4 * DRAWS * secondTiles : 0,
  });
  const memory = placeMemory(size, { lanes: lanes.total, words: words.total }, items, limits);
  const network: NetworkCode = {
    size,
    memory,
    tiles: T,
    activations: lanes.at.activations,
    kept: keptActivations(size),
    sums: lanes.at.sums,
    winners: words.at.winners,
    sumsOfLargest: size.sumsOfLargest && lanes.at,
  };
  const { word } = memoryNames(memory);
  const type = (i: string) => `bitcast<f32>(${word(`(${words.at.types}u + ${i})`)})`;
  const at: LineMoveRegions = {
    chains: lanes.at.chains,
    directions: lanes.at.slopes,
    points: lanes.at.slopes + secondTiles * m,
    densities: lanes.at.densities,
    lines: lanes.at.lines,
    states: lanes.at.states,
    draws: words.at.draws,
  };
  const code = memoryCode(size, memory) + randomCode + forwardCode(network) +
    valueCode(network, type) +
    slopeCode(network, lanes.at.slopes, parts) + groupCode(groups) +
    stepCode(network, groups, { ...lanes.at, ...words.at, points: at.points }) +
    (moves ? lineMoveCode(network, groups, at) : "") +
    mainCode(network, groups, { ...lanes.at, ...words.at, points: at.points });
  const { forward, slopes } = roundsOfNetwork(network);
  return {
    shader: {
      name: "move chains",
      buffers: [
        ...memoryBuffers(memory),
        { name: "chains", access: "read_write", element: "f32" },
        { name: "squareSlopes", access: "read_write", element: "f32" },
        { name: "rows", access: "read_write", element: "f32" },
        { name: "values", access: "read_write", element: "f32" },
        { name: "schedule", access: "read", element: "u32" },
      ],
      params: {
        firstRow: "u32",
        sharedWeights: "u32",
        firstRecord: "u32",
        endRecord: "u32",
        chainsAt: "u32",
        squareSlopesAt: "u32",
        rowsAt: "u32",
        valuesAt: "u32",
        adapted: "u32",
        reflect: "u32",
        beta: "f32",
        // eta of the constant rule; for the adapted rule eta = stepSize / (g^2 + smallestSquare).
        stepSize: "f32",
        smallestSquare: "f32",
      },
      code,
    },
    memory,
    rounds: {
      step: forward + slopes + Math.ceil(T * m / memory.threads) * 4 + T,
      lineMove: forward + 2 * (TRIES + 1) * (forward + T + Math.ceil(m / PARTS)),
      values: 2 * forward,
    },
  };
}
