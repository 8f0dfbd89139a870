/** How results show themselves: on a console in words, in a notebook as tables and charts. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadMechanism, saveMechanism, settingProblem, train } from "../mod.ts";
import { showing } from "../src/display.ts";
import { randomMechanism } from "./mechanisms/random_mechanism.ts";

/** What the Jupyter kernel asks a result for. */
async function bundleOf(result: object): Promise<Record<string, string>> {
  return await (result as Record<symbol, () => Promise<Record<string, string>>>)[Symbol.for("Jupyter.display")]();
}

/** Fails unless a text is one whole SVG, with so many charts in it, whose ids are there once. */
function checkSvg(svg: string, charts: number): void {
  assert(svg.startsWith(`<svg xmlns="http://www.w3.org/2000/svg"`) && svg.endsWith("</svg>"));
  assertEquals([svg.match(/<svg /g)?.length, svg.match(/<\/svg>/g)?.length], [charts + 1, charts + 1]);
  assert(Number(/ width="([\d.]+)"/.exec(svg)![1]) <= 900, "notebooks cut what is wider than their page");
  assertEquals(/NaN|undefined/.exec(svg), null);
  const ids = Array.from(svg.matchAll(/\bid="([^"]*)"/g), ([, id]) => id);
  assertEquals(new Set(ids).size, ids.length);
  for (const [, id] of svg.matchAll(/url\(#([^)]*)\)/g)) assert(ids.includes(id), id);
}

Deno.test("what shows itself is what it was, in comparisons, copies and JSON", async () => {
  const summary = { title: `<b>&"'`, rows: [["a", "1"], ["longer", "22", "why"]] as [string, string, string?][] };
  const plain = { value: 1 }, result = showing({ value: 1 }, () => summary);
  assertEquals(result, plain);
  assertEquals([Object.keys(result), JSON.stringify(result)], [["value"], `{"value":1}`]);
  assertEquals(Deno.inspect({ ...result }), Deno.inspect(plain));
  assertEquals(Deno.inspect(result), `<b>&"'\n  a       1\n  longer  22  why`);
  const bundle = await bundleOf(result);
  assertEquals(Object.keys(bundle).sort(), ["text/html", "text/plain"]);
  assertEquals(bundle["text/plain"], Deno.inspect(result));
  assertStringIncludes(bundle["text/html"], "&#60;b&#62;&#38;&#34;&#39;");
  assertEquals(bundle["text/html"].match(/<tr>/g)?.length, 2);
});

Deno.test("a mechanism shows its prices and what they lead to, for any n and m, and when it comes from a file", async () => {
  const file = await Deno.makeTempFile();
  try {
    for (const [n, m] of [[1, 1], [1, 2], [2, 2], [3, 4]]) {
      await saveMechanism(file, randomMechanism(n, m, 2));
      const mechanism = await loadMechanism(file), bundle = await bundleOf(mechanism);
      assertEquals(Object.keys(bundle).sort(), ["image/svg+xml", "text/plain"]);
      assertEquals(bundle["text/plain"], Deno.inspect(mechanism));
      assertStringIncludes(bundle["text/plain"], `participants  ${n}`);
      checkSvg(bundle["image/svg+xml"], m > 1 ? 4 : 2);
      assertEquals(bundle["image/svg+xml"].includes("others value every good at 0.5"), n > 1);
    }
  } finally {
    await Deno.remove(file);
  }
});

Deno.test({
  name: "a training shows its curves and what its mechanism earns",
  sanitizeResources: false, // devices and threads stay open
  sanitizeOps: false,
  async fn() {
    const settings = { iterations: 4, profiles: 16, chains: 4, steps: 2 };
    const result = await train(settingProblem("U-1-2"), settings), { history, metrics } = result;
    assertEquals(history.map(({ iteration }) => iteration), [1, 2, 3, 4]);
    assertEquals(history.at(-1), metrics);
    const bundle = await bundleOf(result), svg = bundle["image/svg+xml"];
    checkSvg(svg, 2);
    assert(/revenue \d\.\d{4} ± \d\.\d{4} on 4096 held-out profiles; known optimum 0\.5492/.test(svg));
    assertStringIncludes(svg, "soft revenue");
    assertStringIncludes(bundle["text/plain"], metrics!.softRevenue.toFixed(4));
    assertEquals(bundle["text/plain"], Deno.inspect(result));
  },
});
