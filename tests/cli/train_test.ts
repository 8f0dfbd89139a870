import { existsSync } from "node:fs";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { jsonLines, metricsOf, SMALL, smallRun, spawn, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const small = smallRun(FOLDER);

Deno.test("train writes pure JSON lines, of which the last is the result", async () => {
  const out = `${FOLDER}/json`;
  const { code, stdout, stderr } = await tedi(["train", ...SMALL, "--json", "--out", out, "--checkpoint-every", "2"]);
  assertEquals(code, 0, stderr);
  const lines = jsonLines(stdout);
  const events = ["start", "iteration", "iteration", "checkpoint", "iteration", "checkpoint", "result"];
  assertEquals(lines.map(({ event }) => event), events);
  const result = lines.at(-1)!;
  const { setting, profiles, backend, iterations } = result;
  assertEquals([setting, profiles, backend, iterations, result.out], ["U_{1,2}^{0,0}", 200, "wasm", 3, out]);
  for (const key of ["revenue", "standardError", "seconds", "worstGap", "knownOptimum"]) {
    assert(Number.isFinite(result[key]), key);
  }
  assertEquals(typeof result.adapter, "string");
  const metrics = await metricsOf(out);
  assertEquals(metrics.map(({ iteration }) => iteration), [1, 2, 3]);
});

Deno.test("train says for people what was learned, and where it is", async () => {
  const { code, stdout, stderr } = await tedi(["train", ...SMALL], { cwd: FOLDER });
  assertEquals(code, 0, stderr);
  for (const text of ["U_{1,2}^{0,0}, 1 participant, 2 goods", "known optimum      0.5492", "straight-jacket"]) {
    assertStringIncludes(stdout, text);
  }
  const run = "runs/U-1-2-cp0-cd0-seed0",
    next = [`Next: tedi report ${run}\n`, `tedi audit ${run}\n`, `tedi playground ${run}\n`, `tedi run ${run} `];
  for (const text of [...next, `tedi menu ${run}\n`]) assertStringIncludes(stderr, text);
  assert(/\(tedi is (deno|npx -y deno@\S+) run -A \S+mod\.ts\)/.test(stderr), stderr);
  assertStringIncludes(stderr, "Run folder: runs/U-1-2-cp0-cd0-seed0");
});

Deno.test("evaluate gives the numbers of train for the same seed and profiles", async () => {
  const options = [...SMALL, "--setting", "U-2-2", "--seed", "5", "--json", "--quiet"];
  const trained = jsonLines((await tedi(["train", ...options, "--out", `${FOLDER}/two`])).stdout).at(-1)!;
  const file = ["--setting", "U-2-2", "--seed", "5"];
  for (const [place, ...more] of [[`${FOLDER}/two/`], [`${FOLDER}/two/mechanism.safetensors`, ...file]]) {
    const { stdout, stderr } = await tedi([
      ...["evaluate", place, ...more, "--profiles", "200", "--backend", "wasm", "--json"],
    ]);
    const lines = jsonLines(stdout);
    assertEquals(lines.length, 1, stderr);
    for (const key of ["event", "setting", "revenue", "standardError", "profiles", "backend", "adapter", "worstGap"]) {
      assertEquals(lines[0][key], trained[key], key);
    }
    assert(Number.isFinite(lines[0].seconds));
  }
});

Deno.test("a data set and a module of one's own can be trained, resumed and evaluated", async (t) => {
  const rows = Array.from({ length: 20 }, (_, k) => `${k / 20},${(k * 7 % 20) / 20}`);
  Deno.writeTextFileSync(`${FOLDER}/bids.csv`, `a,b\n${rows.join("\n")}\n`);
  Deno.writeTextFileSync(
    `${FOLDER}/mine.ts`,
    `export default { name: "mine", participants: 1, goods: 2, distribution: "U", productionCost: 0.25 };`,
  );
  const problems = [
    ["--types", "bids.csv", "--participants", "2", "--goods", "2", "--duplication-cost", "0.1"],
    ["--problem", "./mine.ts"],
  ];
  for (const problem of problems) {
    await t.step(problem[1], async () => {
      const slug = problem[0] === "--types" ? "bids-2-2-cp0-cd0.1" : "mine";
      const trained = await tedi(["train", ...problem, ...SMALL], { cwd: FOLDER });
      assertEquals(trained.code, 0, trained.stderr);
      const resumed = await tedi(["train", ...problem, ...SMALL, "--resume"], { cwd: FOLDER });
      assertStringIncludes(resumed.stderr, "complete already, with 3 iterations");
      assertEquals(resumed.code, 0, resumed.stderr);
      const evaluate = ["evaluate", `runs/${slug}-seed0`, "--profiles", "50"];
      const code = problem[0] === "--problem" ? problem : [];
      const evaluated = await tedi([...evaluate, ...code], { cwd: FOLDER });
      assertEquals(evaluated.code, 0, evaluated.stderr);
      // A folder may come from anyone: what it names is not run unless the command line asks for it.
      if (code.length === 0) return;
      for (const args of [evaluate, ["audit", evaluate[1]], ["train", "--resume", "--out", evaluate[1]]]) {
        const refused = await tedi(args, { cwd: FOLDER });
        assertEquals([refused.code, refused.stdout], [2, ""], refused.stderr);
        assertStringIncludes(refused.stderr, "if you trust it, pass --problem ./mine.ts");
      }
    });
  }
});

Deno.test("a run that exists is neither overwritten nor contradicted", async (t) => {
  const out = ["--out", await small()];
  await t.step("without --resume or --force", async () => {
    const { code, stderr } = await tedi(["train", ...SMALL, ...out]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "--resume");
  });
  for (const given of [["--iterations", "2"], ["--seed", "1"], ["--hidden", "8,8"], ["--setting", "U-1-3"]]) {
    await t.step(given.join(" "), async () => {
      const { code, stdout, stderr } = await tedi(["train", "--resume", ...given, ...out]);
      assertEquals([code, stdout], [2, ""]);
      assertStringIncludes(stderr, given[0] === "--setting" ? "U_{1,2}^{0,0}" : given[0]);
      assertStringIncludes(stderr, given[0] === "--setting" ? "U_{1,3}^{0,0}" : `got ${given[1]}`);
    });
  }
  await t.step("with --force it starts anew", async () => {
    const { code, stderr } = await tedi(["train", ...SMALL, ...out, "--force"]);
    assertEquals(code, 0, stderr);
    assertEquals((await metricsOf(out[1])).length, 3);
  });
});

/** Long enough that a signal sent on the way arrives on the way. */
const LONG = [...SMALL, ..."--iterations 200 --polish-profiles 32 --checkpoint-every 8".split(" ")];

/** Trains, sends a signal after an iteration, and gives the exit code and stderr. */
async function interrupt(out: string, iteration: number, signal: Deno.Signal): Promise<[number, string]> {
  const child = spawn(["train", ...LONG, "--out", out, "--json"]);
  const stderr = new Response(child.stderr).text();
  let text = "", sent = false;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (!sent && text.includes(`"iteration":${iteration},`)) {
      sent = true;
      child.kill(signal);
    }
  }
  return [(await child.status).code, await stderr];
}

