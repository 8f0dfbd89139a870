/**
 * A sweep on this machine: workers as processes.
 *
 * @module
 */
import type { Output } from "../output.ts";
import { INTERRUPTED, listenToInterrupts } from "../interrupt.ts";

/** Bytes that a worker takes besides its training. */
const PROCESS = 400 * 2 ** 20;
/** Share of the free memory that workers may take. */
const SHARE = 0.8;

/**
 * How many workers this machine has room for: one a core, as far as memory reaches, and no more than cells.
 *
 * @param bytes Memory of the largest cell's training, where it is known.
 */
export function roomFor(cells: number, bytes: number): number {
  const { available } = Deno.systemMemoryInfo(), cores = Math.max(1, navigator.hardwareConcurrency);
  const fitting = Math.floor(SHARE * available / (PROCESS + bytes));
  return Math.max(1, Math.min(cells, cores, fitting));
}

/** The arguments that run this program again. */
export function selfCommand(): string[] {
  return [Deno.execPath(), "run", "--allow-all", "--quiet", Deno.mainModule];
}

/**
 * Runs workers on the one task of a plan until they end. A worker that is killed is not started again: others do its
 * cell, or the next start of the sweep.
 *
 * @returns The exit code: that of the worker that fared worst.
 */
export async function runLocally(
  plan: string,
  { jobs, threads, backend, quiet }: {
    readonly jobs: number;
    readonly threads: number;
    readonly backend: string;
    readonly quiet: boolean;
  },
  output: Output,
): Promise<number> {
  const [deno, ...args] = selfCommand();
  const children = Array.from({ length: jobs }, () =>
    new Deno.Command(deno, {
      args: [
        ...[...args, "sweep", "work", plan, "--task", "0", "--threads", String(threads), "--backend", backend],
        ...quiet ? ["--quiet"] : [],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn());
  const interrupt = listenToInterrupts(() => {
    output.log("Stopping after this iteration, with checkpoints. Ctrl-C again to stop at once");
    for (const child of children) {
      try {
        child.kill("SIGTERM");
      } catch { /* it has ended */ }
    }
  });
  try {
    const codes = (await Promise.all(children.map((child) => child.status))).map(({ code }) => code);
    if (interrupt.signal.aborted) return INTERRUPTED;
    return Math.max(...codes) > 0 ? 1 : 0;
  } finally {
    interrupt.end();
  }
}
