/** `tedi report`, as a process. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { jsonLines, SMALL, smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const small = smallRun(FOLDER);
const QUICK = "--test-profiles 200 --backend wasm".split(" ");

/** A copy of the small run with other files. */
async function copy(name: string, files: Readonly<Record<string, string | undefined>>): Promise<string> {
  const from = await small(), to = `${FOLDER}/${name}`;
  await Deno.mkdir(to, { recursive: true });
  for (const file of ["config.json", "metrics.jsonl", "mechanism.safetensors"]) {
    if (!Object.hasOwn(files, file)) await Deno.copyFile(`${from}/${file}`, `${to}/${file}`);
    else if (files[file] !== undefined) await Deno.writeTextFile(`${to}/${file}`, files[file]);
  }
  return to;
}

Deno.test("report writes a page to the run folder, with the revenue that training ended with and how to get it", async () => {
  const run = await small();
  const { code, stdout, stderr } = await tedi(["report", run, ...QUICK]);
  assertEquals([code, stdout], [0, `${run}/report.html\n`], stderr);
  assertStringIncludes(stderr, `Next: tedi audit ${run}\n      tedi playground ${run}\n`);
  const html = await Deno.readTextFile(`${run}/report.html`);
  const again = jsonLines((await tedi(["evaluate", run, "--profiles", "200", "--json", "--quiet"])).stdout)[0];
  assertStringIncludes(html, `<strong>${(again.revenue as number).toFixed(4)}</strong>`);
  assert(!/https?:/.test(html), "nothing is loaded");
  const command = /<pre><code>(.*)<\/code>/.exec(html)![1].replace(/<[^>]*>/g, "");
  assertEquals(
    command.replaceAll("&#39;", "'"),
    "tedi train --setting 'U_{1,2}^{0,0}' --iterations 3 --profiles 16 --chains 4 --steps 2 --groups 4 --backend wasm",
  );
});

Deno.test("the command of a page does the same run again", async () => {
  const first = `${FOLDER}/picnn`, second = `${FOLDER}/again`;
  const own = "--setting B-2-3-cp1-cd0.5 --seed 5 --network picnn --hidden 8,4 --refresh 0 --final-beta 90".split(" ");
  assertEquals((await tedi(["train", ...SMALL, ...own, "--out", first, "--quiet"])).code, 0);
  assertEquals((await tedi(["report", first, ...QUICK, "--quiet"])).code, 0);
  const html = await Deno.readTextFile(`${first}/report.html`);
  const command = /<pre><code>(.*)<\/code>/.exec(html)![1].replace(/<[^>]*>/g, "").replaceAll("&#39;", "'");
  const args = command.split(" ").slice(1).map((word) => word.replace(/^'(.*)'$/, "$1"));
  const { code, stderr } = await tedi([...args, "--out", second, "--test-profiles", "200", "--quiet"]);
  assertEquals(code, 0, stderr);
  const mechanisms = await Promise.all([first, second].map((run) => Deno.readFile(`${run}/mechanism.safetensors`)));
  assertEquals(mechanisms[0], mechanisms[1]);
});

Deno.test("report compares runs, audits, and writes charts as files", async () => {
  const run = await small(), out = `${FOLDER}/new/both.html`, svg = `${FOLDER}/new/charts`;
  const twin = await copy("twin", {});
  const args = ["report", run, twin, "--audit", "--out", out, "--svg", svg, ...QUICK, "--json", "--quiet"];
  const { code, stdout, stderr } = await tedi(args);
  assertEquals([code, stderr], [0, ""]);
  const [event] = jsonLines(stdout) as { out: string; charts: string[]; runs: { name: string; passed: boolean }[] }[];
  assertEquals([event.out, event.runs.map(({ name, passed }) => [name, passed])], [out, [["small", true], [
    "twin",
    true,
  ]]]);
  const files = Array.from(Deno.readDirSync(svg), ({ name }) => name).sort();
  assertEquals(files, event.charts.map((name) => `${name}.svg`).sort());
  assertEquals((await Deno.readTextFile(out)).match(/checks passed\./g)?.length, 2);
});

