/**
 * Worker threads that do tasks in plain code: a module of this package, which answers messages by results.
 *
 * What runs in WASM has threads over shared memory (threads.ts). Here tasks and results are copied, so a task must be worth
 * a message. A worker's module calls {@linkcode answerTasks}, whoever has tasks {@linkcode mapTasks}. Where workers cannot
 * be had, in a browser or without the permission to read the module, the caller does all tasks.
 *
 * @module
 */
import { MachineError } from "../errors.ts";
import { letEventsIn } from "./event_loop.ts";
import { threadCount } from "./threads.ts";

/** The module of worker threads, as in threads.ts. */
const workerThreads = globalThis.process?.getBuiltinModule?.("node:worker_threads");

type Worker = InstanceType<NonNullable<typeof workerThreads>["Worker"]>;

/** Messages for each worker, about: the more there are, the less one waits for the other at the end. */
const MESSAGES = 4;
/** Milliseconds of work on the caller's thread after which events are let in, which takes some. */
const PATIENCE = 50;

/** What a worker answers. */
type Answer<Result> = { readonly results: readonly Result[] } | { readonly failed: string };

/** Workers by their module. They stay, and keep no process from ending. */
const pools = new Map<string, Worker[]>();

/** Answers all tasks that this thread, a worker, is sent. */
export function answerTasks<Task, Result>(work: (task: Task) => Result): void {
  const port = workerThreads?.parentPort;
  port?.on("message", (tasks: readonly Task[]) => {
    let answer: Answer<Result>;
    try {
      answer = { results: tasks.map(work) };
    } catch (error) {
      answer = { failed: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(answer);
  });
}

/**
 * The results of tasks, in their order, by as many threads as there are to be ({@linkcode threadCount}).
 *
 * @param moduleOf Gives the URL of the module that answers tasks by `work`; asked only where there is to be more than one
 * thread, as a page that all is bundled in has none.
 * @throws {MachineError} if a worker ends, or fails, with a task.
 */
export async function mapTasks<Task, Result>(
  moduleOf: () => URL,
  work: (task: Task) => Result,
  tasks: readonly Task[],
): Promise<Result[]> {
  const results = new Array<Result>(tasks.length), workers = workersOf(moduleOf, Math.min(threadCount(), tasks.length));
  let next = 0;
  if (workers.length === 0) {
    for (let last = performance.now(); next < tasks.length; next++) {
      if (performance.now() - last > PATIENCE) {
        await letEventsIn();
        last = performance.now();
      }
      results[next] = work(tasks[next]);
    }
    return results;
  }
  // A message has several tasks, as it takes time, and what they share is copied once.
  const some = Math.ceil(tasks.length / (MESSAGES * workers.length));
  const serve = async (worker: Worker): Promise<void> => {
    while (next < tasks.length) {
      const first = next, answer = await ask<Task, Result>(worker, tasks.slice(first, next += some));
      if ("failed" in answer) throw new MachineError(`Cannot go on: a worker thread failed: ${answer.failed}`);
      answer.results.forEach((result, k) => results[first + k] = result);
    }
  };
  try {
    await Promise.all(workers.map(serve));
  } catch (error) {
    close(moduleOf());
    throw error;
  }
  return results;
}

/** Ends the workers of a module; the next tasks start others. */
function close(module: URL): void {
  for (const worker of pools.get(module.href) ?? []) worker.terminate();
  pools.delete(module.href);
}

/** Sends tasks, and waits for the answer. */
function ask<Task, Result>(worker: Worker, tasks: readonly Task[]): Promise<Answer<Result>> {
  worker.ref();
  return new Promise<Answer<Result>>((resolve, reject) => {
    const ended = (why: string) => reject(new MachineError(`Cannot go on: a worker thread ended: ${why}`));
    const onMessage = (answer: Answer<Result>) => (settle(), resolve(answer));
    const onError = (error: Error) => (settle(), ended(error.message));
    const onExit = () => (settle(), ended("it was stopped"));
    const settle = () => {
      worker.off("message", onMessage), worker.off("error", onError), worker.off("exit", onExit);
    };
    worker.on("message", onMessage), worker.on("error", onError), worker.on("exit", onExit);
    worker.postMessage(tasks);
  }).finally(() => worker.unref());
}

/** Workers of a module, `count` of them; none where one thread is enough, or no workers can be had. */
function workersOf(moduleOf: () => URL, count: number): Worker[] {
  if (!workerThreads || count < 2) return [];
  const module = moduleOf();
  if (!mayRead(module)) return [];
  const workers = pools.get(module.href) ?? [];
  pools.set(module.href, workers);
  while (workers.length < count) {
    try {
      const worker = new workerThreads.Worker(module);
      worker.unref();
      workers.push(worker);
    } catch {
      return []; // the caller does it alone
    }
  }
  return workers.slice(0, count);
}

/** Whether a worker may load a module without anybody being asked for a permission. */
function mayRead(module: URL): boolean {
  if (!("Deno" in globalThis)) return true;
  const wanted = module.protocol === "file:"
    ? { name: "read" as const, path: module }
    : { name: "import" as const, host: module.host };
  return Deno.permissions.querySync(wanted).state === "granted";
}
