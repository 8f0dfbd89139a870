/**
 * The kernels in WASM: fused, vectorised, on all threads. Each thread makes the raw weights of a tile of rows at a
 * time. Results do not depend on the number of threads.
 *
 * @module
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from "../../deps/tfjs.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import type { HypernetworkOutput } from "../../networks/hypernetwork_output.ts";
import { forward, transpose } from "../../networks/reparameterisation.ts";
import type { RowTypes } from "../../networks/row_types.ts";
import { view, writtenTensor } from "../../runtime/tensors.ts";
import { HEAP, type Threads } from "../../runtime/threads.ts";
import type { Chains } from "../../sampling/move_chains.ts";
import type { FusedStep, HypernetworkGradient, MovedChains, PriceKernels } from "../kernels.ts";
import { Arena, type Place } from "./arena.ts";
import { bytesOf, readInteger, writeFields } from "./fields.ts";
import { type Job, LARGEST_TILE, moveDraws, moveFields, type Tile, tileOf, WHOLE } from "./job.ts";
import { JOB_FIELDS } from "./job_fields.ts";
import {
  packGoods,
  packSlopes,
  type PerGoodLayout,
  perGoodLayout,
  unpackGoods,
  unpackPerGoodBias,
  unpackSlopes,
} from "./per_good_layout.ts";
import { packedFrom, type PackedLayout, packedLayout, packWeight, padTo, unpackWeight } from "./layout.ts";
import { type KernelBuild, type KernelExports, kernelThreads } from "./module.ts";
import { OPERATIONS } from "./operations.ts";

/**
 * The rows of one task where one row of weights serves all: at least 4, and so many that there are at most 64 tasks.
 * Each task makes a sum of the gradient, so that the number of tasks must not depend on the number of threads. In a
 * training step they are those of whole profiles of n participants.
 */
const rowsPerTask = (rows: number, n = 1): number => padTo(Math.max(4, Math.ceil(rows / 64)), n);
/** Bytes of one of the gradient's two buffers, which holds the gradient of a set of rows: as many as fit. */
const PANEL_BYTES = 2 << 20;

/** The widths of the last hidden layers of a hypernetwork: H, and Hl with slopes per good; 0 where there is none. */
interface Widths {
  readonly H: number;
  readonly Hl: number;
}

/**
 * An operation on R = `rows` rows of `count` points or chains. `place` reserves the places of the operation's own, and
 * gives the other fields of its job.
 */
interface Operation<Places> extends Widths {
  readonly operation: Exclude<keyof typeof OPERATIONS, "responses">;
  readonly rows: number;
  readonly count: number;
  place(arena: Arena): { readonly own: Places & { readonly [field in keyof Job]?: Place }; readonly fields?: Job };
}

/** The 32-bit floats at a place, as a view. */
function floats(memory: ArrayBufferLike, { address, length }: Place): Float32Array {
  return new Float32Array(memory, address, length);
}

/** A tensor of a shape with the first numbers at a place. */
function tensorOf<T extends Tensor>(memory: ArrayBufferLike, place: Place, shape: readonly number[]): T {
  return writtenTensor(shape, (data) => data.set(floats(memory, place).subarray(0, data.length))) as T;
}

function widthsOf({ hidden, perGood }: HypernetworkOutput): Widths {
  return { H: hidden?.shape[1] ?? 0, Hl: perGood?.hidden.shape[2] ?? 0 };
}

/**
 * The kernels in WASM of a network with a Partial GroupMax form, signed or not, for tensors of TensorFlow.js' WASM backend.
 *
 * @param build The build of the WASM module; the fastest for this machine unless given.
 */
