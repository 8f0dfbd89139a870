/**
 * The entry point of the shader that moves chains: a loop over the records of one dispatch.
 *
 * @module
 */
import type { ChainGroups, ChainRegions } from "./chain_step.ts";
import type { NetworkCode } from "./network_code.ts";
import { GROUP_WORDS, KINDS, RECORD } from "./records.ts";
import { memoryNames } from "./shader.ts";
import { TRIES } from "../../sampling/line_moves.ts";

/**
 * The WGSL of the entry point. It copies a row's chains to scratch memory, carries out the records, and copies them
 * back.
 */
export function mainCode({ size, memory }: NetworkCode, groups: ChainGroups, at: ChainRegions): string {
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
    // The network is evaluated in one place of the program, since drivers inline it, and it is most of the program. A
    // line move has one evaluation for both groups, then up to ${TRIES} for each.
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
        if (attempt == 0u) { writeValues(row, tiles); } else if (thread == 0u) {
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
