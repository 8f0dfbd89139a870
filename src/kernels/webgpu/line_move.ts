/**
 * Line moves (`sampling/line_moves.ts`) in WGSL, for the chains of one row.
 *
 * @module
 */
import { DRAWS, TINY, TRIES, WIDTH } from "../../sampling/line_moves.ts";
import type { ChainGroups } from "./chain_step.ts";
import { PARTS } from "./network.ts";
import type { NetworkCode } from "./network_code.ts";
import { LANES, memoryNames } from "./shader.ts";

/** Where the numbers of a line move begin: `draws` in `words`, all others in `lanes`. */
export interface LineMoveRegions {
  /** Chains `[T, m]`. */
  readonly chains: number;
  /** Directions of the group that moves `[tiles, m]`. */
  readonly directions: number;
  /** The points tried `[tiles, m]`. */
  readonly points: number;
  /** log q of the chains before the move, up to a constant, `[T]`. */
  readonly densities: number;
  /** How far each line stays in the box ahead and behind, from parts of the goods, `[2, PARTS, tiles]`. */
  readonly lines: number;
  /** The state of each chain's move `[6, tiles]`, as in {@linkcode STATES}. */
  readonly states: number;
  /** Uniform numbers `[DRAWS, 4 tiles]`. */
  readonly draws: number;
}

/**
 * The state of a chain's move: the interval that is searched, from `behind` to `ahead`, in multiples of the direction;
 * `level`, the slice's log density; `position`, which was found; `open`, 1 while none was; `tried`, the next one to
 * try.
 */
const STATES = ["behind", "ahead", "level", "position", "open", "tried"] as const;

/**
 * The WGSL of a line move of one group of chains. It is `beginLine`; then up to {@linkcode TRIES} times `placePoints`,
 * an evaluation of the network, and `judge`, which returns whether some chain has not found a point yet; then
 * `endLine`.
 *
 * From `at` on, the record has the group's words as `lineMoveWords` makes them: a and b of its directions, and keys.
 */