Deno.test("a run that was stopped goes on to the same bits", { ignore: Deno.build.os === "windows" }, async (t) => {
  const whole = `${FOLDER}/whole`;
  assertEquals((await tedi(["train", ...LONG, "--out", whole])).code, 0);
  const same = async (out: string) => {
    const { code, stderr } = await tedi(["train", "--resume", "--out", out, "--test-profiles", "50"]);
    assertEquals(code, 0, stderr);
    assertEquals(await metricsOf(out), await metricsOf(whole));
    const [a, b] = await Promise.all([out, whole].map((each) => Deno.readFile(`${each}/mechanism.safetensors`)));
    assertEquals(a, b);
    return stderr;
  };

  await t.step("SIGINT", async () => {
    const out = `${FOLDER}/stopped`;
    const [code, stderr] = await interrupt(out, 10, "SIGINT");
    assertEquals(code, 130, stderr);
    assertStringIncludes(stderr, `Go on with: tedi train --resume --out ${out}`);
    assertStringIncludes((await tedi(["evaluate", out])).stderr, `tedi train --resume --out ${out}`);
    const done = /Stopped after iteration (\d+) of 200/.exec(stderr)?.[1];
    assertStringIncludes(await same(out), `going on after iteration ${done} of 200\n`);
  });
  await t.step("SIGKILL", async () => {
    const out = `${FOLDER}/killed`, iteration = 1 + Math.floor(Math.random() * 30);
    const [code] = await interrupt(out, iteration, "SIGKILL");
    assertEquals(code, 137, `killed after iteration ${iteration}`);
    await same(out);
  });
  await t.step("a checkpoint cut mid-write: the one before it will do", async () => {
    const out = `${FOLDER}/cut`;
    const [code, stderr] = await interrupt(out, 20, "SIGINT"); // A kill might come between two checkpoints' names.
    assertEquals(code, 130, stderr);
    Deno.truncateSync(`${out}/checkpoint.safetensors`, 1000);
    assertStringIncludes(await same(out), `Going on from ${out}/checkpoint.previous.safetensors`);
  });
  await t.step("no whole checkpoint is an error before any work", async () => {
    const out = whole;
    for (const name of ["checkpoint", "checkpoint.previous"]) Deno.truncateSync(`${out}/${name}.safetensors`, 1000);
    const { code, stdout, stderr } = await tedi(["train", "--resume", "--out", out]);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, "checkpoint.safetensors");
    assert(!stderr.includes("Training"), stderr);
  });
});

