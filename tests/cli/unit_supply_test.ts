import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { jsonLines, metricsOf, spawn, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const SMALL = "--setting U-2-2-unit --iterations 4 --profiles 16 --test-profiles 300 --backend wasm".split(" ");

Deno.test("an affine maximizer is trained, resumed to the same bits, evaluated, audited and run", async () => {
  const whole = `${FOLDER}/whole`, parts = `${FOLDER}/parts`;
  const { code, stdout, stderr } = await tedi(["train", ...SMALL, "--json", "--out", whole, "--checkpoint-every", "2"]);
  assertEquals(code, 0, stderr);
  const lines = jsonLines(stdout), result = lines.at(-1)!;
  const events = ["start", "iteration", "iteration", "checkpoint", "iteration", "iteration", "checkpoint", "result"];
  assertEquals(lines.map(({ event }) => event), events);
  assertEquals([result.setting, result.profiles, result.iterations], ["U_{2,2}^{unit}", 300, 4]);
  assert((result.worstGap as number) < 1e-9);
  assertEquals((await metricsOf(whole)).map(({ iteration }) => iteration), [1, 2, 3, 4]);

  // The last checkpoint but one, and on from there.
  Deno.mkdirSync(parts);
  Deno.copyFileSync(`${whole}/config.json`, `${parts}/config.json`);
  Deno.copyFileSync(`${whole}/checkpoint.previous.safetensors`, `${parts}/checkpoint.safetensors`);
  const again = await tedi(["train", "--resume", "--out", parts, "--test-profiles", "300", "--backend", "wasm"]);
  assertEquals(again.code, 0, again.stderr);
  assertStringIncludes(again.stderr, "going on after iteration 2 of 4");
  const bytes = (folder: string) => Deno.readFileSync(`${folder}/mechanism.safetensors`);
  assertEquals(bytes(parts), bytes(whole));

  const evaluated = await tedi(["evaluate", whole, "--profiles", "300", "--backend", "wasm", "--json"]);
  assertEquals(jsonLines(evaluated.stdout)[0].revenue, result.revenue, evaluated.stderr);
  const sizes = ["--profiles", "10", "--misreports", "10", "--test-profiles", "100"];
  const audited = await tedi(["audit", whole, ...sizes, "--backend", "wasm"]);
  assertEquals(audited.code, 0, audited.stderr);
  assertStringIncludes(audited.stdout, "certified gap");
  assertStringIncludes(audited.stdout, "convex prices");
  const reported = await tedi(["report", whole, "--test-profiles", "200", "--backend", "wasm"]);
  assertEquals(reported.code, 0, reported.stderr);
  const page = Deno.readTextFileSync(`${whole}/report.html`);
  assertStringIncludes(page, "<sup>unit</sup>");
  const words = ["--iterations", "4", "--profiles", "16", "--backend", "wasm"];
  assertStringIncludes(page, words.map((word) => `<span>${word}</span>`).join(" "));
  const ran = await tedi(["run", whole, "--types", "-", "--format", "json", "--json"], {}, "[[[0.9,0.2],[0.1,0.8]]]");
  const [{ outcomes }] = jsonLines(ran.stdout) as { outcomes: number[][] }[];
  for (const j of [0, 1]) assert(outcomes[0][j] + outcomes[1][j] <= 1);
});

Deno.test("what is not for goods that exist once is refused with the reason", async () => {
  const out = ["--out", `${FOLDER}/refused`];
  const cases: [string[], string][] = [
    [
      ["train", "--setting", "U-2-2-unit", "--chains", "3"],
      "--chains must be left out with --welfare-gradient smoothed",
    ],
    [["train", "--setting", "U-2-2-unit", "--line-move-every", "3"], "--line-move-every must be left out, got 3"],
    [["train", "--setting", "U-2-2-unit", "--resume", "--dry-run"], "--resume must be left out with --dry-run"],
    [["train", "--setting", "U-2-2", "--boost", "joint"], "--boost must be left out, got joint"],
    [["train", "--setting", "U-2-2-unit", "--initial-smoothing", "0"], "initialSmoothing must be"],
    [["train", "--setting", "U-2-2-cp1-unit"], "F-n-m-unit"],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await tedi([...args, ...out]);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("a dry run foretells memory and time", async () => {
  const { code, stdout } = await tedi(["train", "--setting", "U-3-3-unit", "--profiles", "16", "--dry-run", "--json"]);
  assertEquals(code, 0);
  const [{ maxima, secondsEach, bytes }] = jsonLines(stdout) as Record<string, number>[];
  assertEquals(maxima, 16 * 5);
  assert(secondsEach > 0 && secondsEach < 5 && bytes > 1000);
});

Deno.test("a dry run writes a file with which --config trains as the command line does", async () => {
  const line = [...SMALL, "--boost", "joint", "--final-smoothing", "0.1"], file = `${FOLDER}/run.toml`;
  const dry = await tedi(["train", ...line, "--dry-run"]);
  assertEquals(dry.code, 0, dry.stderr);
  Deno.writeTextFileSync(file, dry.stdout);
  const folders = ["by-line", "by-file"].map((name) => `${FOLDER}/${name}`);
  for (const [k, args] of [line, ["--config", file]].entries()) {
    const { code, stderr } = await tedi(["train", ...args, "--out", folders[k], "--quiet"]);
    assertEquals(code, 0, stderr);
  }
  const [byLine, byFile] = folders.map((folder) => Deno.readFileSync(`${folder}/mechanism.safetensors`));
  assertEquals(byFile, byLine);

  const refused = [['from = "by-line"', "--from must be left out"], ["[training]\npatience = 2", "--patience must be"]];
  for (const [text, message] of refused) {
    Deno.writeTextFileSync(file, `setting = "U-2-2-unit"\n${text}\n`);
    const { code, stderr } = await tedi(["train", "--config", file, "--out", `${FOLDER}/refused`]);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, message);
    assertStringIncludes(stderr, "run.toml, line");
  }
});

Deno.test("a table of an auction's bids is learned from, with goods that exist once", async () => {
  const rows = Array.from({ length: 40 }, (_, k) => `${(k * 7 % 20) + 1},${(k * 3 % 20) + 1}`);
  Deno.writeTextFileSync(`${FOLDER}/bids.csv`, `piano,violin\n${rows.join("\n")}\n`);
  const out = `${FOLDER}/bids`, table = ["--types", `${FOLDER}/bids.csv`, "--participants", "3", "--unit-supply"];
  const small = ["--iterations", "3", "--profiles", "16", "--backend", "wasm"];
  const { code, stdout, stderr } = await tedi(["train", ...table, ...small, "--out", out, "--json"]);
  assertEquals(code, 0, stderr);
  const result = jsonLines(stdout).at(-1)!;
  assert((result.worstGap as number) < 1e-7 && (result.revenue as number) > 0);
  assertEquals(result.rows, 8);
  const again = await tedi(["evaluate", out, "--backend", "wasm", "--json"]);
  assertEquals(jsonLines(again.stdout)[0].revenue, result.revenue, again.stderr);
});

Deno.test("what fails before anything is learned leaves no run folder, and what is stopped says how to go on", async (t) => {
  await t.step("a failure", async () => {
    const module = `${FOLDER}/nan.ts`, above = `${FOLDER}/failed`;
    // Nothing is wrong with the few types that are looked at before.
    Deno.writeTextFileSync(
      module,
      `const types = (random, profiles) => random.uniform(profiles * 4).map((u) => profiles < 16 ? u : NaN);
export default { participants: 2, goods: 2, supply: "unit", sampleTypes: types };\n`,
    );
    const line = ["train", "--problem", module, "--iterations", "4", "--profiles", "16", "--backend", "wasm"];
    const { code, stderr } = await tedi([...line, "--out", `${above}/run`]);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, "types[0][0][0] must be a number in [0, 1], got NaN");
    assert(!existsSync(above));
  });
  await t.step("Ctrl-C", async () => {
    if (Deno.build.os === "windows") return; // it has no such signal
    const out = `${FOLDER}/stopped`, child = spawn(["train", ...SMALL, "--iterations", "5000", "--out", out, "--json"]);
    const stderr = new Response(child.stderr).text();
    let sent = false;
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      if (!sent && part.includes('"iteration":')) {
        sent = true;
        child.kill("SIGINT");
      }
    }
    assertEquals((await child.status).code, 130, await stderr);
    assertStringIncludes(await stderr, `Go on with: tedi train --resume --out ${out}\n(tedi is `);
  });
});