export function wasmKernels(network: ConvexNetwork, build?: KernelBuild): PriceKernels {
  const { size, weights } = network.groupMax ?? network.signedGroupMax!, signed = !network.groupMax;
  const { goods: m, layers, groups, groupSize, sumsOfLargest } = size;
  const layout = packedFrom(packedLayout(size, signed), weights()), P = network.weightCount;
  let madePerGood: PerGoodLayout | undefined;
  /** The layouts of a row and of the dense columns; with slopes per good also that of their factors. */
  const layoutsOf = ({ Hl }: Widths): { row: PackedLayout; dense: PackedLayout; perGood?: PerGoodLayout } => {
    if (Hl === 0) return { row: layout, dense: layout };
    const perGood = madePerGood ??= perGoodLayout(size);
    return { ...perGood, perGood };
  };

  /** Lays out the memory of an operation: the places that all operations have, its own, and its job. */
  const layOut = <Places>({ operation, rows, count, H, Hl, place }: Operation<Places>) => {
    const arena = new Arena(HEAP), padded = padTo(H, 4), perGoodSize = padTo(Hl, 4);
    const { row: layout, dense, perGood } = layoutsOf({ H, Hl }), maps = perGood?.maps.length ?? 0;
    const common = {
      job: arena.take(bytesOf(JOB_FIELDS) / 4),
      hidden: arena.take((rows + LARGEST_TILE) * padded), // a tile may reach beyond the last row
      weight: arena.take(dense.length * padded),
      bias: arena.take(layout.length),
      positive: arena.take(layout.length / 16),
      shared: arena.take(layout.length),
      mapsAt: arena.take(maps),
      quadsAt: arena.take(perGood?.quads.length ?? 0),
      denseBias: arena.take(perGood ? dense.length : 0),
      perGoodHidden: arena.take(perGood ? rows * perGoodSize * perGood.lanes : 0),
      slopes: arena.take(maps * perGoodSize),
    };
    const { own, fields } = place(arena);
    const { job: _, ...places } = { ...common, ...own };
    const job: Job = {
      ...Object.fromEntries(Object.entries(places).map(([name, { address }]) => [name, address])),
      ...{ operation: OPERATIONS[operation], rows, count, goods: m, layers, groups, groupSize, hiddenSize: padded },
      ...{
        packed: layout.length,
        dense: dense.length,
        perGoodSize,
        maps,
        rowsPerTask: rowsPerTask(rows),
        scratch: arena.end,
        trained: rows,
        sumsOfLargest: sumsOfLargest ? 1 : 0,
        ...WHOLE,
      },
      ...fields,
    };
    return { common, own, job };
  };

  /**
   * Writes a job to memory, lets WASM fill in its number of tasks and size of scratch, and returns the bytes that all
   * takes.
   */
  const plan = (threads: Threads<KernelExports>, at: Place, job: Job): number => {
    const memory = threads.memory(at.address + 4 * at.length);
    writeFields(JOB_FIELDS, job, memory, at.address);
    threads.exports.plan(at.address);
    return job.scratch! + threads.count * readInteger(JOB_FIELDS, "scratchSize", memory, at.address);
  };

  /** Runs an operation: `write` fills its own places, and `read` makes tensors of them afterwards. */
  const perform = <Places, T>(
    hypernetwork: HypernetworkOutput,
    operation: Operation<Places>,
    write: (memory: ArrayBufferLike, places: Places) => void,
    read: (memory: ArrayBufferLike, places: Places) => T,
  ): T => {
    const threads = kernelThreads(build), { common, own, job } = layOut(operation), at = common.job.address;
    const memory = threads.memory(plan(threads, common.job, job)),
      { row: layout, dense, perGood } = layoutsOf(operation);
    new Uint8Array(memory, common.positive.address, layout.positive.length).set(layout.positive);
    forward(layout.slots, view(hypernetwork.bias), floats(memory, common.bias));
    if (hypernetwork.hidden) {
      const { rows, H } = operation, padded = padTo(H, 4);
      const from = view(hypernetwork.hidden), to = floats(memory, common.hidden).fill(0);
      for (let row = 0; row < rows; row++) to.set(from.subarray(row * H, (row + 1) * H), row * padded);
      packWeight(dense, view(hypernetwork.weight!), H, padded, floats(memory, common.weight));
    }
    if (perGood) {
      const { Hl } = operation, padded = padTo(Hl, 4), { hidden, weight } = hypernetwork.perGood!;
      new Int32Array(memory, common.mapsAt.address, perGood.maps.length).set(perGood.maps);
      new Int32Array(memory, common.quadsAt.address, perGood.quads.length).set(perGood.quads);
      forward(perGood.denseBias, view(hypernetwork.bias), floats(memory, common.denseBias));
      packGoods(perGood, view(hidden), m, Hl, padded, floats(memory, common.perGoodHidden));
      packSlopes(perGood, view(weight), Hl, padded, floats(memory, common.slopes));
    }
    write(memory, own);
    threads.exports.begin(at);
    threads.run(at);
    threads.exports.end(at);
    return read(memory, own);
  };

  /**
   * The rows and points of an operation. Where one row of weights serves all, points are regrouped in rows of up to 16,
   * which are computed at once.
   */
  const arrange = (hypernetwork: HypernetworkOutput, points: Tensor3D): { rows: number; count: number } & Widths => {
    const [rows, count] = points.shape, all = rows * count;
    if (hypernetwork.hidden) return { rows, count, ...widthsOf(hypernetwork) };
    const now = [16, 15, 14, 13, 12, 11, 10, 9].find((size) => all % size === 0);
    return { ...(now ? { rows: all / now, count: now } : { rows, count }), H: 0, Hl: 0 };
  };

  const pointsOperation = (
    operation: "value" | "slope",
    hypernetwork: HypernetworkOutput,
    points: Tensor3D,
    outputs: number,
  ) => ({
    operation,
    ...arrange(hypernetwork, points),
    place: (arena: Arena) => ({ own: { points: arena.take(points.size), out: arena.take(outputs) } }),
  });

  /** Reserves the places of a gradient that is taken from the first `trained` rows. */
  const gradientPlaces = (
    arena: Arena,
    rows: number,
    trained: number,
    widths: Widths,
    { tile, tileRows }: Tile,
    perTask = rowsPerTask(rows),
  ) => {
    const { H, Hl } = widths, { dense, perGood } = layoutsOf(widths), perGoodSize = padTo(Hl, 4);
    const padded = padTo(H, 4), tiles = Math.ceil(trained / tileRows);
    const fitting = Math.max(tile, Math.floor(PANEL_BYTES / (4 * dense.length) / tile) * tile);
    const panelRows = Math.min(fitting, tiles * tile),
      sums = perGood ? perGood.maps.length * (perGoodSize + perGood.lanes) : 0;
    return {
      own: {
        hiddenColumns: arena.take(tiles * tile * padded),
        out: arena.take(dense.length * padded),
        biasGradient: arena.take((H > 0 ? 1 : Math.ceil(rows / perTask)) * dense.length), // one for each task
        hiddenGradient: arena.take(trained * padded),
        panels: arena.take(H > 0 ? 2 * dense.length * panelRows : 0),
        counters: arena.take(2 * Math.ceil(tiles * tile / panelRows)),
        perGoodGradient: arena.take(perGood ? trained * perGoodSize * perGood.lanes : 0),
        slopesGradient: arena.take(sums),
        slopeSums: arena.take(2 * panelRows / tile * sums),
      },
      fields: { panelRows, tile, tileRows, trained },
    };
  };
  type GradientPlaces = ReturnType<typeof gradientPlaces>["own"];

  const writeGradient = (
    memory: ArrayBufferLike,
    own: GradientPlaces,
    { hidden }: HypernetworkOutput,
    trained: number,
    { tile, tileRows }: Tile,
  ) => {
    if (!hidden) return; // every task clears its own sum
    for (const place of [own.out, own.biasGradient, own.counters, own.slopesGradient]) floats(memory, place).fill(0);
    // [H / 2, tiles tile, 2]: pairs of columns of hidden, as they are multiplied with panels; 0 in empty rows.
    const from = view(hidden), H = hidden.shape[1], all = Math.ceil(trained / tileRows) * tile;
    const to = floats(memory, own.hiddenColumns).fill(0);
    for (let row = 0, at = 0; row < trained; row++) {
      const place = Math.floor(row / tileRows) * tile + row % tileRows;
      for (let h = 0; h < H; h++, at++) to[((h >> 1) * all + place) * 2 + (h & 1)] = from[at];
    }
  };

  /** The gradient in the hypernetwork output, in its first `trained` rows. */
  const readGradient = (
    memory: ArrayBufferLike,
    own: GradientPlaces,
    hypernetwork: HypernetworkOutput,
    trained: number,
  ): HypernetworkGradient => {
    const widths = widthsOf(hypernetwork),
      { H, Hl } = widths,
      { dense, perGood } = layoutsOf(widths),
      padded = padTo(H, 4);
    const ofDense = floats(memory, own.biasGradient);
    const ofBias = () =>
      writtenTensor([P], (data) => {
        transpose(layout.slots, ofDense.subarray(0, layout.length), data, view(hypernetwork.bias));
      }) as Tensor1D;
    if (H === 0) return { bias: ofBias() };
    const from = floats(memory, own.hiddenGradient), D = hypernetwork.weight!.shape[1];
    const hidden = writtenTensor([trained, H], (data) => {
      for (let row = 0; row < trained; row++) data.set(from.subarray(row * padded, row * padded + H), row * H);
    }) as Tensor2D;
    const weight = writtenTensor([H, D], (data) => unpackWeight(dense, floats(memory, own.out), H, padded, data));
    const common = { hidden, weight: weight as Tensor2D };
    if (!perGood) return { ...common, bias: ofBias() };
    const perGoodSize = padTo(Hl, 4),
      maps = hypernetwork.perGood!.weight.shape[1],
      sums = floats(memory, own.slopesGradient);
    const ofGoods = floats(memory, own.perGoodGradient), ofMaps = sums.subarray(perGood.maps.length * perGoodSize);
    return {
      ...common,
      bias: writtenTensor([P], (data) => unpackPerGoodBias(perGood, ofDense, ofMaps, data)) as Tensor1D,
      perGood: {
        hidden: writtenTensor(
          [trained, m, Hl],
          (data) => unpackGoods(perGood, ofGoods, m, Hl, perGoodSize, data),
        ) as Tensor3D,
        weight: writtenTensor([Hl, maps], (data) => unpackSlopes(perGood, sums, Hl, perGoodSize, data)) as Tensor2D,
      },
    };
  };

  const chainsPlaces = (arena: Arena, rows: number, C: number, draws: number) => ({
    points: arena.take(rows * C * m),
    squareSlopes: arena.take(rows * m),
    values: arena.take(rows * (C + 1)),
    types: arena.take(rows * m),
    draws: arena.take(draws),
  });
  type ChainsPlaces = ReturnType<typeof chainsPlaces>;

  const writeChains = (
    memory: ArrayBufferLike,
    own: ChainsPlaces,
    start: Chains,
    types: RowTypes,
    draws: Int32Array,
  ) => {
    floats(memory, own.points).set(view(start.chains));
    floats(memory, own.squareSlopes).set(view(start.squareSlopes));
    floats(memory, own.types).set(types instanceof Float32Array ? types : view(types));
    new Int32Array(memory, own.draws.address, draws.length).set(draws);
  };

  const readChains = (memory: ArrayBufferLike, own: ChainsPlaces, rows: number, C: number): MovedChains => ({
    chains: tensorOf(memory, own.points, [rows, C, m]),
    squareSlopes: tensorOf(memory, own.squareSlopes, [rows, m]),
    values: tensorOf(memory, own.values, [rows, C + 1]),
  });

  const stepOperation = (
    rows: number,
    C: number,
    widths: Widths,
    draws: number,
    trained: number,
    tile: Tile,
    more: Job,
  ) => ({
    operation: "step" as const,
    ...{ rows, count: C, ...widths },
    place: (arena: Arena) => {
      const perTask = rowsPerTask(rows, more.participants);
      const { own, fields } = gradientPlaces(arena, rows, trained, widths, tile, perTask);
      return {
        own: {
          ...own,
          ...chainsPlaces(arena, rows, C, draws),
          coefficients: arena.take(rows * (C + 1)),
          utilities: arena.take(trained * C),
        },
        fields: { ...fields, rowsPerTask: perTask, ...more },
      };
    },
  });

  const kernels: PriceKernels = {
    value: (hypernetwork, points) =>
      perform(
        hypernetwork,
        pointsOperation("value", hypernetwork, points, points.size / m),
        (memory, own) => floats(memory, own.points).set(view(points)),
        (memory, { out }) => tensorOf(memory, out, [points.shape[0], points.shape[1]]),
      ),

    slope: (hypernetwork, points) =>
      perform(
        hypernetwork,
        pointsOperation("slope", hypernetwork, points, points.size),
        (memory, own) => floats(memory, own.points).set(view(points)),
        (memory, { out }) => tensorOf(memory, out, points.shape),
      ),

    gradient(hypernetwork, points, coefficients): HypernetworkGradient {
      const shape = arrange(hypernetwork, points), { rows, count } = shape;
      const place = (arena: Arena) => {
        const { own, fields } = gradientPlaces(arena, rows, rows, shape, WHOLE);
        return {
          own: { ...own, points: arena.take(rows * count * m), coefficients: arena.take(rows * count) },
          fields,
        };
      };
      return perform(hypernetwork, { operation: "gradient", ...shape, place }, (memory, own) => {
        floats(memory, own.points).set(view(points));
        floats(memory, own.coefficients).set(view(coefficients));
        writeGradient(memory, own, hypernetwork, rows, WHOLE);
      }, (memory, own) => readGradient(memory, own, hypernetwork, rows));
    },

    moveChains(hypernetwork, types, start, options, key): MovedChains {
      const [rows, C] = start.chains.shape, draws = moveDraws(options, C, key);
      const place = (arena: Arena) => ({
        own: chainsPlaces(arena, rows, C, draws.length),
        fields: moveFields(options, key),
      });
      return perform(
        hypernetwork,
        { operation: "chains", rows, count: C, ...widthsOf(hypernetwork), place },
        (memory, own) => writeChains(memory, own, start, types, draws),
        (memory, own) => readChains(memory, own, rows, C),
      );
    },

    goodsStep(hypernetwork, types, start, options, key, objective): FusedStep | undefined {
      const { participants, trained, paired, productionCost, duplicationCost } = objective;
      const tile = tileOf(participants, layout.length);
      if (!tile) return undefined;
      const [rows, C] = start.chains.shape, draws = moveDraws(options, C, key);
      const operation = stepOperation(rows, C, widthsOf(hypernetwork), draws.length, trained, tile, {
        ...moveFields(options, key),
        ...{ participants, paired: paired ? 1 : 0, productionCost, duplicationCost },
      });
      return perform(hypernetwork, operation, (memory, own) => {
        writeChains(memory, own, start, types, draws);
        writeGradient(memory, own, hypernetwork, trained, tile);
      }, (memory, own) => {
        return {
          moved: readChains(memory, own, rows, C),
          utilities: tensorOf(memory, own.utilities, [trained / participants, C]),
          gradient: readGradient(memory, own, hypernetwork, trained),
        };
      });
    },

    memory(rows, C, H, Hl = 0, n = LARGEST_TILE) {
      // Memory holds one operation at a time. A training step takes the most, with no more than 1024 words of draws.
      const tile = tileOf(n, layout.length) ?? { tile: LARGEST_TILE, tileRows: LARGEST_TILE };
      const { common, job } = layOut(
        stepOperation(rows, C, { H, Hl }, 1024, rows, tile, { participants: Math.min(n, LARGEST_TILE) }),
      );
      const total = plan(kernelThreads(build), common.job, job);
      return { total, largest: total };
    },
  };
  return kernels;
}
