/** `tedi bound`: what it prints, what share a run reaches, and what it refuses. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { tedi } from "./tedi.ts";

Deno.test("bounds of a setting and the share that a run reaches, as text and as JSON", async () => {
  const folder = await Deno.makeTempDir(), run = `${folder}/run`;
  try {
    const small = ["--iterations", "3", "--test-profiles", "100", "--out", run, "--quiet"];
    assertEquals((await tedi(["train", "--setting", "U-1-2", ...small])).code, 0);
    const text = await tedi(["bound", run, "--profiles", "500"]);
    assertEquals(text.code, 0, text.stderr);
    for (const words of ["at most, known optimum", "0.5492", "at most, welfare", "revenue", "% of the least"]) {
      assertStringIncludes(text.stdout.replace(/\s+/g, " "), words);
    }
    const { event, bounds, revenue, share } = JSON.parse(
      (await tedi(["bound", run, "--profiles", "500", "--json"])).stdout,
    );
    assertEquals([event, bounds[0].name], ["bounds", "known optimum"]);
    assert(Math.abs(share - revenue / bounds[0].value) < 1e-12);
    const alone = JSON.parse((await tedi(["bound", "--setting", "C-2-2", "--profiles", "500", "--json"])).stdout);
    assertEquals([alone.bounds.length, alone.revenue], [1, undefined]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without a run or a problem there is nothing to bound", async () => {
  const { code, stderr } = await tedi(["bound"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "a run folder or a problem must be given");
});
