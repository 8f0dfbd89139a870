/** Polishing on the command line: which runs have it, what is said of it, and runs that go on from any moment of it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { polishingInWords } from "../../src/cli/polishing_in_words.ts";
import type { PriceKernels } from "../../src/kernels/kernels.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { polishesOnDevice } from "../../src/training/device_polishing.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { jsonLines, metricsOf, SMALL, spawn, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
/** Eight iterations with chains, and four that polish. */
const TRAIN = ["train", ...SMALL, "--iterations", "12", "--polish-share", "0.34", "--polish-profiles", "32"];
const CHAINS = 8;

const mechanism = (out: string) => Deno.readFile(`${out}/mechanism.safetensors`);

/** The iterations of a run that polished: in those nobody is further from a best response than at one. */
async function polished(out: string): Promise<number[]> {
  const metrics = await metricsOf(out);
  return metrics.filter(({ chainSuboptimality }) => chainSuboptimality === 0).map(({ iteration }) => Number(iteration));
}

async function polishShare(out: string): Promise<number> {
  return JSON.parse(await Deno.readTextFile(`${out}/config.json`)).training.polishShare;
}

Deno.test("a run that was cut before, at or after the first iteration that polishes goes on to the same bits", async () => {
  const whole = `${FOLDER}/whole`;
  assertEquals((await tedi([...TRAIN, "--out", whole])).code, 0);
  assertEquals(await polished(whole), [9, 10, 11, 12]);
  for (const iteration of [CHAINS - 1, CHAINS, CHAINS + 1]) {
    // The last checkpoint but one is the one after so many iterations: where that is the newest, the run was cut there.
    const out = `${FOLDER}/cut${iteration}`;
    assertEquals((await tedi([...TRAIN, "--checkpoint-every", String(iteration), "--out", out])).code, 0);
    for (const name of ["mechanism.safetensors", "result.json"]) await Deno.remove(`${out}/${name}`);
    await Deno.rename(`${out}/checkpoint.previous.safetensors`, `${out}/checkpoint.safetensors`);
    const { code, stderr } = await tedi(["train", "--resume", "--out", out, "--test-profiles", "50"]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, `going on after iteration ${iteration} of 12`);
    assertEquals(await metricsOf(out), await metricsOf(whole));
    assertEquals(await mechanism(out), await mechanism(whole));
  }
});

Deno.test("Ctrl-C while it polishes costs nothing", { ignore: Deno.build.os === "windows" }, async () => {
  const line = [...TRAIN, "--iterations", "60", "--polish-share", "0.9"], whole = `${FOLDER}/long`;
  assertEquals((await tedi([...line, "--out", whole])).code, 0);
  const out = `${FOLDER}/stopped`, child = spawn([...line, "--out", out, "--json"]);
  const stderr = new Response(child.stderr).text();
  let text = "", sent = false;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (!sent && text.includes('"iteration":10,')) {
      sent = true;
      child.kill("SIGINT");
    }
  }
  assertEquals((await child.status).code, 130, await stderr);
  assertEquals((await tedi(["train", "--resume", "--out", out, "--test-profiles", "50"])).code, 0);
  assertEquals(await metricsOf(out), await metricsOf(whole));
  assertEquals(await mechanism(out), await mechanism(whole));
});

Deno.test("a run that polished is made longer: chains come back, and polishing after them", async () => {
  const out = `${FOLDER}/longer`;
  assertEquals((await tedi([...TRAIN, "--out", out])).code, 0);
  const { code, stderr } = await tedi([
    ...["train", "--resume", "--iterations", "24", "--out", out, "--test-profiles", "50"],
  ]);
  assertEquals(code, 0, stderr);
  assertEquals(await polished(out), [9, 10, 11, 12, 17, 18, 19, 20, 21, 22, 23, 24]);
  const metrics = await metricsOf(out), back = metrics.slice(12, 16);
  const number = (name: string) => back.map((one) => Number(one[name]));
  // No chain is behind, so that beta grows with every iteration, and the learning rate falls as in a run of twenty-four.
  const beta = number("beta"), rate = number("learningRate");
  for (const k of [1, 2, 3]) assert(beta[k] > beta[k - 1] && rate[k] < rate[k - 1], `${beta}, ${rate}`);
  assert(beta[3] <= 600 && rate[0] < 3e-3 / 2 && rate[3] > 3e-3 / 20, `${beta}, ${rate}`);
  for (const suboptimality of number("relativeChainSuboptimality")) assert(suboptimality < 2, `${suboptimality}`);
});

