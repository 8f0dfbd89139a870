/** `tedi train --dry-run`: what training would take, without a trace; and the number of threads. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { GpuIteration } from "../../src/cli/gpu_iteration.ts";
import { WITHOUT_WEBGPU } from "../devices.ts";
import { jsonLines, SMALL, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();

/** A case counted by hand in tests/training/plan_test.ts. */
const COUNTED = [
  ..."train --dry-run --setting U-2-3-cp1-cd0 --backend wasm --groups 4 --group-size 2 --layers 2 --hidden 8 --context dense"
    .split(
      " ",
    ),
  ..."--profiles 10 --refresh 0.2 --warm-up 3 --chains 4 --steps 6 --line-move-every 4 --iterations 50".split(" "),
  ..."--polish-profiles 20".split(" "),
];

/** The names in a folder. */
const namesIn = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name);

Deno.test("--dry-run --json prints one plan and makes no run folder", async () => {
  const cwd = `${FOLDER}/json`;
  Deno.mkdirSync(cwd);
  for (const out of [[], ["--out", `${cwd}/run`]]) {
    const { code, stdout, stderr } = await tedi([...COUNTED, "--json", ...out], { cwd });
    assertEquals([code, stderr], [0, ""]);
    const [plan, ...more] = jsonLines(stdout);
    assertEquals(more, []);
    const { event, setting, backend, iterations, parameters, rawWeights, rows, chains } = plan;
    assertEquals([event, setting, backend, iterations], ["plan", "U_{2,3}^{1,0}", "wasm", 50]);
    assertEquals([parameters, rawWeights, rows, chains], [968, 104, 32, 128]);
    const each = { hypernetwork: 119_808, chains: 645_632, prices: 41_600, total: 807_040, polishing: 282_880 };
    assertEquals(plan.flop, { ...each, all: 25 * 807_040 + 25 * 282_880 });
    const { kernels, polishing, total, ...bytes } = plan.bytes as Record<string, number>;
    assertEquals(bytes, { parameters: 34_848, chains: 6912 });
    assertEquals(total, 34_848 + 6912 + Math.max(kernels, polishing));
    assert(kernels > 0 && polishing > 20_480);
    assertEquals(namesIn(cwd), []);
  }
});

Deno.test("--dry-run tells people the parameters, the memory and the work", async () => {
  const cwd = `${FOLDER}/text`;
  Deno.mkdirSync(cwd);
  const { code, stdout, stderr } = await tedi(COUNTED, { cwd });
  assertEquals([code, stderr], [0, ""]);
  const comments = stdout.split("\n").filter((line) => line.startsWith("# "));
  const lines = comments.map((line) => line.slice(2).split(/ {2,}/));
  const shown = new Map(lines.map(([what, ...values]) => what ? [what, values] : [values[0], values.slice(1)]));
  assertEquals(shown.get("Problem"), ["U_{2,3}^{1,0}", "2 participants, 3 goods"]);
  assertEquals(shown.get("Parameters"), ["968", "104 raw weights for each pricing rule"]);
  assertEquals(shown.get("Pricing rules"), ["32", "at a time; 10 profiles are trained on, others warm up"]);
  assertEquals(shown.get("Chains"), ["128", "4 for each pricing rule"]);
  assertEquals(shown.get("An iteration"), ["0.000807 GFLOP", "without best responses:"]);
  assertEquals(shown.get("hypernetwork")?.[0], "0.000120 GFLOP");
  assertEquals(shown.get("Polishing"), ["25", "iterations, the last, with 20 profiles"]);
  assertEquals(shown.get("one of them"), ["0.000283 GFLOP", "without best responses"]);
  assertEquals(shown.get("All"), ["0.0272 GFLOP", "50 iterations"]);
  assert(lines.every((line) => line.at(-1) !== ""), "no line ends with spaces");
  assertEquals(namesIn(cwd), []);
});

