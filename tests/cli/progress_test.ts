import { assert, assertEquals } from "@std/assert";
import { CLEAR_LINE, duration, startProgress } from "../../src/cli/progress.ts";

/** Progress of 100 steps of a second each, after `done` that were there before. */
function record(columns: number | undefined, from = 0): { drawn: string[]; lines: string[] } {
  const drawn: string[] = [], lines: string[] = [];
  let now = 0;
  const progress = startProgress("training", {
    draw: (text) => drawn.push(text.replace(CLEAR_LINE, "")),
    line: (text) => lines.push(text),
    columns: () => columns,
    now: () => now,
  });
  for (let done = from + 1; done <= 100; done++) {
    now += 1000;
    progress.update(done, 100, "soft revenue 0.5");
  }
  progress.end();
  return { drawn, lines };
}

Deno.test("a terminal has a bar that fits into a line and ends with nothing", () => {
  for (const columns of [20, 40, 80, 120]) {
    const { drawn, lines } = record(columns);
    assertEquals(lines, []);
    assertEquals(drawn.length, 101);
    assertEquals(drawn.at(-1), "");
    for (const line of drawn) assert(line.length < columns, line);
  }
  assertEquals(
    record(80).drawn[49],
    "training [###############---------------]  50/100  soft revenue 0.5  0:50 left",
  );
});

Deno.test("a log has a line every ten seconds", () => {
  const { drawn, lines } = record(undefined);
  assertEquals(drawn, []);
  assertEquals(lines.length, 10);
  assertEquals(lines[0], "training 10 of 100, soft revenue 0.5, 1:30 left");
});

Deno.test("the time left counts the steps of this run alone", () => {
  assertEquals(record(undefined, 50).lines[0], "training 60 of 100, soft revenue 0.5, 0:40 left");
});

Deno.test("durations are for people", () => {
  assertEquals([0.4, 7, 754, 11109].map(duration), ["0:00", "0:07", "12:34", "3:05:09"]);
});