Deno.test("spreads that make no sense are refused", async () => {
  for (
    const [options, rule] of [
      [["--initial-spread", "1e-30"], "initialSpread must be a number in [0.000001, 1], got 1e-30"],
      [["--initial-spread", "5"], "initialSpread must be a number in [0.000001, 1], got 5"],
      [["--final-spread", "0.5"], "finalSpread must be at most initialSpread, 0.05, got 0.5"],
    ] as const
  ) {
    const { code, stdout, stderr } = await tedi([...TRAIN, ...options, "--out", `${FOLDER}/refused`]);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, rule);
  }
});

Deno.test("where a share of the iterations is none, that is said", async () => {
  const out = `${FOLDER}/none`, line = [...TRAIN, "--polish-share", "0.04", "--out"];
  const { code, stderr } = await tedi([...line, out]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "No iteration polishes: 0.04 of 12 iterations (polish-share) is less than half of one");
  assertEquals(await polished(out), []);
  assert(!(await tedi([...TRAIN, "--out", `${FOLDER}/some`])).stderr.includes("polishes"));
});

Deno.test("small tables are not polished unless one asks for it, and are told so", async () => {
  const table = `${FOLDER}/table.csv`;
  const rows = Array.from({ length: 30 }, (_, k) => `${(k * 7) % 30},${(k * 11) % 30}`);
  await Deno.writeTextFile(table, `left,right\n${rows.join("\n")}\n`);
  const line = ["train", ...SMALL, "--types", table, "--out"], out = `${FOLDER}/table`;
  const plain = await tedi([...line, out]);
  assertEquals(plain.code, 0, plain.stderr);
  assertMatch(plain.stderr, /No iteration polishes, as there are fewer than 100 rows to learn from/);
  assertEquals([await polishShare(out), await polished(out)], [0, []]);
  const asked = await tedi([...line, `${out}-asked`, "--polish-share", "0.34"]);
  assertEquals(asked.code, 0, asked.stderr);
  assert(!asked.stderr.includes("polishes"), asked.stderr);
  assertEquals(await polished(`${out}-asked`), [3]);
});

Deno.test("where a GPU does not polish, that is said, and best responses are the host's", () => {
  const resident = { resident: {} } as unknown as PriceKernels, problem = settingProblem("U-1-2");
  assertEquals([300, 301].map((goods) => polishesOnDevice(resident, { ...problem, goods })), [true, false]);
  assertEquals(polishesOnDevice({} as PriceKernels, problem), false);
  const said = (goods: number, backend: "webgpu" | "wasm", polishShare = 0.5) =>
    polishingInWords({ ...problem, goods }, { ...defaultTraining("U-1-2"), polishShare }, true, backend);
  assertEquals(
    said(301, "webgpu"),
    "Iterations that polish find best responses on the CPU, and wait for them: the GPU does for up to 300 goods, " +
      "and here are 301",
  );
  const together = polishingInWords(settingProblem("U-2-1-cp0.5"), defaultTraining("U-2-1-cp0.5"), true, "webgpu");
  assertEquals(
    together,
    "Iterations that polish find best responses on the CPU, and wait for them, as they follow where participants who share " +
      "production costs change their minds",
  );
  assertEquals([said(300, "webgpu"), said(301, "wasm"), said(301, "webgpu", 0)], [undefined, undefined, undefined]);
});

Deno.test("a principal's own utility is not polished, and whoever asks for it is told why", async () => {
  const module = `${FOLDER}/own.ts`, out = `${FOLDER}/own`;
  await Deno.writeTextFile(
    module,
    `export default { participants: 1, goods: 2, distribution: "U",
  principalUtility: (tf, x, p) => tf.sub(tf.sum(p, 1), tf.mul(0.1, tf.sum(x, [1, 2]))) };\n`,
  );
  const line = ["train", ...SMALL, "--problem", module, "--out", out, "--json"];
  const asked = await tedi([...line, "--polish-share", "0.5"]);
  assertEquals(asked.code, 2);
  assertStringIncludes(
    String(jsonLines(asked.stdout).at(-1)?.message),
    "polishShare must be 0, but for a principal who sells reproducible goods, got 0.5",
  );
  const { code, stderr } = await tedi(line);
  assertEquals(code, 0, stderr);
  assertEquals([await polishShare(out), await polished(out)], [0, []]);
});
