/** The page of a run that is under way has one script and no other, and trusts no text. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { livePage, withStage } from "../../src/report/live_page.ts";
import { makeReport } from "../../src/report/page.ts";
import { madeUpRun } from "./runs.ts";

const HOSTILE = `<script>alert("1")</script><img src=x onerror='x'>&amp;"'</style>$&`;

/** What scripts a page has, and whether it has anything else that loads or runs. */
function scripts(html: string): string[] {
  assertEquals(html.match(/<(link|img|iframe|object|embed|base|form|image|use|foreignObject)\b/gi), null);
  assertEquals(html.match(/<[^>]*\son\w+=/gi), null);
  return html.match(/<script[^>]*>/g) ?? [];
}

Deno.test("a page says how far a run is, and keeps up until it is over", async () => {
  const run = await madeUpRun("U-1-2", { seconds: 60 });
  const html = await livePage(run, 1003, { words: "Training." });
  assertEquals(scripts(html), [`<script src="/live.js" defer>`]);
  for (
    const text of [
      "<strong>3</strong> of 1003 iterations",
      `<progress max="1003" value="3"`,
      "1:00 min, about 30 s left",
      "30 ms an iteration",
      "0.5492",
      "<title>0%, U_{1,2}^{0,0}</title>",
      `<noscript><meta http-equiv="refresh"`,
      "<dt>seed</dt><dd>0</dd>",
    ]
  ) assertStringIncludes(html, text);
  assertEquals(html.match(/<svg /g)?.length, 5);

  const over = await livePage(run, 1003, { words: "Stopped.", next: ["tedi train --resume"], over: true });
  assertEquals(scripts(over), []);
  assert(!/refresh|script-src/.test(over));
  assertStringIncludes(over, "<span>tedi</span> <span>train</span> <span>--resume</span>");
  const start = await livePage({ ...run, metrics: [], seconds: undefined }, 1003, { words: "Training." });
  assertStringIncludes(start, "The first iterations are under way.");
});

Deno.test("texts of others are escaped while a run goes on, and above its report", async () => {
  const run = await madeUpRun("U-1-2"), hostile = { words: HOSTILE, next: [HOSTILE] };
  const texts = { name: HOSTILE, command: HOSTILE, device: HOSTILE, version: HOSTILE };
  const problem = { ...run.problem, name: HOSTILE, source: { kind: "custom" } as const };
  const html = await livePage({ ...run, ...texts, problem, options: { [HOSTILE]: HOSTILE } }, 10, hostile);
  assertEquals(scripts(html), [`<script src="/live.js" defer>`]);
  const report = withStage((await makeReport([run])).html, hostile);
  assertEquals(scripts(report), []);
  assertStringIncludes(report, "&#60;/style&#62;$&#38;</p>");
  assertEquals(report.match(/<main>/g)?.length, 1);
});
