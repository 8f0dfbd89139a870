/** Threads: a module of a few lines on them, and the kernels' own. */
import { Worker } from "node:worker_threads";
import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import asc from "assemblyscript/asc";
import { InvalidInputError, MachineError } from "../../src/errors.ts";
import { wasmKernels } from "../../src/kernels/wasm/kernels.ts";
import { kernelThreads } from "../../src/kernels/wasm/module.ts";
import { openDevice } from "../../src/runtime/device.ts";
import {
  hasSharedMemory,
  HEAP,
  openThreads,
  setThreadCount,
  setThreadPatience,
  threadCount,
  type ThreadedExports,
  type Threads,
} from "../../src/runtime/threads.ts";
import { caseNetwork, kernelCases, runKernels } from "../kernels/cases.ts";

/**
 * A module whose tasks write their squares. Words of a job: the next task, how many there are, how many of the others
 * have joined, how many the caller waits for, a bit for each thread that is to fail, a bit for each that is to stay, and
 * from 64 bytes on the squares.
 */
const SOURCE = `
export function run(job: usize, thread: i32): void {
  if (thread > 0) atomic.add<i32>(job, 1, 8);
  else while (atomic.load<i32>(job, 8) < load<i32>(job, 12)) {}
  if (load<i32>(job, 16) >> thread & 1) unreachable();
  while (atomic.load<i32>(job, 20) >> thread & 1) {}
  for (let task = atomic.add<i32>(job, 1); task < load<i32>(job, 4); task = atomic.add<i32>(job, 1)) {
    store<i32>(job + 64 + 4 * task, task * task);
  }
}`;

const TASKS = 1000;

let compiled: Promise<WebAssembly.Module> | undefined;

