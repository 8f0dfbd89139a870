/**
 * Best responses of many rows in WASM, on all threads: see wasm/assembly/responses.ts. Each thread makes the raw
 * weights of six rows at a time. Results do not depend on the number of threads.
 *
 * @module
 */
import { type HostHypernetworkOutput, hostSizes } from "../../networks/hypernetwork_output.ts";
import { LARGEST_MAGNITUDE, roundingFactors } from "../../networks/groupmax_price.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import { forward } from "../../networks/reparameterisation.ts";
import { HEAP } from "../../runtime/threads.ts";
import { Arena } from "../wasm/arena.ts";
import { bytesOf, readInteger, type Values, writeFields } from "../wasm/fields.ts";
import { packedFrom, packWeight, padTo } from "../wasm/layout.ts";
import { type KernelBuild, kernelThreads } from "../wasm/module.ts";
import { OPERATIONS, RESULTS, ROWS } from "../wasm/operations.ts";
import { type BestResponseOptions, defaultBestResponse } from "./best_response.ts";
import { RESPONSES_FIELDS } from "./job_fields.ts";
import { lanesLayout } from "./layout.ts";
import { packLaneSlopes, perGoodLanesLayout } from "./per_good_layout.ts";
import { type BestResponses, emptyBestResponses } from "./reference.ts";

/** Rows of one task where one row of weights serves all. */
const ROWS_PER_TASK = 4;
/** The most cuts kept for one best response, which rarely needs a tenth of them. */
const CUTS = 512;
/** Bytes of types, hidden layers and results in WASM's memory: rows are worked on in chunks of about this size. */
const CHUNK_BYTES = 16 << 20;

/** Options of best responses in WASM. */
export interface WasmResponsesOptions {
  /** The most cuts kept for one best response, at least m + 3; 512 unless given. */
  readonly mostCuts?: number;
  /** The build of the WASM module; the best one for this machine unless given. */
  readonly build?: KernelBuild;
}