Deno.test("what fails in its first iteration names the objective, and leaves no run folder", async () => {
  const cases = [
    [
      "nan.ts",
      "principalUtility: (tf, x, p) => tf.log(tf.neg(tf.add(1, tf.sum(p, 1))))",
      "principalUtility of custom must be",
    ],
    ["shape.ts", "principalUtility: (tf, x, p) => p", "what it returns must be a tensor of shape"],
    ["key.ts", "productioncost: 1", 'got "productioncost"; did you mean productionCost?'],
  ];
  for (const [file, field, message] of cases) {
    const module = `${FOLDER}/${file}`, above = `${FOLDER}/failed-${file}`, out = `${above}/run`;
    Deno.writeTextFileSync(module, `export default { participants: 1, goods: 2, distribution: "U", ${field} };\n`);
    const { code, stderr } = await tedi(["train", "--problem", module, ...SMALL, "--out", out]);
    assert(code === 1 || code === 2, stderr);
    assertStringIncludes(stderr, message);
    assert(!existsSync(above), file);
  }
});

Deno.test("a welfare principal is trained, its terms are told, and a module that changed is called that", async () => {
  const module = `${FOLDER}/welfare.ts`, out = `${FOLDER}/welfare`, given = ["--problem", module];
  const write = (more: string) =>
    Deno.writeTextFileSync(
      module,
      `const welfare = (tf, x, _payments, t) => tf.sum(tf.mul(x, t), [1, 2]);
export default { participants: 2, goods: 2, distribution: "U", principalUtility: welfare, ${more}
  terms: (tf, x, payments, t) => ({ welfare: welfare(tf, x, payments, t), payments: tf.sum(payments, 1) }) };\n`,
    );
  write("");
  const trained = await tedi(["train", ...given, ...SMALL, "--out", out]);
  assertEquals(trained.code, 0, trained.stderr);
  assert(/principal's utility +\d/.test(trained.stdout) && /\n +welfare +\d/.test(trained.stdout), trained.stdout);
  const audited = await tedi([
    ...["audit", out, ...given, "--profiles", "5", "--misreports", "5", "--exact", "2", "--test-profiles", "50"],
  ]);
  assert(/principal's utility {2}\d/.test(audited.stdout) && !/revenue/.test(audited.stdout), audited.stdout);
  const { stdout } = await tedi(["evaluate", out, ...given, "--profiles", "300", "--json"]);
  const [{ revenue, terms }] = jsonLines(stdout) as { revenue: number; terms: Record<string, number> }[];
  assert(Math.abs(terms.welfare - revenue) < 1e-6 && Number.isFinite(terms.payments));
  write("exchangeable: true,");
  const changed = await tedi(["evaluate", out, ...given, "--profiles", "300"]);
  assertEquals(changed.code, 0);
  assertStringIncludes(changed.stderr, "welfare.ts has changed since the run");
});