Deno.test("report takes a run twice", async () => {
  const run = await small(), out = `${FOLDER}/twice.html`;
  const { code, stderr } = await tedi(["report", run, run, "--out", out, ...QUICK, "--quiet"]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(await Deno.readTextFile(out), "small (2)");
});

Deno.test("report refuses wrong input with 2, before any work", async () => {
  const run = await small();
  const metrics = await Deno.readTextFile(`${run}/metrics.jsonl`);
  const config = JSON.parse(await Deno.readTextFile(`${run}/config.json`));
  const renamed = JSON.stringify({ ...config, problem: { ...config.problem, name: "<script>" } });
  const cases: [string[], string][] = [
    [[], "RUN is missing"],
    [[`${FOLDER}/nowhere`], "must exist"],
    [[run, `${FOLDER}/nowhere`], "must exist"],
    [[run, ""], "RUN must not be empty"],
    [[`${run}/mechanism.safetensors`], "RUN must be the folder of a run"],
    [[await copy("unfinished", { "mechanism.safetensors": undefined })], "must have a mechanism.safetensors"],
    [[await copy("nothing", { "config.json": undefined })], "config.json"],
    [[await copy("renamed", { "config.json": renamed })], "its problem must be <script> still"],
    [[await copy("damaged", { "mechanism.safetensors": "x" })], "mechanism.safetensors"],
    [[await copy("cut", { "metrics.jsonl": `${metrics}{"iteration":\n` })], "metrics.jsonl, line 4: it must be a JSON"],
    [[run, "--out", `${run}/mechanism.safetensors`], "--out must end with .html"],
    [[run, "--test-profiles", "1"], "--test-profiles must be an integer of at least 2, got 1"],
  ];
  const results = await Promise.all(cases.map(([args]) => tedi(["report", ...args])));
  results.forEach(({ code, stdout, stderr }, k) => {
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, cases[k][1]);
  });
});

Deno.test("a run without metrics has a report", async () => {
  const run = await copy("silent", { "metrics.jsonl": undefined });
  assertEquals((await tedi(["report", run, ...QUICK, "--quiet"])).code, 0);
});

Deno.test("report ends with 1 where an audit breaks a bound, and the page is there all the same", async () => {
  const run = `${FOLDER}/mlp`, own = "--setting U-1-1 --network mlp --initial-beta 5 --final-beta 9".split(" ");
  assertEquals((await tedi(["train", ...SMALL, ...own, "--iterations", "20", "--out", run, "--quiet"])).code, 0);
  const { code, stderr } = await tedi(["report", run, "--audit", ...QUICK, "--quiet"]);
  assertEquals(code, 1, stderr);
  assertStringIncludes(stderr, "the audit of mlp broke a bound");
  assertStringIncludes(await Deno.readTextFile(`${run}/report.html`), "FAILED");
});

Deno.test("report of a data set of types: its problem is in the command, quoted where a shell needs it", async () => {
  const run = `${FOLDER}/bids`, file = `${FOLDER}/my bids.csv`;
  const rows = Array.from({ length: 60 }, (_, k) => `${(k * 7 % 61) / 61},${(k * 13 % 59) / 59}`);
  await Deno.writeTextFile(file, `${rows.join("\n")}\n`);
  const own = ["--types", file, "--participants", "2", "--goods", "1", "--production-cost", "0.25"];
  const trained = await tedi(["train", ...SMALL, ...own, "--out", run, "--quiet"]);
  assertEquals(trained.code, 0, trained.stderr);
  const { code, stderr } = await tedi(["report", run, ...QUICK, "--quiet"]);
  assertEquals(code, 0, stderr);
  const html = (await Deno.readTextFile(`${run}/report.html`)).replace(/<\/?span>/g, "").replaceAll("&#39;", "'");
  // The table's path is from where the command is run.
  const [, path] = /--types '([^']*)' --participants 2 --goods 1 --production-cost 0.25 --iterations 3/.exec(html) ??
    [];
  assertEquals(path?.replace(/^.*[\\/]/, ""), "my bids.csv");
});
