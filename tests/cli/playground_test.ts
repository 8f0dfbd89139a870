/** `tedi playground`, as a process. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { jsonLines, smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const small = smallRun(FOLDER);

Deno.test("playground writes a page with the mechanism in it: to the run folder, beside a file, or where it is told", async () => {
  const run = await small(), bytes = await Deno.readFile(`${run}/mechanism.safetensors`);
  const { code, stdout, stderr } = await tedi(["playground", run]);
  assertEquals([code, stdout], [0, `${run}/playground.html\n`], stderr);
  assertStringIncludes(await Deno.readTextFile(`${run}/playground.html`), `>${bytes.toBase64()}</script>`);

  const file = `${run}/mechanism.safetensors`, out = `${FOLDER}/new/page.html`;
  const told = await tedi(["playground", file, "--out", out, "--json"]);
  assertEquals(jsonLines(told.stdout), [{ event: "playground", out, mechanism: file, problem: "U_{1,2}^{0,0}" }]);
  assertEquals(await Deno.readTextFile(out), await Deno.readTextFile(`${run}/playground.html`));

  const empty = await tedi(["playground"], { cwd: `${FOLDER}/new` });
  assertEquals([empty.code, empty.stdout], [0, "playground.html\n"], empty.stderr);
});

Deno.test("playground refuses wrong input with 2", async () => {
  const run = await small();
  await Deno.writeTextFile(`${FOLDER}/damaged.safetensors`, "x");
  const cases: [string[], string][] = [
    [[`${FOLDER}/nowhere`], "must exist"],
    [[`${FOLDER}/damaged.safetensors`], "not safetensors"],
    [[run, "more"], `no place for the argument "more"`],
    [[run, "--out", `${run}/mechanism.safetensors`], "--out must end with .html"],
  ];
  const results = await Promise.all(cases.map(([args]) => tedi(["playground", ...args])));
  results.forEach(({ code, stdout, stderr }, k) => {
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, cases[k][1]);
  });
});
