/**
 * The maximum over the box of the least of some linear functions, for many rows at once, with the multipliers of the linear
 * program: what is left of a best response once the pieces of f near it are known.
 *
 * For each row it solves
 *
 *   max z   with   z <= v_k + <a_k, x>,   0 <= x <= 1,
 *
 * by a primal-dual interior-point method (Wright, "Primal-Dual Interior-Point Methods", SIAM 1997), a workgroup a row. Each
 * step is a linear system in x, which conjugate gradients solve: few functions are active, so that few of these suffice.
 * Where multipliers are not unique they are those in the middle, as the method ends at products of multipliers and slacks
 * that are all alike.
 *
 * @module
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "../../deps/tfjs.ts";
import type { MaximaOfCuts } from "../kernels.ts";
import { Commands } from "./dispatch.ts";
import type { Shader } from "./shader.ts";

/** Threads of a workgroup, and how many of them sum values of as many each. */
const THREADS = 64, PART = 8;
/** Steps of the method; by then the products of multipliers and slacks are {@linkcode LAST_PRODUCT} everywhere. */
const STEPS = 12;
/**
 * Conjugate gradients of a step: twice as many as coordinates, where without rounding as many would solve any system, but at
 * least and at most so many.
 */
const LEAST_CONJUGATE_STEPS = 12, MOST_CONJUGATE_STEPS = 40;
/** Products of multipliers and slacks at last: with smaller ones slacks of 32-bit floats would be rounding. */
const LAST_PRODUCT = 1e-6;
/** About the most loop rounds of a thread: see kernels.ts. */
const LOOP_ROUNDS = 40_000;

const shaders = new Map<string, Shader>();

