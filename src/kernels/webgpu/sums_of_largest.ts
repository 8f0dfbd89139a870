/**
 * Sums of the largest coordinates (`networks/sums_of_largest.ts`) in WGSL, for symmetric networks.
 *
 * @module
 */
import { sumScale } from "../../networks/sums_of_largest.ts";
import type { NetworkCode, SumsOfLargest } from "./network_code.ts";
import { memoryNames } from "./shader.ts";

/** The sizes of regions of `lanes` for T tiles; 0 where the network takes x itself. */
export function sumsOfLargestRegions(
  { size: { goods, sumsOfLargest }, tiles }: Pick<NetworkCode, "size" | "tiles">,
): Record<keyof SumsOfLargest, number> {
  const each = sumsOfLargest ? tiles * goods : 0;
  return { sumsOfLargest: each, ranks: each };
}

/**
 * The WGSL of `makeSumsOfLargest(pointsAt, tiles)`, which computes ranks and sums of the points from `lanes[pointsAt]`
 * on. All threads must see the points when it begins; it ends with a barrier.
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
      // Equal coordinates stay in their order.
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

/** The WGSL of `slope(tile, i)` in x, from `slopeInSums(tile, k)`: the coordinate of rank r is in sums k >= r. */
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
