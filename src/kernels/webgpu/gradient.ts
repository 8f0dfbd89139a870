/**
 * The gradient of `sum(coefficients f)` in raw weights, in WGSL. A workgroup sums over its points in order, one block
 * after the other, so that every run gives the same bits.
 *
 * @module
 */
import { groupMaxLayout, type PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { placeMemory, regions, type WorkgroupLimits } from "./layout.ts";
import { activation, forwardCode, roundsOfNetwork, winnersRow } from "./network.ts";
import type { NetworkCode } from "./network_code.ts";
import { blockTiles, loadPointsCode, type PointShader } from "./points.ts";
import { LANES, memoryBuffers, memoryCode, memoryNames } from "./shader.ts";
import { sumsOfLargestRegions } from "./sums_of_largest.ts";

/** The most elements of a group whose gradients a thread has in registers. */
const ELEMENTS = 4;

/**
 * Makes the shader of the gradient in raw weights. Workgroup w takes `perGroup` points from number `w perGroup` on, and
 * writes row w of `results`, in the order of raw weights.
 *
 * @param N The number of points of a workgroup.
 * @returns The shader, and `rounds`: about how many loop rounds a thread takes for a block of points.
 */
export function gradientShader(
  size: PartialGroupMaxSize,
  N: number,
  limits: WorkgroupLimits,
): PointShader & { readonly rounds: number } {
  const { goods: m, layers: K, groups: G, groupSize: E } = size;
  const plan = (T: number) => {
    const lanes = regions({
      points: T * m,
      one: 1,
      coefficients: T,
      activations: K * T * G,
      above: 2 * T * G,
      ...sumsOfLargestRegions({ size, tiles: T }),
    });
    const memory = placeMemory(size, { lanes: lanes.total, words: K * T * G }, Math.max(T * G, G * (m + 1)), limits);
    return { lanes, memory };
  };
  const T = blockTiles(N, (tiles) => plan(tiles).memory.ownScratch);
  const { lanes: { at }, memory } = plan(T);
  const network: NetworkCode = {
    size,
    memory,
    tiles: T,
    activations: at.activations,
    kept: K,
    sums: 0,
    winners: 0,
    sumsOfLargest: size.sumsOfLargest && at,
  };
  const inputs = size.sumsOfLargest ? at.sumsOfLargest : at.points;
  const { lane, word, weight, barrier } = memoryNames(memory);
  const raw = groupMaxLayout(size), { weights } = memory;
  const above = (k: string) => `(${at.above}u + (${k}) % 2u * ${T * G}u)`;
  const blocks = Math.ceil(E / ELEMENTS), width = Math.ceil(E / blocks);
  const each = Array.from({ length: width }, (_, e) => e);

  /**
   * The layers from the last one down: the gradient in a layer's weights, then `above`, df/dx_k, for the layer below.
   */
  const layers = `
    for (var k = ${K - 1}u;; k--) {
      let rows = ${m + 1}u + select(0u, ${G}u, k > 0u);
      for (var item = thread; item < ${blocks * G}u * rows; item += THREADS) {
        let g = item % ${G}u;
        let r = item / ${G}u % rows;
        let first = item / (${G}u * rows) * ${width}u;
        // The inputs of the layer are x, 1 and x_k.
        var input = ${inputs}u + r;
        var apart = ${m}u;
        var elements = ${(m + 1) * G}u;
        var to = ${raw.free(0, 0)}u + (k * ${E}u + first) * elements + r * ${G}u + g;
        if (r == ${m}u) { input = ${at.one}u; apart = 0u; }
        if (r > ${m}u) {
          input = ${activation(network, `k + ${K - 1}u`)} + r - ${m + 1}u;
          apart = ${G}u;
          elements = ${G * G}u;
          to = ((k - 1u) * ${E}u + first) * elements + (r - ${m + 1}u) * ${G}u + g;
        }
        ${each.map((e) => `var sum${e} = 0.0;`).join(" ")}
        for (var tile = 0u; tile < ${T}u; tile++) {
          let product = ${lane(`(${above("k")} + tile * ${G}u + g)`)} * ${lane("(input + tile * apart)")};
          let bytes = ${word(`((k * ${T}u + tile) * ${G}u + g)`)};
          let won = vec4<u32>(bytes & 255u, (bytes >> 8u) & 255u, (bytes >> 16u) & 255u, bytes >> 24u);
          ${
    each.map((e) => `sum${e} += dot(product, select(vec4<f32>(), vec4<f32>(1.0), won == vec4<u32>(first + ${e}u)));`)
      .join("\n          ")
  }
        }
        ${
    each.map((e) => `if (first + ${e}u < ${E}u) { addResult(to + ${e}u * elements, sum${e}, start); }`).join(
      "\n        ",
    )
  }
      }
      if (k == 0u) { break; }
      for (var item = thread; item < ${T * G}u; item += THREADS) {
        let tile = item / ${G}u;
        let above = ${above("k")} + tile * ${G}u;
        let winners = (k * ${T}u + tile) * ${G}u;
        var sum = vec4<f32>();
        ${winnersRow(network, "positive", `(item % ${G}u)`, { first: "0u", count: G })}
        ${lane(`(${above("k + 1u")} + item)`)} = sum;
      }
      ${barrier}
    }
    ${barrier}`;

  const code = `${memoryCode(size, memory)}${forwardCode(network)}${loadPointsCode(size, memory, T)}
var<private> resultsAt: u32;

// Writes or adds one number of the gradient, through softplus for a raw weight that goes through it. The derivative of
// softplus is 1 - exp(-softplus).
fn addResult(to: u32, sum: f32, start: bool) {
  let derivative = select(1.0, 1.0 - exp(-prepared[weightsAt + to]), to < ${raw.positiveCount}u);
  let before = select(results[resultsAt + to], 0.0, start);
  results[resultsAt + to] = before + derivative * sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  thread = index;
  let group = workgroup.x;
  openMemory(select(group, 0u, params.sharedWeights == 1u), group);
  resultsAt = group * ${raw.count}u;
  let own = min(params.perGroup, params.points - group * params.perGroup);
  for (var block = params.firstBlock; block < params.endBlock; block++) {
    let start = block == 0u;
    let before = min(block * ${4 * T}u, own);
    let first = group * params.perGroup + before;
    let count = min(${4 * T}u, own - before);
    loadPoints(${at.points}u, params.pointsAt + first * ${m}u, count);
    for (var tile = thread; tile < ${T}u; tile += THREADS) {
      var coefficient = vec4<f32>();
      ${
    LANES.map((name, k) =>
      `if (4u * tile + ${k}u < count) { coefficient.${name} = coefficients[params.coefficientsAt + first + 4u * tile + ${k}u]; }`
    ).join("\n      ")
  }
      ${lane(`(${at.coefficients}u + tile)`)} = coefficient;
    }
    if (thread == 0u) { ${lane(`${at.one}u`)} = vec4<f32>(1.0); }
    ${barrier}
    forward(${at.points}u, ${T}u);
    for (var item = thread; item < ${T * G}u; item += THREADS) {
      ${lane(`(${above(`${K - 1}u`)} + item)`)} =
        ${weight(`(${weights.outPositive}u + item % ${G}u)`)} * ${lane(`(${at.coefficients}u + item / ${G}u)`)};
    }
    // W_K, A_K and b_K.
    for (var item = thread; item < ${G + m + 1}u; item += THREADS) {
      var input = ${activation(network, `${K - 1}u`)} + item;
      var apart = ${G}u;
      var to = ${raw.outPositive}u + item;
      if (item >= ${G}u) {
        input = ${inputs}u + item - ${G}u;
        apart = ${m}u;
        to = ${raw.outFree}u + item - ${G}u;
      }
      if (item == ${G + m}u) { input = ${at.one}u; apart = 0u; }
      var sum = 0.0;
      for (var tile = 0u; tile < ${T}u; tile++) {
        sum += dot(${lane(`(${at.coefficients}u + tile)`)}, ${lane("(input + tile * apart)")});
      }
      addResult(to, sum, start);
    }
    ${barrier}
    ${layers}
  }
}
`;
  const share = (items: number) => Math.ceil(items / memory.threads);
  const { forward, slopes } = roundsOfNetwork(network);
  return {
    shader: {
      name: "gradient",
      buffers: [
        ...memoryBuffers(memory),
        { name: "points", access: "read", element: "f32" },
        { name: "coefficients", access: "read", element: "f32" },
        { name: "results", access: "read_write", element: "f32" },
      ],
      params: {
        perGroup: "u32",
        points: "u32",
        sharedWeights: "u32",
        firstBlock: "u32",
        endBlock: "u32",
        pointsAt: "u32",
        coefficientsAt: "u32",
      },
      code,
    },
    memory,
    tiles: T,
    rounds: forward + slopes + (K + 1) * share(Math.ceil(E / ELEMENTS) * G * (G + m + 1)) * (T + 1),
  };
}