/** The shader for N functions of m coordinates. */
function cutShader(N: number, m: number): Shader {
  const rounds = Math.ceil(N / THREADS) * m + Math.ceil(m / THREADS) * N;
  const wanted = Math.max(LEAST_CONJUGATE_STEPS, Math.min(MOST_CONJUGATE_STEPS, 2 * m));
  const conjugate = Math.max(1, Math.min(wanted, Math.floor(LOOP_ROUNDS / (STEPS * rounds)) - 3));
  const cuts = `for (var k = thread; k < N; k += ${THREADS}u)`;
  const goods = `for (var j = thread; j < M; j += ${THREADS}u)`;
  // In two steps: written out for all threads at once, it would take drivers several times as long to compile.
  const combined = (combine: (a: string, b: string) => string) => `
  workgroupBarrier();
  partial[thread] = value;
  workgroupBarrier();
  let first = ${PART}u * (thread % ${PART}u);
  let part = ${Array.from({ length: THREADS / PART }, (_, k) => `partial[first + ${k}u]`).reduce(combine)};
  workgroupBarrier();
  if (thread < ${PART}u) { partial[thread] = part; }
  workgroupBarrier();
  return ${Array.from({ length: PART }, (_, k) => `partial[${k}]`).reduce(combine)};`;
  const product = (vector: string) => `var t = 0f; for (var j = 0u; j < M; j++) { t += slope(k, j) * ${vector}[j]; }`;
  return {
    name: "maximum of cuts",
    buffers: [
      { name: "slopes", access: "read", element: "f32" },
      { name: "offsets", access: "read", element: "f32" },
      { name: "points", access: "read_write", element: "f32" },
      { name: "weights", access: "read_write", element: "f32" },
      { name: "utilities", access: "read_write", element: "f32" },
    ],
    params: { slopesAt: "u32", offsetsAt: "u32", pointsAt: "u32", weightsAt: "u32", utilitiesAt: "u32" },
    code: `
const N = ${N}u;
const M = ${m}u;
var<private> thread: u32;
var<private> row: u32;
var<workgroup> partial: array<f32, ${THREADS}>;
// Of functions: slack, multiplier, their quotient, and a change.
var<workgroup> slack: array<f32, N>;
var<workgroup> multiplier: array<f32, N>;
var<workgroup> quotient: array<f32, N>;
var<workgroup> change: array<f32, N>;
// Of coordinates: x, the multipliers of its bounds, and what conjugate gradients need.
var<workgroup> x: array<f32, M>;
var<workgroup> low: array<f32, M>;
var<workgroup> high: array<f32, M>;
var<workgroup> center: array<f32, M>;
var<workgroup> diagonal: array<f32, M>;
var<workgroup> inverse: array<f32, M>;
var<workgroup> rest: array<f32, M>;
var<workgroup> direction: array<f32, M>;
var<workgroup> image: array<f32, M>;
var<workgroup> moved: array<f32, M>;

fn slope(k: u32, j: u32) -> f32 { return slopes[params.slopesAt + (row * N + k) * M + j]; }
fn offset(k: u32) -> f32 { return offsets[params.offsetsAt + row * N + k]; }
fn total(value: f32) -> f32 { ${combined((a, b) => `${a} + ${b}`)} }
fn least(value: f32) -> f32 { ${combined((a, b) => `min(${a}, ${b})`)} }
// How far a number may change: at most 0.95 of the way to 0.
fn reach(value: f32, by: f32) -> f32 { return select(1f, min(1f, 0.95f * value / max(1e-30f, -by)), by < 0f); }

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  thread = index;
  row = group.x;
  ${goods} { x[j] = 0.5f; }
  workgroupBarrier();
  var lowest = 1e30f;
  ${cuts} { ${product("x")} slack[k] = offset(k) + t; lowest = min(lowest, slack[k]); }
  var z = least(lowest) - 0.3f;
  var sum = 0f;
  ${cuts} { sum += 1f / (slack[k] - z); }
  let first = 1f / total(sum);
  ${cuts} { multiplier[k] = first / (slack[k] - z); }
  ${goods} { low[j] = 2f * first; high[j] = 2f * first; }
  for (var iteration = 0u; iteration < ${STEPS}u; iteration++) {
    workgroupBarrier();
    sum = 0f;
    ${cuts} {
      ${product("x")}
      slack[k] = max(1e-7f, offset(k) + t - z);
      quotient[k] = multiplier[k] / slack[k];
      sum += slack[k] * multiplier[k];
    }
    ${goods} { sum += low[j] * x[j] + high[j] * (1f - x[j]); }
    let aim = max(${LAST_PRODUCT}f, 0.2f * total(sum) / f32(N + 2u * M));
    sum = 0f;
    ${cuts} { sum += quotient[k]; }
    let all = total(sum);
    sum = 0f;
    ${cuts} { sum += aim / slack[k]; }
    let over = 1f - total(sum);
    sum = 0f;
    ${goods} {
      var c = 0f; var square = 0f; var r = 0f;
      for (var k = 0u; k < N; k++) {
        let a = slope(k, j);
        c += quotient[k] * a;
        square += quotient[k] * a * a;
        r += aim / slack[k] * a;
      }
      center[j] = c;
      diagonal[j] = low[j] / x[j] + high[j] / (1f - x[j]);
      inverse[j] = 1f / (diagonal[j] + max(0f, square - c * c / all));
      rest[j] = r + aim / x[j] - aim / (1f - x[j]) + c * over / all;
      direction[j] = inverse[j] * rest[j];
      moved[j] = 0f;
      sum += direction[j] * rest[j];
    }
    var rho = total(sum);
    let enough = 1e-10f * rho;
    for (var step = 0u; step < ${conjugate}u; step++) {
      sum = 0f;
      ${goods} { sum += center[j] * direction[j]; }
      let mean = total(sum) / all;
      ${cuts} { ${product("direction")} change[k] = quotient[k] * (t - mean); }
      workgroupBarrier();
      sum = 0f;
      ${goods} {
        var h = diagonal[j] * direction[j];
        for (var k = 0u; k < N; k++) { h += slope(k, j) * change[k]; }
        image[j] = h;
        sum += direction[j] * h;
      }
      let curvature = total(sum);
      let goesOn = rho > enough && curvature > 0f;
      let size = select(0f, rho / max(1e-30f, curvature), goesOn);
      sum = 0f;
      ${goods} {
        moved[j] += size * direction[j];
        rest[j] -= size * image[j];
        sum += inverse[j] * rest[j] * rest[j];
      }
      let next = total(sum);
      let turn = select(0f, next / max(1e-30f, rho), goesOn);
      ${goods} { direction[j] = inverse[j] * rest[j] + turn * direction[j]; }
      rho = select(0f, next, goesOn);
    }
    sum = 0f;
    ${goods} { sum += center[j] * moved[j]; }
    let rise = (over + total(sum)) / all;
    var ofSlacks = 1f; var ofMultipliers = 1f;
    ${cuts} {
      ${product("moved")}
      let by = t - rise;
      change[k] = aim / slack[k] - multiplier[k] - quotient[k] * by;
      ofSlacks = min(ofSlacks, reach(slack[k], by));
      ofMultipliers = min(ofMultipliers, reach(multiplier[k], change[k]));
    }
    ${goods} {
      direction[j] = aim / x[j] - low[j] - low[j] / x[j] * moved[j];
      image[j] = aim / (1f - x[j]) - high[j] + high[j] / (1f - x[j]) * moved[j];
      ofSlacks = min(ofSlacks, min(reach(x[j], moved[j]), reach(1f - x[j], -moved[j])));
      ofMultipliers = min(ofMultipliers, min(reach(low[j], direction[j]), reach(high[j], image[j])));
    }
    let primal = least(ofSlacks);
    let dual = least(ofMultipliers);
    ${cuts} { multiplier[k] += dual * change[k]; }
    ${goods} {
      x[j] = clamp(x[j] + primal * moved[j], 1e-7f, 1f - 1e-7f);
      low[j] += dual * direction[j];
      high[j] += dual * image[j];
    }
    z += primal * rise;
  }
  workgroupBarrier();
  lowest = 1e30f;
  sum = 0f;
  ${cuts} { ${product("x")} lowest = min(lowest, offset(k) + t); sum += multiplier[k]; }
  let weight = total(sum);
  let utility = least(lowest);
  ${cuts} { weights[params.weightsAt + row * N + k] = multiplier[k] / weight; }
  ${goods} { points[params.pointsAt + row * M + j] = x[j]; }
  if (thread == 0u) { utilities[params.utilitiesAt + row] = utility; }
}
`,
  };
}

