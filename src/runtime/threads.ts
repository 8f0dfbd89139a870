/**
 * Worker threads that run one WASM module over one shared memory.
 *
 * The caller's thread does its share of the work, so that a single thread needs no worker at all, and waits for the
 * others without giving way to the event loop: a call is as synchronous as any other WASM call. In a browser it is the
 * only thread.
 *
 * @module
 */
import { MachineError, requireInteger } from "../errors.ts";

/** What a module that threads run must export. Addresses are in the shared memory. */
export interface ThreadedExports {
  /** Does a share of the job at an address: draws tasks until there are none left. */
  run(job: number, thread: number): void;
}

/** Threads and their memory. */
export interface Threads<Exports extends ThreadedExports> {
  /** How many threads there are, the caller's included; 0 once one of them died, so that others take their place. */
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

/** Where a module's constants begin: below them are words by which the threads agree, 64 bytes apart. */
export const TABLE = 1024;
/** Where data may begin, behind the constants. */
export const HEAP = 2048;
/**
 * Words (4 bytes each): a count of jobs; the job that may be joined, 0 for none; who is in it; whether one failed; its
 * address; whether the workers are to end.
 */
const COUNT = 16, OPEN = 32, INSIDE = 48, FAILED = 64, ADDRESS = 80, CLOSED = 96;
/** WASM pages are 64 KiB; 4 GiB is what addresses reach. */
const PAGE = 65536, MOST_PAGES = 65536;
/** Looks at a word this often before sleeping: for about 50 microseconds. */
const SPINS = 20_000;
/** Milliseconds for which the caller looks on after its own share, before it sleeps between looks, and for how long. */
const LOOK_ON = 20, NAP = 1;
/** Milliseconds of naps after which a thread that does not end its last task is given up: no task takes a second. */
const PATIENCE = 60_000;

/**
 * What a worker runs. It may join a job only while that is open, so nobody works on one that has ended. It ends by
 * itself, as terminating it would leave it where it is while it looks for jobs.
 */
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
  if (Atomics.load(words, ${CLOSED})) break;
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

/** The module of worker threads, asked for in this way because a browser has none and cannot load what names it. */
const workerThreads = globalThis.process?.getBuiltinModule?.("node:worker_threads");

let wanted: number | undefined;
let patience = PATIENCE;

/**
 * How many threads the next {@linkcode openThreads} will have: one for each logical core unless it was set, and one
 * alone in a browser.
 */
export function threadCount(): number {
  if (!workerThreads) return 1;
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

/** Sets after how many milliseconds a thread is given up; undefined for a minute. For tests of faults. */
export function setThreadPatience(milliseconds: number | undefined): void {
  patience = milliseconds ?? PATIENCE;
}

/**
 * Starts threads for a module, which imports its memory as `env.memory`. They do not keep the process from ending.
 *
 * Where a worker dies between two jobs, the caller's thread does the next ones alone. Where it dies, or hangs, in the
 * middle of a job, that job is a MachineError once patience is at an end. {@linkcode Threads.count} is 0 from then on.
 */
export function openThreads<Exports extends ThreadedExports>(
  module: WebAssembly.Module,
  count: number = threadCount(),
): Threads<Exports> {
  const memory = sharedMemory();
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const words = new Int32Array(memory.buffer, 0, 256);
  const workers = Array.from(
    { length: count - 1 },
    (_, k) => new workerThreads!.Worker(WORKER, { eval: true, workerData: { code: module, memory, thread: k + 1 } }),
  );
  const ready = Promise.all(workers.map((worker) =>
    new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", (error) => reject(new MachineError(`Cannot start a worker thread: ${error.message}`)));
      worker.once("exit", () => {
        reject(new MachineError("Cannot start a worker thread: it ended at once"));
        giveUp();
      });
    }).finally(() => worker.unref())
  )).then(() => {});
  ready.catch(() => {}); // whoever awaits it is told; whoever does not has fewer threads
  /** Those who take part, from the caller's side: all, the caller alone, or nobody, as one may still be writing. */
  let state: "open" | "alone" | "lost" = "open";
  let died = false, jobs = 0;
  /** Ends the workers of which one has died. */
  const giveUp = () => {
    if (state !== "open") return;
    died = true;
    close("alone");
  };
  const close = (to: "alone" | "lost") => {
    if (state === "open") state = to;
    Atomics.store(words, CLOSED, 1);
    Atomics.store(words, COUNT, -1);
    Atomics.notify(words, COUNT);
    for (const worker of workers) worker.terminate();
  };
  return {
    get count() {
      return died ? 0 : count;
    },
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
      if (state === "lost") throw new MachineError("Cannot compute: a worker thread was lost");
      if (state === "alone") return exports.run(job, 0);
      jobs = jobs % 0x7fffffff + 1;
      Atomics.store(words, ADDRESS, job);
      Atomics.store(words, OPEN, jobs);
      Atomics.store(words, COUNT, jobs);
      if (workers.length > 0) Atomics.notify(words, COUNT);
      try {
        exports.run(job, 0);
      } finally {
        Atomics.store(words, OPEN, 0);
        if (!othersEnd(words)) {
          died = true;
          close("lost");
        }
      }
      if (died) {
        throw new MachineError(
          `Cannot compute: a worker thread died, or did not end within ${patience / 1000} seconds`,
        );
      }
      if (Atomics.exchange(words, FAILED, 0)) throw new MachineError("Cannot compute: a worker thread failed");
    },
    close(): void {
      close("alone");
    },
  };
}

/** Memory for threads, which may grow as far as this machine lets it: some browsers reserve all of it at once. */
function sharedMemory(): WebAssembly.Memory {
  for (let maximum = MOST_PAGES;; maximum /= 4) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch (error) {
      if (maximum < 1024) throw error;
    }
  }
}

/** Whether there is memory for threads, which some browsers keep from pages. */
export function hasSharedMemory(): boolean {
  try {
    return new WebAssembly.Memory({ initial: 0, maximum: 1, shared: true }).buffer.byteLength === 0;
  } catch {
    return false;
  }
}

/**
 * Waits while the others end their last tasks; false where one does not. Naps are counted, and not the time, so that
 * nobody is given up while the whole process, or machine, sleeps.
 */
function othersEnd(words: Int32Array): boolean {
  for (let spins = 0; spins < SPINS; spins++) if (Atomics.load(words, INSIDE) === 0) return true;
  for (const start = performance.now(); performance.now() - start < LOOK_ON;) {
    for (let spins = 0; spins < 1000; spins++) if (Atomics.load(words, INSIDE) === 0) return true;
  }
  for (let naps = 0, before = 0; naps * NAP < patience; naps++) {
    const inside = Atomics.load(words, INSIDE);
    if (inside === 0) return true;
    if (inside !== before) naps = 0;
    before = inside;
    Atomics.wait(words, INSIDE, inside, NAP);
  }
  return false;
}