/** As `bestResponses` of {@linkcode "./select.ts"}, for a network with a Partial GroupMax form. */
export function wasmBestResponses(
  network: ConvexNetwork,
  hypernetwork: HostHypernetworkOutput,
  types: Float32Array | Float64Array,
  perRow: number,
  options: BestResponseOptions = defaultBestResponse,
  { mostCuts = CUTS, build }: WasmResponsesOptions = {},
): BestResponses {
  const { size, weights } = network.groupMax!, { goods: m, layers, groups, groupSize, sumsOfLargest } = size;
  const count = types.length / m, rows = count / perRow, found = emptyBestResponses(count, m, options.supports);
  if (count === 0) return found;
  const { H, D } = hostSizes(hypernetwork),
    Hl = hypernetwork.perGood?.width ?? 0,
    layout = packedFrom(lanesLayout(size), weights());
  const perGood = hypernetwork.perGood && perGoodLanesLayout(size), dense = perGood?.dense ?? layout;
  const each = m + RESULTS + (options.supports ? (m + 1) ** 2 : 0);
  const rowBytes = 8 * (H + m * Hl + perRow * (m + each));
  const chunk = Math.min(padTo(rows, ROWS), padTo(Math.ceil(CHUNK_BYTES / rowBytes), ROWS));

  const threads = kernelThreads(build), arena = new Arena(HEAP);
  const at = arena.take(bytesOf(RESPONSES_FIELDS) / 4), positive = arena.take(layout.positive.length);
  const bias = arena.take(layout.length), shared = arena.take(2 * layout.length);
  const weight = arena.take(dense.length * H), quadsAt = arena.take(perGood?.quads.length ?? 0);
  const mapsAt = arena.take(perGood?.maps.length ?? 0), slopes = arena.take(((perGood?.columns.length ?? 0) + 1) * Hl);
  const lastOffset = arena.take(perGood ? H : 0), perGoodHidden = arena.take(2 * chunk * m * Hl);
  const hidden = arena.take(2 * chunk * H), typesPlace = arena.take(2 * chunk * perRow * m);
  const out = arena.take(2 * chunk * perRow * each), scratch = arena.end;
  const job: Values<typeof RESPONSES_FIELDS> = {
    ...{ operation: OPERATIONS.responses, rows, perRow, goods: m, layers, groups, groupSize, hiddenSize: H },
    ...{ packed: layout.length, rowsPerTask: ROWS_PER_TASK, hidden: hidden.address, weight: weight.address },
    ...{ maxEvaluations: Math.min(options.maxEvaluations, 2 ** 31 - 1), bias: bias.address, scratch },
    ...{ cuts: Math.max(1, Math.min(Math.max(mostCuts, m + 3), options.maxEvaluations)), positive: positive.address },
    ...{
      perGoodSize: Hl,
      quads: perGood?.quads.length ?? 0,
      maps: perGood?.maps.length ?? 0,
      lastAt: perGood?.last ?? 0,
    },
    ...{ quadsAt: quadsAt.address, mapsAt: mapsAt.address, slopes: slopes.address, lastOffset: lastOffset.address },
    ...{
      perGoodHidden: perGoodHidden.address,
      sumsOfLargest: sumsOfLargest ? 1 : 0,
      supports: options.supports ? 1 : 0,
    },
    ...{ shared: shared.address, types: typesPlace.address, out: out.address, tolerance: options.tolerance },
    ...{ ...roundingFactors(size), largest: LARGEST_MAGNITUDE },
  };
  writeFields(RESPONSES_FIELDS, job, threads.memory(scratch), at.address);
  threads.exports.plan(at.address);
  const scratchSize = readInteger(RESPONSES_FIELDS, "scratchSize", threads.memory(scratch), at.address);
  const memory = threads.memory(scratch + threads.count * scratchSize);

  new Uint8Array(memory, positive.address, layout.positive.length).set(layout.positive);
  forward(layout.slots, hypernetwork.bias, new Float32Array(memory, bias.address, layout.length));
  if (H > 0) packWeight(dense, hypernetwork.weight!, H, H, new Float32Array(memory, weight.address, dense.length * H));
  if (perGood) {
    new Int32Array(memory, quadsAt.address, perGood.quads.length).set(perGood.quads);
    new Int32Array(memory, mapsAt.address, perGood.maps.length).set(perGood.maps);
    packLaneSlopes(perGood, hypernetwork.perGood!.weight, Hl, new Float32Array(memory, slopes.address, slopes.length));
    const last = new Float32Array(memory, lastOffset.address, H);
    for (let h = 0; h < H; h++) last[h] = hypernetwork.weight![(h + 1) * D - 1];
  }
  const doubles = ({ address, length }: { address: number; length: number }) =>
    new Float64Array(memory, address, length >> 1);
  for (let from = 0; from < rows; from += chunk) {
    const to = Math.min(rows, from + chunk), first = from * perRow, size = (to - from) * perRow;
    writeFields(RESPONSES_FIELDS, { ...job, rows: to - from }, memory, at.address);
    threads.exports.plan(at.address);
    if (H > 0) doubles(hidden).fill(0).set(hypernetwork.hidden!.subarray(from * H, to * H));
    if (Hl > 0) doubles(perGoodHidden).set(hypernetwork.perGood!.hidden.subarray(from * m * Hl, to * m * Hl));
    doubles(typesPlace).set(types.subarray(first * m, (first + size) * m));
    threads.exports.begin(at.address);
    threads.run(at.address);
    const results = doubles(out);
    for (let k = 0; k < size; k++) {
      const row = results.subarray(k * each, (k + 1) * each);
      found.outcomes.set(row.subarray(0, m), (first + k) * m);
      found.payments[first + k] = row[m];
      found.utilities[first + k] = row[m + 1];
      found.gaps[first + k] = row[m + 2];
      found.evaluations[first + k] = row[m + 3];
      found.roundings[first + k] = row[m + 4];
      for (let a = 0, from = m + RESULTS; found.supports && a <= m; a++, from += m + 1) {
        const to = (first + k) * (m + 1) + a;
        found.supports.weights[to] = row[from];
        found.supports.points.set(row.subarray(from + 1, from + 1 + m), to * m);
      }
    }
  }
  return found;
}
