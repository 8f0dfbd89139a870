/**
 * Ctrl-C: the first asks the work to stop in order, the second ends the process.
 *
 * @module
 */

/** The exit code of a process that was interrupted: 128 + SIGINT. */
export const INTERRUPTED = 130;

/** A wish to stop. */
export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Gives the signals their usual meaning back. Harmless when repeated. */
  end(): void;
}

/** Listens to SIGINT (Ctrl-C), SIGTERM and, if given, others. `onFirst` is called with the first of them. */
export function listenToInterrupts(onFirst: () => void, others: readonly Deno.Signal[] = []): Interrupt {
  const controller = new AbortController();
  // Windows has no SIGTERM.
  const names = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM", ...others] as const;
  const end = (): void => names.forEach((name) => Deno.removeSignalListener(name, listener));
  const listener = (): void => {
    end(); // The next one ends the process even while a long calculation lets nobody listen.
    controller.abort();
    onFirst();
  };
  for (const name of names) Deno.addSignalListener(name, listener);
  return { signal: controller.signal, end };
}
