/**
 * From a hypernetwork output to the weights of a chunk of rows, and from a gradient in weights to that in the output.
 *
 * @module
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "../../deps/tfjs.ts";
import type { HypernetworkOutput } from "../../networks/hypernetwork_output.ts";
import type { PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import type { HypernetworkGradient } from "../kernels.ts";
import type { Commands } from "./dispatch.ts";
import { groupMaxLayout } from "../../networks/groupmax_layout.ts";
import { type PerGoodProducts, perGoodProducts } from "./per_good.ts";
import { productShader, rowSumShader, SUM_THREADS, TILE } from "./product.ts";
import type { Shader } from "./shader.ts";

/** A chunk of rows: `count` rows from row `first` on. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/** The shaders that make weights, by the number of weights that go through softplus. */
const weightShaders = new Map<number, Shader>();
const productOfColumnsOfA = productShader({ transposedA: true });
const productOfColumnsOfB = productShader({ transposedB: true });

/** The fewest numbers of the inner dimension that a workgroup sums, where that dimension is cut into parts. */
const INNER_PART = 1024;
/** The most rows that are summed in one pass, and the number of parts that more rows are cut into. */
const ROWS_TO_SUM = 128, ROW_PARTS = 32;

const tiles = (count: number) => Math.ceil(count / TILE);

/** Chunks of the rows of a matrix `[rows, columns]`, each as large as can be bound. */
function* matrixRows(commands: Commands, [rows, columns]: readonly number[]): Generator<Rows> {
  const most = Math.max(1, Math.floor(commands.bindingBytes / (4 * columns)));
  for (let first = 0; first < rows; first += most) yield { first, count: Math.min(most, rows - first) };
}

/** A factor of raw weights: `hidden` `[R, H]` times `weight` `[H, columns]`, `each` rows of hidden for a row of weights. */
interface Factor {
  readonly hidden: Tensor;
  readonly weight: Tensor;
  readonly each: number;
  readonly products: PerGoodProducts;
}

/** The factors of a hypernetwork output that has hidden layers. */
function factorsOf(size: PartialGroupMaxSize, { hidden, weight, perGood }: HypernetworkOutput): Factor[] {
  if (!perGood) return [{ hidden: hidden!, weight: weight!, each: 1, products: denseProducts(size) }];
  const { others, slopes } = perGoodProducts(size);
  return [
    { hidden: hidden!, weight: weight!, each: 1, products: others },
    { hidden: perGood.hidden, weight: perGood.weight, each: size.goods, products: slopes },
  ];
}

/** The products of dense outputs, by the number of weights that go through softplus. */
function denseProducts(size: PartialGroupMaxSize): PerGoodProducts {
  const { positiveCount } = groupMaxLayout(size);
  let forward = weightShaders.get(positiveCount);
  if (!forward) weightShaders.set(positiveCount, forward = productShader({ positiveCount }));
  return { forward, ofWeight: productOfColumnsOfA, ofHidden: productOfColumnsOfB };
}

/**
 * Writes the weights of a chunk of rows, softplus included, to `prepared` `[count, P]`; `[1, P]` where one row serves
 * all.
 */
export function makeWeights(
  commands: Commands,
  size: PartialGroupMaxSize,
  hypernetwork: HypernetworkOutput,
  { first, count }: Rows,
  prepared: Tensor,
): void {
  const { bias } = hypernetwork, P = bias.size;
  const results = commands.window(prepared), ofBias = commands.window(bias);
  const common = { resultsAt: 0, resultsRow: P };
  if (!hypernetwork.hidden) {
    const params = {
      ...common,
      columns: P,
      bRow: P,
      rows: 1,
      inner: 0,
      innerPart: 0,
      aAt: 0,
      aRow: 0,
      bAt: 0,
      add: 0,
      last: 1,
    };
    commands.run(denseProducts(size).forward, { a: ofBias, b: ofBias, bias: ofBias, results }, params, [
      tiles(P),
      1,
      1,
    ]);
    return;
  }
  for (const { hidden, weight, each, products } of factorsOf(size, hypernetwork)) {
    const [H, columns] = weight.shape, rows = count * each, from = first * each;
    const a = commands.window(hidden, from * H, rows * H);
    for (const part of matrixRows(commands, weight.shape)) {
      const b = commands.window(weight, part.first * columns, part.count * columns);
      commands.run(products.forward, { a, b, bias: ofBias, results }, {
        ...{ ...common, columns, bRow: columns, rows },
        inner: part.count,
        innerPart: part.count,
        aAt: a.at + part.first,
        aRow: H,
        bAt: b.at,
        add: part.first > 0 ? 1 : 0,
        last: part.first + part.count === H ? 1 : 0,
      }, [tiles(columns), tiles(rows), 1]);
    }
  }
}

