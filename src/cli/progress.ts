/**
 * Shows how far some work is: a bar with the time left where stderr is a terminal, and otherwise a line now and then.
 *
 * @module
 */

/** Shows how far some work is. */
export interface Progress {
  /** Tells that `done` of `all` steps are done, and a word about the latest. */
  update(done: number, all: number, detail?: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** Where the texts of a progress go. */
export interface ProgressSink {
  /** Writes to the terminal as it is. */
  draw(text: string): void;
  /** Writes a line to a log. */
  line(text: string): void;
  /** Columns of the terminal, or undefined where it is none. */
  columns(): number | undefined;
  /** Milliseconds. */
  now(): number;
}

const DRAW_EVERY = 100;
const LOG_EVERY = 10_000;
/** Takes the terminal's line away. */
export const CLEAR_LINE = "\r\x1b[2K";

/** Begins to show how far some work is. */
export function startProgress(label: string, sink: ProgressSink): Progress {
  const start = sink.now();
  let first: number | undefined, last = sink.columns() === undefined ? start : -Infinity;
  return {
    update(done, all, detail = "") {
      const now = sink.now(), columns = sink.columns();
      // Work that was done before we began, by a run that is resumed, says nothing about the speed.
      first ??= done - 1;
      if (now - last < (columns === undefined ? LOG_EVERY : DRAW_EVERY)) return;
      last = now;
      const left = (now - start) / (done - first) * (all - done) / 1000;
      if (columns === undefined) {
        sink.line([`${label} ${done} of ${all}`, detail, `${duration(left)} left`].filter(Boolean).join(", "));
      } else sink.draw(CLEAR_LINE + bar(label, done, all, [detail, `${duration(left)} left`], columns));
    },
    end() {
      if (sink.columns() !== undefined) sink.draw(CLEAR_LINE);
    },
  };
}

/** A line that fits into the terminal: the bar gives way first, then the details. */
function bar(label: string, done: number, all: number, details: readonly string[], columns: number): string {
  const room = columns - 1; // A full line would wrap on some terminals.
  const count = `${String(done).padStart(String(all).length)}/${all}`;
  const texts = details.filter(Boolean).join("  ");
  const width = Math.min(30, room - label.length - count.length - texts.length - 6);
  if (width < 5) return `${label} ${count}  ${texts}`.slice(0, Math.max(0, room));
  const full = Math.round(width * done / all);
  return `${label} [${"#".repeat(full)}${"-".repeat(width - full)}] ${count}  ${texts}`;
}

/** Seconds for people: `0:07`, `12:34`, `3:05:09`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds), two = (part: number) => String(part).padStart(2, "0");
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
