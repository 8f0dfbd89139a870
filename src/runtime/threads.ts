/**
 * Worker threads that run one WASM module over one shared memory.
 *
 * The caller's thread does its share of the work, so that a single thread needs no worker at all, and waits for the
 * others without giving way to the event loop: a call is as synchronous as any other WASM call.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { MachineError, requireInteger } from "../errors.ts";

/** What a module that threads run must export. Addresses are in the shared memory. */
export interface ThreadedExports {
  /** Does a share of the job at an address: draws tasks until there are none left. */
  run(job: number, thread: number): void;
}

/** Threads and their memory. */
export interface Threads<Exports extends ThreadedExports> {
  /** How many threads there are, the caller's included. */
  readonly count: number;
  /** The caller's instance. */
  readonly exports: Exports;
  /** The memory up to an address, grown if need be. Views of it hold until the next call. */
  memory(bytes: number): ArrayBufferLike;
  /** Runs the job at an address on all threads, and returns when it is done. */
  run(job: number): void;
  /** Resolves when all threads take part; until then those that do are enough. */
  readonly ready: Promise<void>;
  /** Stops the workers. */
  close(): void;
}

/** Where data may begin: below it are words by which the threads agree, 64 bytes apart, and from 1024 on a module's constants. */
export const HEAP = 2048;
/** Words (4 bytes each): a count of jobs; the job that may be joined, 0 for none; who is in it; whether one failed; its address. */
const COUNT = 16, OPEN = 32, INSIDE = 48, FAILED = 64, ADDRESS = 80;
/** WASM pages are 64 KiB; 4 GiB is what addresses reach. */
const PAGE = 65536, MOST_PAGES = 65536;
/** Looks at the count of jobs this often before a worker sleeps: for about 50 microseconds. */
const SPINS = 20_000;

/** What a worker runs. It may join a job only while that is open, so nobody works on one that has ended. */
const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
const { code, memory, thread } = workerData;
const words = new Int32Array(memory.buffer, 0, 256);
const { run } = new WebAssembly.Instance(code, { env: { memory } }).exports;
parentPort.postMessage("ready");
for (let seen = 0;;) {
  for (let spins = 0; Atomics.load(words, ${COUNT}) === seen; spins++) {
    if (spins > ${SPINS}) Atomics.wait(words, ${COUNT}, seen);
  }
  seen = Atomics.load(words, ${COUNT});
  Atomics.add(words, ${INSIDE}, 1);
  try {
    if (Atomics.load(words, ${OPEN}) === seen) run(Atomics.load(words, ${ADDRESS}), thread);
  } catch {
    Atomics.store(words, ${FAILED}, 1);
  } finally {
    Atomics.sub(words, ${INSIDE}, 1);
  }
}
`;

let wanted: number | undefined;

/** How many threads the next {@linkcode openThreads} will have: one for each logical core unless it was set. */
export function threadCount(): number {
  return wanted ?? Math.max(1, navigator.hardwareConcurrency ?? 1);
}

/**
 * Sets how many threads there are from now on; undefined for one for each logical core.
 *
 * @throws {InvalidInputError} unless it is a positive integer.
 */
export function setThreadCount(count: number | undefined): void {
  if (count !== undefined) requireInteger("use threads", "threads", count, 1);
  wanted = count;
}

/** Starts threads for a module, which imports its memory as `env.memory`. They do not keep the process from ending. */
export function openThreads<Exports extends ThreadedExports>(
  module: WebAssembly.Module,
  count: number = threadCount(),
): Threads<Exports> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const words = new Int32Array(memory.buffer, 0, 256);
  const workers = Array.from(
    { length: count - 1 },
    (_, k) => new Worker(WORKER, { eval: true, workerData: { code: module, memory, thread: k + 1 } }),
  );
  const ready = Promise.all(workers.map((worker) =>
    new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", (error) => reject(new MachineError(`Cannot start a worker thread: ${error.message}`)));
    }).finally(() => worker.unref())
  )).then(() => {});
  ready.catch(() => {}); // whoever awaits it is told; whoever does not has fewer threads
  let jobs = 0;
  return {
    count,
    exports,
    ready,
    memory(bytes: number): ArrayBufferLike {
      const missing = Math.ceil(bytes / PAGE) - memory.buffer.byteLength / PAGE;
      if (missing > 0) {
        try {
          memory.grow(missing);
        } catch {
          const size = `${Math.ceil(bytes / 2 ** 20)} MiB`;
          throw new MachineError(`Cannot compute: WASM needs ${size} of memory, which this machine does not give it`);
        }
      }
      return memory.buffer;
    },
    run(job: number): void {
      jobs = jobs % 0x7fffffff + 1;
      Atomics.store(words, ADDRESS, job);
      Atomics.store(words, OPEN, jobs);
      Atomics.store(words, COUNT, jobs);
      if (workers.length > 0) Atomics.notify(words, COUNT);
      try {
        exports.run(job, 0);
      } finally {
        Atomics.store(words, OPEN, 0);
        while (Atomics.load(words, INSIDE) > 0) { /* the others end their last tasks */ }
      }
      if (Atomics.exchange(words, FAILED, 0)) throw new MachineError("Cannot compute: a worker thread failed");
    },
    close(): void {
      for (const worker of workers) worker.terminate();
    },
  };
}