/** See {@linkcode "../kernels.ts"} `ResidentParts.maximaOfCuts`. */
export function maximaOfCuts(slopes: Tensor3D, offsets: Tensor2D, bindingBytes?: number): MaximaOfCuts {
  const [R, N, m] = slopes.shape, commands = new Commands(bindingBytes), key = `${N},${m}`;
  let shader = shaders.get(key);
  if (!shader) shaders.set(key, shader = cutShader(N, m));
  const points = commands.tensor([R, m]) as Tensor2D, weights = commands.tensor([R, N]) as Tensor2D;
  const utilities = commands.tensor([R]) as Tensor1D;
  const { maxComputeWorkgroupsPerDimension: workgroups } = commands.limits;
  const most = Math.max(1, Math.min(workgroups, Math.floor(commands.bindingBytes / (4 * N * m))));
  for (let first = 0; first < R; first += most) {
    const count = Math.min(most, R - first);
    const part = (tensor: Tensor, each: number) => commands.window(tensor, first * each, count * each);
    const windows = {
      slopes: part(slopes, N * m),
      offsets: part(offsets, N),
      points: part(points, m),
      weights: part(weights, N),
      utilities: part(utilities, 1),
    };
    commands.run(shader, windows, {
      ...{ slopesAt: windows.slopes.at, offsetsAt: windows.offsets.at, pointsAt: windows.points.at },
      ...{ weightsAt: windows.weights.at, utilitiesAt: windows.utilities.at },
    }, [count]);
  }
  commands.release();
  return { points, weights, utilities };
}
