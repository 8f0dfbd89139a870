/**
 * Matrix products and sums of rows in WGSL.
 *
 * Unlike those of TensorFlow.js they work on parts of tensors in place (a chunk of rows, a range of H), can add to what
 * is there, sum in the same order in every run, and apply bias and softplus in the pass that writes weights: as
 * operations of their own these would move P numbers a row twice more.
 *
 * @module
 */
import type { Shader } from "./shader.ts";

/** A workgroup computes a tile of TILE rows and TILE columns, INNER numbers of the inner dimension at a time. */
export const TILE = 64;
const INNER = 16;
/** A workgroup has SIDE x SIDE threads, each with EACH x EACH sums. */
const SIDE = 16, EACH = TILE / SIDE;

/** Where the element of a matrix in some row and column is, as WGSL expressions, from the matrix' beginning on. */
export type Place = (row: string, column: string) => string;

/** A kind of matrix product A B. */
export interface ProductKind {
  /** Whether A is given by columns, `[inner, rows]`. */
  readonly transposedA?: boolean;
  /** Whether B is given by columns, `[columns, inner]`. */
  readonly transposedB?: boolean;
  /** Where elements of A, B and the results are, as they are stored; row by row unless given. */
  readonly places?: { readonly a?: Place; readonly b?: Place; readonly results?: Place };
  /** WGSL that places need. */
  readonly code?: string;
  /** Where given, the product adds the buffer `bias`, and passes so many of the first columns through softplus. */
  readonly positiveCount?: number;
  /** Where the bias of a result is; that of its column unless given. */
  readonly biasPlace?: Place;
}

/**
 * Makes the shader of `results = A B`, or `results += A B`, for A `[rows, inner]` and B `[inner, columns]`. Workgroups
 * z take part z of the inner dimension, and write a matrix of their own.
 */
