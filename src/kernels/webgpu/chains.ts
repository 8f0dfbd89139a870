/**
 * Lines 8 to 14 of Algorithm 1 in WGSL: a workgroup takes the C chains of a row through Langevin steps (equation 13)
 * and moves along lines.
 *
 * The chains of a row are in `slots`: lanes of T tiles. Where they move along lines they are in two groups, each of
 * which begins with a tile of its own. What they are to do is a list of records of {@linkcode RECORD} words in the
 * buffer `schedule`; a dispatch carries out some of them. The last one gives f at the chains and at the zero outcome
 * `[R, C + 1]`. The buffer `rows` `[R, 2, m]` has types, and sums of squared slopes from one dispatch to the next.
 *
 * @module
 */
import type { PartialGroupMaxSize } from "../../networks/partial_groupmax.ts";
import { type Memory, placeMemory, regions, tilesOf, type WorkgroupLimits } from "./layout.ts";
import { lineMoveCode, type LineMoveRegions, TRIES } from "./line_move.ts";
import {
  forwardCode,
  keptActivations,
  type NetworkCode,
  PARTS,
  roundsOfNetwork,
  slopeCode,
  slopeParts,
  valueCode,
} from "./network.ts";
import { memoryBuffers, memoryCode, memoryNames, type Shader } from "./shader.ts";
import { randomCode } from "./threefry.ts";

/** The two groups of a row's chains; the first is empty where nothing moves along lines. */
export interface ChainGroups {
  /** C. */
  readonly chains: number;
  /** Chains in the first group. */
  readonly half: number;
  /** Tiles of the first group. */
  readonly firstTiles: number;
  /** T, the tiles of both groups. */
  readonly tiles: number;
}

/** How C chains are grouped. Fewer than 4 chains do not move along lines. */
export function chainGroups(chains: number, lineMoves: boolean): ChainGroups {
  const half = lineMoves && chains >= 4 ? chains >> 1 : 0;
  const firstTiles = tilesOf(half);
  return { chains, half, firstTiles, tiles: firstTiles + tilesOf(chains - half) };
}

/** The shader, and what its host needs to know of it. */
export interface ChainShader {
  readonly shader: Shader;
  readonly memory: Memory;
  /** About how many loop rounds a thread takes for a record. */
  readonly rounds: Readonly<Record<keyof typeof KINDS, number>>;
}