export function lineMoveCode(network: NetworkCode, groups: ChainGroups, at: LineMoveRegions): string {
  const { size: { goods: m }, memory } = network;
  const { chains: C, half, firstTiles, tiles } = groups, secondTiles = tiles - firstTiles;
  const { lane, word, barrier } = memoryNames(memory);
  const state = (name: typeof STATES[number]) => lane(`(${at.states + STATES.indexOf(name) * secondTiles}u + tile)`);
  const draws = (stream: string) =>
    `vec4<f32>(${
      [0, 1, 2, 3].map((k) =>
        `bitcast<f32>(${word(`(${at.draws}u + ${stream} * ${4 * secondTiles}u + 4u * tile + ${k}u)`)})`
      ).join(", ")
    })`;
  const line = (which: number, part: string) => lane(`(${at.lines + which * PARTS * secondTiles}u + ${part})`);
  const clamped = (point: string) => `clamp(${point}, vec4<f32>(), vec4<f32>(1.0))`;
  return `
// Whether some chain has not found a point yet.
var<workgroup> looking: u32;

fn logDensity(tile: u32) -> vec4<f32> { return -params.beta * value(tile); }

fn countOf(group: u32) -> u32 { return select(${half}u, ${C - half}u, group == 1u); }
fn tilesOf(group: u32) -> u32 { return select(${firstTiles}u, ${secondTiles}u, group == 1u); }
// The first tile of a group.
fn tileOf(group: u32) -> u32 { return group * ${firstTiles}u; }

// Coordinate i of chain k of the group that begins with tile 'first', which lends directions.
fn lent(first: u32, k: u32, i: u32) -> f32 {
  return ${lane(`(${at.chains}u + (first + (k >> 2u)) * ${m}u + i)`)}[k & 3u];
}

fn beginLine(at: u32, row: u32, group: u32) {
  let count = countOf(group);
  let tiles = tilesOf(group);
  let own = tileOf(group);
  let other = tileOf(1u - group);
  let others = countOf(1u - group);
  for (var item = thread; item < ${DRAWS}u * count; item += THREADS) {
    let stream = item / count;
    let k = item % count;
    let key = vec2<u32>(schedule[at + 2u + 2u * stream], schedule[at + 3u + 2u * stream]);
    ${word(`(${at.draws}u + stream * ${4 * secondTiles}u + k)`)} =
      bitcast<u32>(uniform24(key, (params.firstRow + row) * count + k));
  }
  let a = schedule[at];
  let b = schedule[at + 1u];
  for (var item = thread; item < tiles * ${m}u; item += THREADS) {
    let k = 4u * (item / ${m}u);
    let i = item % ${m}u;
    var direction = vec4<f32>();
    ${
    LANES.map((name, lane) =>
      `if (k + ${lane}u < count) { direction.${name} = lent(other, (a + k + ${lane}u) % others, i) - lent(other, (b + k + ${lane}u) % others, i); }`
    ).join("\n    ")
  }
    ${lane(`(${at.directions}u + item)`)} = direction;
  }
  ${barrier}
  // Along a rising coordinate x reaches 1 at (1 - x) / d and 0 at -x / d, along a falling one the other way.
  for (var item = thread; item < tiles * ${PARTS}u; item += THREADS) {
    let tile = item % tiles;
    let part = item / tiles;
    var room = vec4<f32>(3.0e38);
    var roomBehind = vec4<f32>(-3.0e38);
    for (var i = part; i < ${m}u; i += ${PARTS}u) {
      let x = ${lane(`(${at.chains}u + (own + tile) * ${m}u + i)`)};
      let direction = ${lane(`(${at.directions}u + tile * ${m}u + i)`)};
      let up = select(vec4<f32>(), vec4<f32>(1.0), direction > vec4<f32>());
      let safe = direction + ${TINY} * (2.0 * up - 1.0);
      room = min(room, (up - x) / safe);
      roomBehind = max(roomBehind, (1.0 - up - x) / safe);
    }
    ${line(0, "item")} = room;
    ${line(1, "item")} = roomBehind;
  }
  ${barrier}
  for (var tile = thread; tile < tiles; tile += THREADS) {
    let placed = ${draws(`${TRIES + 1}u`)} * ${-WIDTH}.0;
    var ahead = placed + ${WIDTH}.0;
    var behind = placed;
    for (var part = 0u; part < ${PARTS}u; part++) {
      ahead = min(ahead, ${line(0, "part * tiles + tile")});
      behind = max(behind, ${line(1, "part * tiles + tile")});
    }
    ${state("behind")} = behind;
    ${state("ahead")} = ahead;
    ${state("level")} = ${lane(`(${at.densities}u + own + tile)`)} + log(1.0 - ${draws("0u")});
    ${state("position")} = vec4<f32>();
    // Lanes without a chain look for no point.
    ${state("open")} = select(vec4<f32>(), vec4<f32>(1.0), 4u * tile + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(count));
    ${state("tried")} = behind + ${draws("1u")} * (ahead - behind);
  }
  ${barrier}
}

fn placePoints(group: u32) {
  for (var item = thread; item < tilesOf(group) * ${m}u; item += THREADS) {
    let tile = item / ${m}u;
    let x = ${lane(`(${at.chains}u + tileOf(group) * ${m}u + item)`)};
    ${lane(`(${at.points}u + item)`)} =
      ${clamped(`x + ${lane(`(${at.directions}u + item)`)} * ${state("tried")}`)};
  }
  ${barrier}
}

// The first point inside the slice is taken; points outside cut the interval on their side of the chain.
fn judge(group: u32, attempt: u32) -> bool {
  let tiles = tilesOf(group);
  for (var tile = thread; tile < tiles; tile += THREADS) {
    let tried = ${state("tried")};
    let open = ${state("open")};
    let taken = open * select(vec4<f32>(1.0), vec4<f32>(), ${state("level")} > logDensity(tile));
    let cut = open - taken;
    let onward = select(vec4<f32>(), vec4<f32>(1.0), tried > vec4<f32>());
    let ahead = ${state("ahead")} + cut * onward * (tried - ${state("ahead")});
    let behind = ${state("behind")} + cut * (1.0 - onward) * (tried - ${state("behind")});
    ${state("position")} += taken * (tried - ${state("position")});
    ${state("ahead")} = ahead;
    ${state("behind")} = behind;
    ${state("open")} = cut;
    if (attempt < ${TRIES}u) { ${state("tried")} = behind + ${draws("(attempt + 1u)")} * (ahead - behind); }
  }
  ${barrier}
  if (thread == 0u) {
    var some = false;
    for (var tile = 0u; tile < tiles; tile++) { some = some || any(${state("open")} > vec4<f32>()); }
    looking = select(0u, 1u, some);
  }
  return workgroupUniformLoad(&looking) == 1u && attempt < ${TRIES}u;
}

fn endLine(group: u32) {
  for (var item = thread; item < tilesOf(group) * ${m}u; item += THREADS) {
    let tile = item / ${m}u;
    let index = ${at.chains}u + tileOf(group) * ${m}u + item;
    ${lane("index")} = ${clamped(`${lane("index")} + ${lane(`(${at.directions}u + item)`)} * ${state("position")}`)};
  }
  ${barrier}
}
`;
}