export function productShader(
  { transposedA, transposedB, places = {}, code = "", positiveCount, biasPlace = (_, column) => column }: ProductKind,
): Shader {
  const makesWeights = positiveCount !== undefined;
  const rowByRow = (matrix: string): Place => (row, column) => `(${row}) * params.${matrix}Row + ${column}`;
  const placeOf = { a: places.a ?? rowByRow("a"), b: places.b ?? rowByRow("b") };
  const placeOfResult = places.results ?? ((row, column) => `(${row}) * params.resultsRow + ${column}`);
  const indices = Array.from({ length: EACH }, (_, k) => k);
  // Neighbouring threads read neighbouring numbers of a matrix.
  const load = (tile: "a" | "b", byInner: boolean, transposed: boolean, at: string, bound: string) => `
    for (var item = thread; item < ${TILE * INNER}u; item += ${SIDE * SIDE}u) {
      let along = ${byInner ? `item / ${INNER}u` : `item % ${TILE}u`};
      let k = ${byInner ? `item % ${INNER}u` : `item / ${TILE}u`};
      var number = 0.0;
      if (${at} + along < ${bound} && inner + k < end) {
        number = ${tile}[params.${tile}At + ${
    transposed === (tile === "a")
      ? placeOf[tile]("inner + k", `${at} + along`)
      : placeOf[tile](`${at} + along`, "inner + k")
  }];
      }
      ${tile}Tile[k * ${TILE}u + along] = number;
    }`;
  const finish = makesWeights
    ? `if (params.add == 0u) { sum += bias[${biasPlace("row", "column")}]; }
      if (params.last == 1u && column < ${positiveCount}u) {
        // max(x, 0) + log(1 + exp(-|x|)), with log1p by its series where 1 + y loses y.
        let y = exp(-abs(sum));
        sum = max(sum, 0.0) + select(log(1.0 + y), y * (1.0 - y * (0.5 - y * ${1 / 3})), y < 0.01);
      }`
    : "";
  return {
    name: makesWeights ? "weights" : "product",
    buffers: [
      { name: "a", access: "read", element: "f32" },
      { name: "b", access: "read", element: "f32" },
      ...(makesWeights ? [{ name: "bias", access: "read", element: "f32" } as const] : []),
      { name: "results", access: "read_write", element: "f32" },
    ],
    params: {
      rows: "u32",
      columns: "u32",
      inner: "u32",
      innerPart: "u32",
      aAt: "u32",
      aRow: "u32",
      bAt: "u32",
      bRow: "u32",
      resultsAt: "u32",
      resultsRow: "u32",
      add: "u32",
      last: "u32",
    },
    code: `${code}
var<workgroup> aTile: array<f32, ${TILE * INNER}>;
var<workgroup> bTile: array<f32, ${TILE * INNER}>;

fn store(row: u32, column: u32, part: u32, made: f32) {
  if (row < params.rows && column < params.columns) {
    let at = params.resultsAt + ${placeOfResult("part * params.rows + row", "column")};
    var sum = made;
    if (params.add == 1u) { sum += results[at]; }
    ${finish}
    results[at] = sum;
  }
}

@compute @workgroup_size(${SIDE * SIDE})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let firstColumn = workgroup.x * ${TILE}u;
  let firstRow = workgroup.y * ${TILE}u;
  let x = thread % ${SIDE}u;
  let y = thread / ${SIDE}u;
  let begin = workgroup.z * params.innerPart;
  let end = min(begin + params.innerPart, params.inner);
  ${indices.map((r) => `var sum${r} = vec4<f32>();`).join(" ")}
  for (var inner = begin; inner < end; inner += ${INNER}u) {
    ${load("a", !transposedA, !!transposedA, "firstRow", "params.rows")}
    ${load("b", !!transposedB, !!transposedB, "firstColumn", "params.columns")}
    workgroupBarrier();
    ${
      Array.from({ length: INNER }, (_, k) =>
        `{
      let right = vec4<f32>(${indices.map((c) => `bTile[${k * TILE + c * SIDE}u + x]`).join(", ")});
      ${indices.map((r) => `sum${r} += aTile[${k * TILE + r * SIDE}u + y] * right;`).join("\n      ")}
    }`).join("\n    ")
    }
    workgroupBarrier();
  }
  ${
      indices.flatMap((r) =>
        indices.map((c) =>
          `store(firstRow + ${r * SIDE}u + y, firstColumn + ${c * SIDE}u + x, workgroup.z, sum${r}[${c}]);`
        )
      ).join("\n  ")
    }
}
`,
  };
}

/** The threads of a workgroup that sums rows. */
export const SUM_THREADS = 64;

/**
 * The shader that sums `count` rows of `size` numbers: workgroups y sum part y, `perPart` rows, to row y of `results`.
 */
export const rowSumShader: Shader = {
  name: "sum of rows",
  buffers: [
    { name: "rows", access: "read", element: "f32" },
    { name: "results", access: "read_write", element: "f32" },
  ],
  params: { count: "u32", size: "u32", perPart: "u32", resultsAt: "u32", add: "u32" },
  code: `
@compute @workgroup_size(${SUM_THREADS})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  let column = invocation.x;
  let part = invocation.y;
  if (column >= params.size) { return; }
  let end = min((part + 1u) * params.perPart, params.count);
  // Four sums at a time, so that four reads are under way.
  var sums = vec4<f32>();
  var row = part * params.perPart;
  for (; row + 4u <= end; row += 4u) {
    let at = row * params.size + column;
    sums += vec4<f32>(
      rows[at], rows[at + params.size], rows[at + 2u * params.size], rows[at + 3u * params.size]
    );
  }
  for (; row < end; row++) { sums.x += rows[row * params.size + column]; }
  let at = params.resultsAt + part * params.size + column;
  var sum = (sums.x + sums.y) + (sums.z + sums.w);
  if (params.add == 1u) { sum += results[at]; }
  results[at] = sum;
}
`,
};