Deno.test({
  name: "--dry-run on a GPU counts what an iteration asks of it",
  ignore: WITHOUT_WEBGPU,
  async fn() {
    const cwd = `${FOLDER}/gpu`;
    Deno.mkdirSync(cwd);
    const onGpu = ["--allow-software", "--json", "--polish-profiles", "8"];
    const args = COUNTED.map((arg) => arg === "wasm" ? "webgpu" : arg).concat(onGpu);
    const { code, stdout, stderr } = await tedi(args, { cwd });
    assertEquals(code, 0, stderr);
    assertEquals(stderr, "Running some iterations on the GPU, to count what they ask of it\n");
    const { polishing, ...gpu } = jsonLines(stdout)[0].gpu as GpuIteration;
    for (const { dispatches, submissions, bytesReadBack, milliseconds } of [gpu, polishing!]) {
      assert(dispatches > 10 && submissions >= 1 && submissions <= 3 && bytesReadBack <= 64, stdout);
      assert(milliseconds > 0, stdout);
    }
    assert(gpu.shareOfPeak > 0 && gpu.shareOfPeak < 1, stdout);
    assertEquals(namesIn(cwd), []);
  },
});

Deno.test("--resume --dry-run tells of the run that goes on, with its own options", async () => {
  const cwd = `${FOLDER}/resumed`, out = `${cwd}/run`;
  Deno.mkdirSync(cwd);
  const { code, stderr } = await tedi(["train", "--setting", "U-1-3", ...SMALL, "--quiet", "--out", out], { cwd });
  assertEquals(code, 0, stderr);
  const dry = ["train", "--resume", "--dry-run", "--json", "--out", out], names = namesIn(out);
  const plan = async (more: string[]) => jsonLines((await tedi([...dry, ...more], { cwd })).stdout)[0];
  const { training } = JSON.parse(Deno.readTextFileSync(`${out}/config.json`));
  const { setting, iterations, config } = await plan([]);
  assertEquals([setting, iterations], ["U_{1,3}^{0,0}", training.iterations]);
  assertEquals((config as { training: { chains: number } }).training.chains, training.chains);
  assertEquals((await plan(["--iterations", "40"])).iterations, 40);
  const wrong = await tedi([...dry, "--chains", "99"], { cwd });
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, `--chains must be left out or be ${training.chains}, as in`);
  const none = await tedi(["train", "--resume", "--dry-run", "--out", `${cwd}/none`], { cwd });
  assertEquals(none.code, 2);
  assertStringIncludes(none.stderr, "folder must be one with a config.json");
  assertEquals([namesIn(cwd), namesIn(out)], [["run"], names]);
});

Deno.test("--dry-run refuses what does not fit, and wrong options, as training does", async () => {
  const cwd = `${FOLDER}/refused`;
  Deno.mkdirSync(cwd);
  const cases: [args: string[], said: string][] = [
    [["--profiles", "100000000"], "lower profiles (100000000) or chains (16)"],
    [["--chains", "1"], "chains must be an integer of at least 2, got 1"],
    [["--threads", "0"], "--threads must be a positive integer, got "],
  ];
  for (const [args, said] of cases) {
    const { code, stdout, stderr } = await tedi(["train", "--dry-run", "--backend", "wasm", ...args], { cwd });
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, said);
  }
  assertEquals(namesIn(cwd), []);
});

Deno.test("--threads below 1 is refused, and the result does not depend on it", async () => {
  const cases = [["0", "a positive integer"], ["-1", "a positive integer"], ["1.5", "an integer"], [
    "two",
    "an integer",
  ]];
  for (const [threads, rule] of cases) {
    const { code, stdout, stderr } = await tedi(["train", ...SMALL, `--threads=${threads}`], { cwd: FOLDER });
    assertEquals([code, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, `--threads must be ${rule}, got `);
  }
  const runs = await Promise.all(["1", "3"].map(async (threads) => {
    const out = `${FOLDER}/threads-${threads}`;
    const options = ["--setting", "U-2-2", "--quiet", "--threads", threads, "--out", out];
    const { code, stderr } = await tedi(["train", ...SMALL, ...options]);
    assertEquals(code, 0, stderr);
    return Deno.readFileSync(`${out}/mechanism.safetensors`);
  }));
  assertEquals(runs[0], runs[1]);
});