/** The module, compiled once. */
function squaresModule(): Promise<WebAssembly.Module> {
  return compiled ??= (async () => {
    let binary: Uint8Array<ArrayBuffer> | undefined;
    const { error, stderr } = await asc.main([
      "squares.ts",
      ...["--outFile", "squares.wasm", "-O1", "--noAssert", "--runtime", "stub", "--enable", "threads"],
      ...["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
    ], {
      readFile: (name: string) => name === "squares.ts" ? SOURCE : null,
      writeFile: (_name: string, contents: string | Uint8Array) => {
        if (contents instanceof Uint8Array) binary = contents as Uint8Array<ArrayBuffer>;
      },
      listFiles: () => [],
    });
    assert(!error, stderr.toString());
    return new WebAssembly.Module(binary!);
  })();
}

/** Runs a job that waits for `others`, with threads that are to fail; gives the squares and how many others joined. */
function runSquares(
  threads: Threads<ThreadedExports>,
  others: number,
  failing: readonly number[] = [],
  staying: readonly number[] = [],
): { squares: Int32Array; joined: number } {
  const words = new Int32Array(threads.memory(HEAP + 64 + 4 * TASKS), HEAP, 16 + TASKS);
  const bits = (list: readonly number[]) => list.reduce((bits, thread) => bits | 1 << thread, 0);
  words.fill(-1).set([0, TASKS, 0, others, bits(failing), bits(staying)]);
  threads.run(HEAP);
  return { squares: words.slice(16), joined: Atomics.load(words, 2) };
}

const SQUARES = Int32Array.from({ length: TASKS }, (_, task) => task * task);

Deno.test("every thread takes part once all are ready, and all tasks are done", async () => {
  for (const count of [1, 2, 4]) {
    const threads = openThreads(await squaresModule(), count);
    try {
      assertEquals(threads.count, count);
      assertEquals(await threads.ready, undefined);
      for (let repeat = 0; repeat < 20; repeat++) {
        assertEquals(runSquares(threads, count - 1), { squares: SQUARES, joined: count - 1 });
      }
    } finally {
      threads.close();
    }
  }
});

Deno.test("the caller's thread does all tasks where the others are not there yet, or are gone", async () => {
  const threads = openThreads(await squaresModule(), 3);
  assertEquals(runSquares(threads, 0).squares, SQUARES);
  await threads.ready;
  threads.close();
  threads.close();
  for (let repeat = 0; repeat < 20; repeat++) assertEquals(runSquares(threads, 0).squares, SQUARES);
});

Deno.test("a failure of a worker is a MachineError of its job, and the threads go on", async () => {
  const threads = openThreads(await squaresModule(), 3);
  try {
    await threads.ready;
    for (const failing of [[1], [2], [1, 2], [1]]) {
      const run = () => runSquares(threads, 2, failing);
      const { message } = assertThrows(run, MachineError);
      assertEquals(message, "Cannot compute: a worker thread failed");
      assertEquals(runSquares(threads, 2), { squares: SQUARES, joined: 2 });
    }
  } finally {
    threads.close();
  }
});

Deno.test("a failure of the caller's own share is thrown, and the threads go on", async () => {
  const threads = openThreads(await squaresModule(), 3);
  try {
    await threads.ready;
    assertThrows(() => runSquares(threads, 2, [0]));
    assertEquals(runSquares(threads, 2), { squares: SQUARES, joined: 2 });
  } finally {
    threads.close();
  }
});

/** The workers that are started in `work`, which nothing but a test can reach. */
async function catchWorkers(work: (workers: readonly Worker[]) => Promise<void>): Promise<void> {
  const workers = new Set<Worker>(), list: Worker[] = [], once = Worker.prototype.once;
  Worker.prototype.once = function (this: Worker, ...args: Parameters<typeof once>) {
    if (!workers.has(this)) list.push(this);
    workers.add(this);
    return once.apply(this, args);
  } as typeof once;
  try {
    await work(list);
  } finally {
    Worker.prototype.once = once;
  }
}

Deno.test("a worker that dies between two jobs costs nothing, and its threads are to be replaced", async () => {
  await catchWorkers(async (workers) => {
    const threads = openThreads(await squaresModule(), 3);
    await threads.ready;
    assertEquals(runSquares(threads, 2), { squares: SQUARES, joined: 2 });
    await workers[1].terminate();
    while (threads.count > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    for (let repeat = 0; repeat < 20; repeat++) assertEquals(runSquares(threads, 0).squares, SQUARES);
  });
});

Deno.test("a worker that never ends its task is a MachineError, and not a wait without end", async () => {
  const threads = openThreads(await squaresModule(), 3);
  await threads.ready;
  setThreadPatience(500);
  try {
    const { message } = assertThrows(() => runSquares(threads, 2, [], [2]), MachineError);
    assertEquals(message, "Cannot compute: a worker thread died, or did not end within 0.5 seconds");
    assertEquals(threads.count, 0);
    // It may still write into the memory: nothing is computed there any more.
    assertEquals(
      assertThrows(() => threads.run(HEAP), MachineError).message,
      "Cannot compute: a worker thread was lost",
    );
  } finally {
    setThreadPatience(undefined);
    new Int32Array(threads.memory(HEAP + 64), HEAP, 6)[5] = 0; // lets it go
    threads.close();
  }
});

Deno.test("threads that end before they are ready say so", async () => {
  await catchWorkers(async (workers) => {
    const threads = openThreads(await squaresModule(), 2);
    await workers[0].terminate();
    await assertRejects(() => threads.ready, MachineError, "Cannot start a worker thread");
    assertEquals(runSquares(threads, 0).squares, SQUARES);
  });
});

Deno.test("memory grows as it is needed, and keeps what it holds", async () => {
  const threads = openThreads(await squaresModule(), 1);
  const before = threads.memory(HEAP + 4);
  new Int32Array(before)[HEAP / 4] = 7;
  assertEquals(threads.memory(before.byteLength).byteLength, before.byteLength);
  const after = threads.memory(before.byteLength + 1);
  assertEquals(after.byteLength, before.byteLength + 65536);
  assertEquals(new Int32Array(after)[HEAP / 4], 7);
});

Deno.test("more memory than addresses reach is a MachineError, and what there was can still be used", async () => {
  const threads = openThreads(await squaresModule(), 1);
  for (const [bytes, size] of [[2 ** 32 + 1, "4097 MiB"], [2 ** 36, "65536 MiB"]] as const) {
    const { message } = assertThrows(() => threads.memory(bytes), MachineError);
    assertEquals(message, `Cannot compute: WASM needs ${size} of memory, which this machine does not give it`);
  }
  assertEquals(runSquares(threads, 0).squares, SQUARES);
});

Deno.test("where 4 GiB cannot be reserved, memory grows less far; where none can be shared, that is known", async () => {
  const { Memory } = WebAssembly, module = await squaresModule();
  const most = (pages: number) => {
    WebAssembly.Memory = class extends Memory {
      constructor(size: WebAssembly.MemoryDescriptor) {
        if (size.shared && size.maximum! > pages) throw new RangeError("could not allocate memory");
        super(size);
      }
    };
  };
  try {
    most(5000);
    const threads = openThreads(module, 2);
    assertEquals(runSquares(threads, 0).squares, SQUARES);
    assertEquals(threads.memory(4096 * 65536).byteLength, 4096 * 65536);
    assertThrows(() => threads.memory(4097 * 65536), MachineError, "257 MiB");
    threads.close();
    assertEquals(hasSharedMemory(), true);
    most(0);
    assertEquals(hasSharedMemory(), false);
    assertThrows(() => openThreads(module, 1), RangeError);
  } finally {
    WebAssembly.Memory = Memory;
  }
});

Deno.test("a count that is no positive integer is refused, and the count stays", () => {
  setThreadCount(3);
  try {
    for (const count of [0, -1, 1.5, NaN, Infinity, "2", null]) {
      const { message } = assertThrows(() => setThreadCount(count as number), InvalidInputError);
      const got = typeof count === "string" ? JSON.stringify(count) : String(count);
      assertEquals(message, `Cannot use threads: threads must be a positive integer, got ${got}`);
      assertEquals(threadCount(), 3);
    }
  } finally {
    setThreadCount(undefined);
  }
  assertEquals(threadCount(), navigator.hardwareConcurrency);
});

Deno.test("the kernels' threads stay as they are until another number of them is wanted", async () => {
  try {
    setThreadCount(2);
    const two = kernelThreads();
    assertEquals(two.count, 2);
    assertEquals(await two.ready, undefined);
    assertStrictEquals(kernelThreads(), two);
    setThreadCount(3);
    const three = kernelThreads();
    assertNotStrictEquals(three, two);
    assertEquals(three.count, 3);
    assertEquals(await three.ready, undefined);
    setThreadCount(3);
    assertStrictEquals(kernelThreads(), three);
  } finally {
    setThreadCount(undefined);
  }
  assertEquals(kernelThreads().count, navigator.hardwareConcurrency);
});

Deno.test("kernels give the same bits on the caller's thread alone, before others are ready and after", async () => {
  await openDevice({ backend: "wasm" });
  const [withContext, without] = kernelCases;
  try {
    for (const one of [withContext, without]) {
      const kernels = wasmKernels(caseNetwork(one));
      setThreadCount(1);
      const alone = await runKernels(kernels, one);
      setThreadCount(3); // new threads, which nobody waits for
      assertEquals(await runKernels(kernels, one), alone);
      await kernelThreads().ready;
      for (let repeat = 0; repeat < 3; repeat++) assertEquals(await runKernels(kernels, one), alone);
    }
  } finally {
    setThreadCount(undefined);
  }
});