/** The shader that moves C chains a row. */
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
    // Slopes, or else directions and points of a move along lines.
    slopes: Math.max(parts * T * m, moves ? 2 * secondTiles * m : 0),
    densities: moves ? T : 0,
    lines: moves ? 2 * PARTS * secondTiles : 0,
    states: moves ? 6 * secondTiles : 0,
  });
  const words = regions({
    types: m,
    squareSlopes: m,
    squareSums: m,
    noise: 4 * T * m,
    winners: size.layers * T * G,
    draws: moves ? (TRIES + 2) * 4 * secondTiles : 0,
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
        // eta of the constant rule; a and b of eta = a / (g^2 + b) of the adapted one.
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

/** Where chains are: `slotOf(chain)`, `filled(tile)` lanes of a tile hold chains, `chainOf(tile)` is the first one. */
function groupCode({ chains: C, half, firstTiles }: ChainGroups): string {
  return `
fn slotOf(chain: u32) -> u32 { return select(chain + ${4 * firstTiles - half}u, chain, chain < ${half}u); }
fn chainOf(tile: u32) -> u32 { return select(${half}u + 4u * (tile - ${firstTiles}u), 4u * tile, tile < ${firstTiles}u); }
fn filled(tile: u32) -> u32 { return min(4u, select(${C}u, ${half}u, tile < ${firstTiles}u) - chainOf(tile)); }
`;
}

type Regions = Readonly<
  Record<
    "chains" | "squares" | "slopes" | "points" | "densities" | "types" | "squareSlopes" | "squareSums" | "noise",
    number
  >
>;

/**
 * What a step does besides the network: `drawNoise` before it and `langevinStep` after it; `giveValues` and `placeZero`
 * for the values at the end.
 */
function stepCode({ size, memory }: NetworkCode, groups: ChainGroups, at: Regions): string {
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
fn giveValues(row: u32, tiles: u32) {
  let to = params.valuesAt + row * ${C + 1}u;
  for (var tile = thread; tile < tiles; tile += THREADS) {
    let f = value(tile);
    let count = filled(tile);
    ${
    ["x", "y", "z", "w"].map((name, k) => `if (${k}u < count) { values[to + chainOf(tile) + ${k}u] = f.${name}; }`)
      .join("\n    ")
  }
  }
}
// The zero outcome, where slopes were.
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
      // What is before this row is far behind it in 32 bits, too.
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
    let slope = ${number(`(${at.types}u + i)`)} - slope(tile, i);
    let square = ${number(`(${at.squareSlopes}u + i)`)};
    let stepSize = select(params.stepSize, params.stepSize / (square + params.smallestSquare), params.adapted == 1u);
    let noise = vec4<f32>(${[0, 1, 2, 3].map((k) => number(`(${at.noise}u + 4u * item + ${k}u)`)).join(", ")});
    let before = ${lane(`(${at.chains}u + item)`)};
    ${lane(`(${at.chains}u + item)`)} =
      intoBox(before + (slope * stepSize + noise * sqrt(stepSize * (2.0 / params.beta))));
    ${lane(`(${at.squares}u + item)`)} += slope * slope;
  }
  ${barrier}
  // At the end of a block of steps half of the memory is from before.
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

/** The entry point: brings a row's chains to scratch memory and back. */
function mainCode({ size, memory }: NetworkCode, groups: ChainGroups, at: Regions): string {
  const { goods: m } = size, { chains: C, tiles: T } = groups;
  const { lane, word, barrier } = memoryNames(memory);
  return `
@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  thread = index;
  let row = workgroup.x;
  openMemory(select(row, 0u, params.sharedWeights == 1u), row);
  let chainsAt = params.chainsAt + row * ${C * m}u;
  for (var item = thread; item < ${T * m}u; item += THREADS) {
    let tile = item / ${m}u;
    let source = chainsAt + chainOf(tile) * ${m}u + item % ${m}u;
    let count = filled(tile);
    var x = vec4<f32>();
    x.x = chains[source];
    if (count > 1u) { x.y = chains[source + ${m}u]; }
    if (count > 2u) { x.z = chains[source + ${2 * m}u]; }
    if (count > 3u) { x.w = chains[source + ${3 * m}u]; }
    ${lane(`(${at.chains}u + item)`)} = x;
    ${lane(`(${at.squares}u + item)`)} = vec4<f32>();
  }
  for (var i = thread; i < ${m}u; i += THREADS) {
    ${word(`(${at.types}u + i)`)} = bitcast<u32>(rows[params.rowsAt + row * ${2 * m}u + i]);
    ${word(`(${at.squareSlopes}u + i)`)} = bitcast<u32>(squareSlopes[params.squareSlopesAt + row * ${m}u + i]);
    ${word(`(${at.squareSums}u + i)`)} = bitcast<u32>(rows[params.rowsAt + row * ${2 * m}u + ${m}u + i]);
  }
  ${barrier}
  for (var now = params.firstRecord; now < params.endRecord; now++) {
    let record = now * ${RECORD}u;
    let kind = schedule[record];
    if (kind == ${KINDS.step}u) { drawNoise(record, row); }
    // The network is evaluated in one place: it is most of the program, and drivers put functions where they are called.
    // A record of a line move has one evaluation for both groups, and then some for each.
    var group = 0u;
    var attempt = 0u;
    loop {
      var pointsAt = ${at.chains}u;
      var tiles = ${T}u;
      ${
    groups.half === 0 ? "" : `if (kind == ${KINDS.lineMove}u && attempt > 0u) {
        if (attempt == 1u) { beginLine(record + 1u + group * ${GROUP_WORDS}u, row, group); }
        placePoints(group);
        pointsAt = ${at.points}u;
        tiles = tilesOf(group);
      }`
  }
      if (kind == ${KINDS.values}u && attempt > 0u) {
        placeZero();
        pointsAt = ${at.slopes}u;
        tiles = 1u;
      }
      forward(pointsAt, tiles);
      if (kind == ${KINDS.step}u) {
        slopes(tiles);
        langevinStep(record);
        break;
      }
      sumValue(pointsAt, tiles, select(0.0, 1.0, kind == ${KINDS.lineMove}u));
      if (kind == ${KINDS.values}u) {
        if (attempt == 0u) { giveValues(row, tiles); } else if (thread == 0u) {
          values[params.valuesAt + row * ${C + 1}u + ${C}u] = value(0u).x;
        }
        ${barrier}
        if (attempt == 1u) { break; }
      }${
    groups.half === 0 ? "" : ` else if (attempt == 0u) {
        for (var tile = thread; tile < tiles; tile += THREADS) {
          ${lane(`(${at.densities}u + tile)`)} = logDensity(tile);
        }
        ${barrier}
      } else if (!judge(group, attempt)) {
        endLine(group);
        if (group == 1u) { break; }
        group = 1u;
        attempt = 0u;
      }`
  }
      attempt++;
    }
  }
  for (var i = thread; i < ${m}u; i += THREADS) {
    addSquares(i);
    squareSlopes[params.squareSlopesAt + row * ${m}u + i] = bitcast<f32>(${word(`(${at.squareSlopes}u + i)`)});
    rows[params.rowsAt + row * ${2 * m}u + ${m}u + i] = bitcast<f32>(${word(`(${at.squareSums}u + i)`)});
  }
  for (var item = thread; item < ${T * m}u; item += THREADS) {
    let tile = item / ${m}u;
    let to = chainsAt + chainOf(tile) * ${m}u + item % ${m}u;
    let count = filled(tile);
    let x = ${lane(`(${at.chains}u + item)`)};
    chains[to] = x.x;
    if (count > 1u) { chains[to + ${m}u] = x.y; }
    if (count > 2u) { chains[to + ${2 * m}u] = x.z; }
    if (count > 3u) { chains[to + ${3 * m}u] = x.w; }
  }
}
`;
}

/** Words of a line move's record for each group: a, b, and a key for each of {@linkcode TRIES} + 2 draws. */
const GROUP_WORDS = 2 + 2 * (TRIES + 2);
/** Words of a record of the schedule. */
export const RECORD: number = 1 + 2 * GROUP_WORDS;

/** What records are, by their first word. */
export const KINDS = { step: 0, lineMove: 1, values: 2 } as const;
