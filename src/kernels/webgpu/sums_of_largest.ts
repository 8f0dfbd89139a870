/**
 * Networks of the sums of the largest coordinates (`networks/symmetric_groupmax.ts`) in WGSL.
 *
 * @module
 */
import { sumScale } from "../../networks/sums_of_largest.ts";
import type { NetworkCode, SumsOfLargest } from "./network_code.ts";
import { memoryNames } from "./shader.ts";

/** Regions of `lanes` for T tiles: none where the network is one of goods. */
export function sumsOfLargestRegions(
  { size: { goods, sumsOfLargest }, tiles }: Pick<NetworkCode, "size" | "tiles">,
): Record<keyof SumsOfLargest, number> {
  const each = sumsOfLargest ? tiles * goods : 0;
  return { sumsOfLargest: each, ranks: each };
}

/**
 * `makeSumsOfLargest(pointsAt, tiles)` makes ranks and sums of the points at `lanes[pointsAt]`. It begins where all threads see the
 * points, and ends with a barrier.
 */
export function sumsOfLargestCode(
  { size: { goods: m }, memory }: NetworkCode,
  { sumsOfLargest, ranks }: SumsOfLargest,
): string {
  const { lane, barrier } = memoryNames(memory);
  return `
fn makeSumsOfLargest(pointsAt: u32, tiles: u32) {
  for (var item = thread; item < tiles * ${m}u; item += THREADS) {
    let first = pointsAt + item - item % ${m}u;
    let own = ${lane("(pointsAt + item)")};
    var rank = vec4<f32>();
    for (var i = 0u; i < ${m}u; i++) {
      let other = ${lane("(first + i)")};
      // Of equal coordinates the first comes first.
      let isEarlier = vec4<bool>(i < item % ${m}u);
      rank += select(vec4<f32>(), vec4<f32>(1.0), (other > own) | ((other == own) & isEarlier));
    }
    ${lane(`(${ranks}u + item)`)} = rank;
  }
  ${barrier}
  for (var item = thread; item < tiles * ${m}u; item += THREADS) {
    let first = item - item % ${m}u;
    let most = vec4<f32>(f32(item % ${m}u));
    var sum = vec4<f32>();
    for (var i = 0u; i < ${m}u; i++) {
      sum += select(vec4<f32>(), ${lane("(pointsAt + first + i)")}, ${lane(`(${ranks}u + first + i)`)} <= most);
    }
    ${lane(`(${sumsOfLargest}u + item)`)} = f32(${sumScale(m)}) * sum;
  }
  ${barrier}
}
`;
}

/** `slope(tile, i)` from `slopeInSums(tile, k)`: a coordinate with r before it is in the sums from r + 1 coordinates on. */
export function slopeInGoodsCode({ size: { goods: m }, memory }: NetworkCode, { ranks }: SumsOfLargest): string {
  const { lane } = memoryNames(memory);
  return `
fn slope(tile: u32, i: u32) -> vec4<f32> {
  let rank = ${lane(`(${ranks}u + tile * ${m}u + i)`)};
  var sum = vec4<f32>();
  for (var k = 0u; k < ${m}u; k++) {
    sum += select(vec4<f32>(), slopeInSums(tile, k), rank <= vec4<f32>(f32(k)));
  }
  return f32(${sumScale(m)}) * sum;
}
`;
}
