/** The page of a report loads nothing, says everything in words, too, and trusts no text. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AUDIT_CHECKS } from "../../src/mechanisms/audit/check.ts";
import { CHECK_WORDS } from "../../src/mechanisms/audit/words.ts";
import type { AuditReport } from "../../src/mechanisms/audit.ts";
import { escapeMarkup } from "../../src/display.ts";
import { makeReport } from "../../src/report/page.ts";
import { madeUpRun } from "./runs.ts";

const HOSTILE = `<script>alert("1")</script><img src=x onerror='x'>&amp;"'</style>`;

/** Fails where a page would load or run something, or a chart has no words, or an id is there twice. */
function checkPage(html: string): void {
  assertEquals(html.match(/https?:|\/\/[a-z]/gi), null, "nothing names a place in a network");
  assertEquals(html.match(/<(script|link|img|iframe|object|embed|base|form|image|use|foreignObject)\b/gi), null);
  const tags = html.match(/<[^>]*>/g)!.map((tag) => tag.replace(/"[^"]*"/g, '""'));
  assertEquals(tags.filter((tag) => /\s(src|srcset|href|xlink:href|on\w+|action|data)=/i.test(tag)), []);
  assertEquals(html.match(/@import|javascript:/gi), null);
  assertStringIncludes(html, `content="default-src 'none'; style-src 'unsafe-inline'"`);
  assertStringIncludes(html, `<meta name="viewport" content="width=device-width, initial-scale=1">`);
  assertStringIncludes(html, "prefers-color-scheme: dark");
  assertStringIncludes(html, "@media print");
  const charts = html.match(/<svg [^>]*>/g)!;
  assert(charts.length > 0);
  for (const chart of charts) {
    assert(/^<svg viewBox="[\d. -]+" role="img" aria-label="[^"]{20,}">$/.test(chart), chart);
    assert(!/NaN|undefined|null/.test(chart), chart);
  }
  assertEquals(html.match(/<figcaption>[^<]{5,}<\/figcaption>/g)?.length, charts.length);
  const ids = Array.from(html.matchAll(/\bid="([^"]*)"/g), ([, id]) => id);
  assertEquals(new Set(ids).size, ids.length);
  for (const [, id] of html.matchAll(/url\(#([^)]*)\)/g)) assert(ids.includes(id), id);
  assert(!/>(NaN|undefined|null)</.test(html));
}

Deno.test("a page is one file that loads nothing, and every chart has words, whatever n and m are", async () => {
  for (const setting of ["U-1-1", "U-2-1", "U-1-2", "U-3-2-cp1-cd0", "B-1-10", "U-2-3"]) {
    const { html, charts } = await makeReport([await madeUpRun(setting)]);
    checkPage(html);
    assertEquals(html.match(/<svg /g)?.length, charts.length);
    assertEquals(new Set(charts.map(({ name }) => name)).size, charts.length);
    for (const { name, svg } of charts) {
      assert(/^[\w-]+$/.test(name), name);
      assert(svg.startsWith("<svg ") && svg.includes("http://www.w3.org/2000/svg"), "a file of its own");
    }
    for (
      const text of [
        "0.5000",
        "0.0100",
        "100 held-out",
        "<span>tedi</span> <span>train</span>",
        "0.0.1",
        "3 iterations",
      ]
    ) {
      assertStringIncludes(html, text);
    }
  }
});

Deno.test("what is known about a problem is on its page", async () => {
  const { html } = await makeReport([await madeUpRun("U-1-2")]);
  for (const text of ["Known optimum", "0.5492", "straight-jacket", "91.0% of it", "Item-wise optimum"]) {
    assertStringIncludes(html, text);
  }
  assertStringIncludes((await makeReport([await madeUpRun("U-3-2-cp1-cd0")])).html, "TEDI in the paper");
});

Deno.test("a page has what simple mechanisms earn, what is not as one expects, and a price list for each context", async () => {
  const references = [
    {
      name: "Bundle-OPT",
      remark: "all goods together, at 0.82",
      utility: 0.5459,
      standardError: 0.0012,
      upperBound: false,
    },
    { name: "welfare", remark: "no more", utility: 1.0018, standardError: 0.0013, upperBound: true },
  ];
  const comparison = {
    best: references[0],
    difference: -0.0459,
    standardError: 0.001,
    interval: [-0.05, -0.04] as const,
  };
  const remarks = ["it earns less than Bundle-OPT"];
  const single = await madeUpRun("U-1-2", { references, comparison, remarks });
  const { html, charts } = await makeReport([single]);
  for (
    const text of [
      "0.5459 \u00b1 0.0012, all goods together, at 0.82",
      "Bound: welfare",
      "-0.0459 \u00b1 0.0010, compared with Bundle-OPT on the same profiles; 95% interval -0.0500 to -0.0400",
      "Note: it earns less than Bundle-OPT.",
      "taken by",
      "As a list it earns",
    ]
  ) assertStringIncludes(html, text);
  assertEquals(charts.filter(({ name }) => name.includes("price-list")).length, 1);
  const { entries } = single.mechanism.contexts[0].priceList;
  for (const { price } of entries.toSorted((a, b) => b.share - a.share).slice(0, 12)) {
    assertStringIncludes(html, `<td>${price.toFixed(4)}</td>`);
  }
  const several = await makeReport([await madeUpRun("U-2-2-cp1-cd0")]);
  assertEquals(several.html.match(/<h3>Price list, where the others value every good at/g)?.length, 3);
  assertStringIncludes(several.html, "before the cost of production");
});

Deno.test("texts of others are escaped wherever they come", async () => {
  assertEquals(escapeMarkup(`<&>"'`), "&#60;&#38;&#62;&#34;&#39;");
  const run = await madeUpRun("U-1-2");
  const texts = {
    ...{ name: HOSTILE, command: HOSTILE, device: HOSTILE, version: HOSTILE },
    options: { [HOSTILE]: HOSTILE },
    problem: {
      ...{ ...run.problem, name: HOSTILE, source: { kind: "custom" } as const },
      ...{ unit: HOSTILE, goodNames: [HOSTILE, `${HOSTILE}2`] },
    },
    remarks: [HOSTILE],
    references: [{ name: HOSTILE, remark: HOSTILE, utility: 1, standardError: 1, upperBound: false }],
  };
  checkPage((await makeReport([{ ...run, ...texts }])).html);
  const { html, charts } = await makeReport([{ ...run, ...texts }, run, { ...run, name: `${HOSTILE}.` }]);
  checkPage(html);
  for (const { svg } of charts) assert(!/<(script|img)|<\/style/i.test(svg));
});

Deno.test("several runs are compared: tables of results and differences, a legend, a section each", async () => {
  const first = await madeUpRun("U-1-2", { name: "first" });
  const second = { ...first, name: "second", options: { iterations: "3", seed: "7" } };
  const { html, charts } = await makeReport([first, second]);
  checkPage(html);
  for (const text of ["What the runs reached", "Options that differ", ">7<", "<h2>first<", "<h2>second<"]) {
    assertStringIncludes(html, text);
  }
  assert(!html.includes(">iterations</th><td>3<"), "what is the same is not told");
  const curves = charts.filter(({ name }) => name.startsWith("training-"));
  assertEquals(curves.length, 5);
  for (const { svg, alt } of curves) {
    for (const name of ["first", "second"]) {
      assertStringIncludes(svg, `>${name}</text>`);
      assertStringIncludes(alt, `${name}: from`);
    }
  }
  assertStringIncludes((await makeReport([first, { ...first, name: "x" }])).html, "with the same options");
});

Deno.test("a run without metrics has a page, too", async () => {
  const { html } = await makeReport([await madeUpRun("U-1-2", { metrics: [], seconds: undefined })]);
  checkPage(html);
  assertStringIncludes(html, "No metrics were recorded");
});

Deno.test("an audit is a table of checks", async () => {
  const checks = AUDIT_CHECKS.slice(0, -1).map((name, k) => (
    { name, worst: k === 2 ? Infinity : 1e-9, bound: 1e-6, passed: k !== 2, cases: 10, mean: 0, remark: HOSTILE }
  ));
  const audit: AuditReport = {
    passed: false,
    checks,
    skipped: [{ name: AUDIT_CHECKS.at(-1)!, reason: HOSTILE }],
    leftOut: [HOSTILE],
    revenue: { mean: 0.5, standardError: 0.01, interval: [0.48, 0.52], profiles: 100 },
    options: { profiles: 10, misreports: 10, exact: 5, revenueProfiles: 100, seed: 0, timeLimit: 60 },
  };
  const { html } = await makeReport([await madeUpRun("U-1-2", { audit })]);
  checkPage(html);
  for (const name of AUDIT_CHECKS) assertStringIncludes(html, `>${CHECK_WORDS[name][0]}</th>`);
  for (const text of [`1 of ${checks.length} checks failed.`, "FAILED", "not checked", "Infinity"]) {
    assertStringIncludes(html, text);
  }
});

Deno.test("a page says which iteration is kept, and of how many training was to have", async () => {
  const run = await madeUpRun("U-1-2"), options = { ...run.options, iterations: "9" };
  const metrics = run.metrics.map((one, k) => ({ ...one, ...k > 0 && { validationRevenue: 0.5, keptIteration: 2 } }));
  const { html } = await makeReport([{ ...run, options, metrics }]);
  assertStringIncludes(
    html,
    "3 iterations of 9 in 12 s on wasm (SIMD WASM); what it was after 2 is kept, the best by validation",
  );
  const plain = (await makeReport([run])).html;
  assertStringIncludes(plain, "3 iterations in 12 s on wasm (SIMD WASM)</dd>");
});
