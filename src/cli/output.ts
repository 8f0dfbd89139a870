/**
 * Where the command line writes: results on stdout, logs and progress on stderr.
 *
 * @module
 */
import { machineError } from "../errors.ts";
import { CLEAR_LINE, type Progress, startProgress } from "./progress.ts";

/** Where a command writes. */
export interface Output {
  /** Whether results are JSON lines. */
  readonly json: boolean;
  /** Results for people, on stdout; nothing under --json. */
  text(text: string): void;
  /** One JSON object on a line of stdout; nothing without --json. */
  event(event: string, values: Readonly<Record<string, unknown>>): void;
  /** A line about the progress of the work, on stderr; nothing under --quiet. */
  log(message: string): void;
  /** A warning on stderr, always. */
  warn(message: string): void;
  /** Shows how far some work is, on stderr; nothing under --quiet. */
  progress(label: string): Progress;
}

/**
 * Writes text to stdout. Throws `Deno.errors.BrokenPipe` where nobody reads on.
 *
 * @throws {MachineError} where it cannot be written otherwise, as where stdout is a file on a full disk.
 */
export function writeStdout(text: string): void {
  try {
    writeAll(Deno.stdout, text);
  } catch (error) {
    throw error instanceof Deno.errors.BrokenPipe ? error : machineError("write to stdout", error);
  }
}

/** Writes text to stderr, where that is possible: whoever cannot be told of anything should not lose the work. */
export function writeStderr(text: string): void {
  try {
    writeAll(Deno.stderr, text);
  } catch {
    // Nobody reads on, or its disk is full.
  }
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += stream.writeSync(bytes.subarray(written));
}

/** Colours text for a terminal, unless NO_COLOR is set. */
export function colour(stream: { isTerminal(): boolean }, code: "bold" | "red" | "yellow", text: string): string {
  if (Deno.noColor || !stream.isTerminal()) return text;
  return `\x1b[${{ bold: 1, red: 31, yellow: 33 }[code]}m${text}\x1b[0m`;
}

/** The output of a command. */
export function openOutput(options: { readonly json?: boolean; readonly quiet?: boolean } = {}): Output {
  const { json = false, quiet = false } = options;
  const terminal = Deno.stderr.isTerminal();
  let drawn = false; // whether a bar is on the terminal's line
  const line = (text: string): void => {
    writeStderr(`${drawn ? CLEAR_LINE : ""}${text}\n`);
    drawn = false;
  };
  const clear = (): void => {
    if (drawn) writeStderr(CLEAR_LINE);
    drawn = false;
  };
  return {
    json,
    text(text) {
      if (json) return;
      clear();
      writeStdout(`${text}\n`);
    },
    event(event, values) {
      if (!json) return;
      if (Deno.stdout.isTerminal()) clear();
      writeStdout(`${JSON.stringify({ event, ...values })}\n`);
    },
    log(message) {
      if (!quiet) line(message);
    },
    warn(message) {
      line(`${colour(Deno.stderr, "yellow", "warning:")} ${message}`);
    },
    progress(label) {
      if (quiet) return { update: () => {}, end: () => {} };
      return startProgress(label, {
        draw(text) {
          drawn = text !== CLEAR_LINE;
          writeStderr(text);
        },
        line,
        columns: () => terminal ? Deno.consoleSize().columns || 80 : undefined,
        now: () => performance.now(),
      });
    },
  };
}