/** Writes the sum of `count` rows of `size` numbers to `to` from `at` on, or adds it where `add` is true. */
function sumRows(
  commands: Commands,
  rows: Tensor,
  count: number,
  size: number,
  to: Tensor,
  at: number,
  add: boolean,
): void {
  const run = (from: Tensor, count: number, perPart: number, to: Tensor, at: number, add: boolean) => {
    const results = commands.window(to, at, Math.ceil(count / perPart) * size);
    const params = { count, size, perPart, resultsAt: results.at, add: add ? 1 : 0 };
    const groups = [Math.ceil(size / SUM_THREADS), Math.ceil(count / perPart)] as const;
    commands.run(rowSumShader, { rows: commands.window(from, 0, count * size), results }, params, groups);
  };
  if (count <= ROWS_TO_SUM) return run(rows, count, count, to, at, add);
  const perPart = Math.ceil(count / ROW_PARTS), parts = commands.temporary([ROW_PARTS, size]);
  run(rows, count, perPart, parts, 0, false);
  run(parts, Math.ceil(count / perPart), ROW_PARTS, to, at, add);
}

/**
 * Tensors for the gradient in a hypernetwork output, without values: {@linkcode addGradient} writes them chunk by
 * chunk.
 */
export function emptyGradient(
  commands: Commands,
  { hidden, weight, bias, perGood }: HypernetworkOutput,
): HypernetworkGradient {
  return {
    hidden: hidden && commands.tensor(hidden.shape) as Tensor2D,
    weight: weight && commands.tensor(weight.shape) as Tensor2D,
    bias: commands.tensor(bias.shape) as Tensor1D,
    ...perGood && {
      perGood: {
        hidden: commands.tensor(perGood.hidden.shape) as Tensor3D,
        weight: commands.tensor(perGood.weight.shape) as Tensor2D,
      },
    },
  };
}

/**
 * Adds a chunk's part to the gradient in a hypernetwork output: for each factor `weight += hidden^T raw` and
 * `hidden = raw weight^T` for the rows of the chunk, and `bias += sum raw`. The first chunk sets what the others add to.
 *
 * @param raw The chunk's gradient in raw weights `[rows, P]`. Where one row of weights serves all, its rows are parts
 * to sum.
 */
export function addGradient(
  commands: Commands,
  size: PartialGroupMaxSize,
  hypernetwork: HypernetworkOutput,
  { first, count }: Rows,
  raw: Tensor,
  gradient: HypernetworkGradient,
): void {
  const P = hypernetwork.bias.size, add = first > 0;
  sumRows(commands, raw, count, P, gradient.bias, 0, add);
  if (!hypernetwork.hidden) return;
  const made = [gradient, gradient.perGood];
  factorsOf(size, hypernetwork).forEach((factor, k) => {
    const { hidden, weight } = made[k]!;
    addFactorGradient(commands, factor, { first, count }, raw, P, { hidden: hidden!, weight: weight! });
  });
}

/** {@linkcode addGradient} for one factor. */
function addFactorGradient(
  commands: Commands,
  { hidden, weight, each, products }: Factor,
  chunk: Rows,
  raw: Tensor,
  P: number,
  gradient: { readonly hidden: Tensor; readonly weight: Tensor },
): void {
  const [H, columns] = weight.shape, first = chunk.first * each, count = chunk.count * each, add = first > 0;
  const ofHidden = commands.window(hidden, first * H, count * H), ofRaw = commands.window(raw);
  const to = commands.window(gradient.hidden, first * H, count * H);
  for (const part of matrixRows(commands, weight.shape)) {
    // With few outputs workgroups sum over parts of the rows side by side, and the parts are added up in order.
    const cut = each > 1 && part.count === H ? Math.ceil(count / INNER_PART) : 1;
    const own = cut > 1 ? undefined : commands.window(gradient.weight, part.first * columns, part.count * columns);
    const cuts = own ? undefined : commands.temporary([cut, H, columns]);
    const results = own ?? commands.window(cuts!);
    commands.run(products.ofWeight, { a: ofHidden, b: ofRaw, results }, {
      rows: part.count,
      columns,
      inner: count,
      innerPart: cut > 1 ? INNER_PART : count,
      aAt: ofHidden.at + part.first,
      aRow: H,
      bAt: ofRaw.at,
      bRow: P,
      resultsAt: results.at,
      resultsRow: columns,
      add: own && add ? 1 : 0,
      last: 1,
    }, [tiles(columns), tiles(part.count), cut]);
    if (cuts) sumRows(commands, cuts, cut, H * columns, gradient.weight, 0, add);

    // There are many more columns than H: workgroups sum over parts of them, which are added up in order, too.
    const b = commands.window(weight, part.first * columns, part.count * columns);
    const whole = part.count === H, innerPart = whole ? Math.max(INNER_PART, H) : columns;
    const parts = Math.ceil(columns / innerPart);
    const partial = parts > 1 ? commands.temporary([parts, count, H]) : undefined;
    const sums = partial ? commands.window(partial) : to;
    commands.run(products.ofHidden, { a: ofRaw, b, results: sums }, {
      rows: count,
      columns: part.count,
      inner: columns,
      innerPart,
      aAt: ofRaw.at,
      aRow: P,
      bAt: b.at,
      bRow: columns,
      resultsAt: sums.at + (whole ? 0 : part.first),
      resultsRow: H,
      add: 0,
      last: 1,
    }, [tiles(part.count), tiles(count), parts]);
    if (partial) sumRows(commands, partial, parts, count * H, gradient.hidden, first * H, false);
  }
}
