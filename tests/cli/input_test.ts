/** Wrong input: one clear line on stderr, nothing on stdout, no work and no stack. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const small = smallRun(FOLDER);

async function fails(args: readonly string[], code: number, message: string, env = {}): Promise<void> {
  const ended = await tedi(args, { cwd: FOLDER, env });
  assertEquals([ended.code, ended.stdout], [code, ""], ended.stderr);
  const lines = ended.stderr.trimEnd().split("\n").filter((line) => !line.startsWith("Run folder: "));
  assertEquals(lines.length, 1, ended.stderr);
  assert(lines[0].startsWith("error: Cannot "), lines[0]);
  assertStringIncludes(lines[0], message);
}

/** A table of values in euros. */
const LARGE = ["--types", "large.csv"];
Deno.writeTextFileSync(`${FOLDER}/large.csv`, "9,30\n".repeat(12));

let files = 0;
/** A CSV file with these lines after ten good ones. */
function csv(...lines: string[]): string[] {
  const file = `types-${++files}.csv`;
  Deno.writeTextFileSync(`${FOLDER}/${file}`, [...Array(10).fill("0.5,0.25"), ...lines, ""].join("\n"));
  return ["--types", file, "--participants", "1", "--goods", "2"];
}

const problems: readonly (readonly [string[], string])[] = [
  [["--setting", "X-1-2"], 'got "X-1-2"'],
  [["--setting", "U_{0,2}^{0,0}"], "n, the number of participants, must be a positive integer, got 0"],
  [["--setting", "U-1-0"], "m, the number of goods, must be a positive integer, got 0"],
  [["--setting", "U-1-2-cp-1-cd0"], "cp, the production cost, must be a finite number of at least 0, got -1"],
  [["--setting", "U-1-2", "--problem", "a.ts"], "got --setting and --problem"],
  [["--problem", "missing.ts"], '"missing.ts"'],
  [["--types", "missing.csv", "--participants", "1", "--goods", "2"], "missing.csv"],
  [["--columns", "a,b"], "--columns must come with --types"],
  [["--goods", "2"], "--goods must come with --types"],
  [["--types", "a.csv", "--participants", "0", "--goods", "2"], "--participants must be a positive integer, got 0"],
  [[...csv(), "--production-cost", "-1"], "--production-cost must be a finite number of at least 0, got -1"],
  [[...csv("0.5,1.5"), "--scale", "1"], "line 11, column 2 must be a number in [0, 1], got 1.5; scale is the largest"],
  [csv("0.5,-1"), 'line 11, column 2 must be a number of at least 0, got "-1"'],
  [
    csv("0.5,"),
    "line 11, column 2 must be a number, got an empty cell (missing value); 1 cell says nothing, in 1 of 11",
  ],
  [csv("0.5"), "line 11 must have as many columns as line 1, 2, got 1"],
  [csv("0.5,high"), 'line 11, column 2 must be a number, got "high"'],
  [csv("NaN,0.5"), 'line 11, column 1 must be a number, got "NaN"'],
  [["--iterations", "0"], "iterations must be a positive integer, got 0"],
  [["--learning-rate", "-1"], "learningRate must be a finite number of at least 0, got -1"],
  [["--test-profiles", "1"], "--test-profiles must be an integer of at least 2, got 1"],
  [["--backend", "cuda"], '--backend must be one of auto, webgpu, wasm, got "cuda"'],
  [["--resume", "--force"], "--resume and --force exclude each other"],
  [["--resume"], "folder must be one with a config.json"],
];

Deno.test("train names what is wrong with its input", async (t) => {
  for (const [args, message] of problems) {
    await t.step(args.join(" "), () => fails(["train", ...args], 2, message));
  }
});

Deno.test("train names a machine that cannot do it", async (t) => {
  await t.step("a run folder under a file", async () => {
    Deno.writeTextFileSync(`${FOLDER}/file`, "");
    await fails(["train", "--out", "file/run"], 1, "file/run: not a directory");
  });
  await t.step("no GPU", async () => {
    const env = { DENO_WEBGPU_BACKEND: "noop" };
    await fails(["train", "--backend", "webgpu", "--out", "no-gpu"], 1, "no WebGPU adapter was found", env);
    assertEquals([...Deno.readDirSync(`${FOLDER}/no-gpu`)].length, 0);
  });
});

Deno.test("evaluate and run name what is wrong with a mechanism", async (t) => {
  const file = `${await small()}/mechanism.safetensors`;
  const bytes = Deno.readFileSync(file);
  Deno.writeFileSync(`${FOLDER}/truncated.safetensors`, bytes.slice(0, bytes.length - 40));
  const tampered = bytes.slice();
  tampered[tampered.length - 5] ^= 64;
  Deno.writeFileSync(`${FOLDER}/tampered.safetensors`, tampered);
  Deno.writeTextFileSync(`${FOLDER}/text.safetensors`, "no mechanism");
  Deno.writeTextFileSync(`${FOLDER}/types.csv`, "0.5,0.5\n");

  const setting = ["--setting", "U-1-2"], types = ["--types", "types.csv"];
  for (const name of ["truncated", "tampered", "text"]) {
    await t.step(name, async () => {
      await fails(["evaluate", `${name}.safetensors`, ...setting], 2, `${name}.safetensors`);
      await fails(["run", `${name}.safetensors`, ...types], 2, `${name}.safetensors`);
    });
  }
  const cases: readonly (readonly [string, string[], string])[] = [
    ["no such file", ["evaluate", "nowhere", ...setting], '"nowhere"'],
    ["no mechanism in the folder", ["evaluate", ".", ...setting], "must have a mechanism.safetensors"],
    ["a file without its problem", ["evaluate", file], "--setting NAME, which is missing"],
    [
      "another problem",
      ["evaluate", file, "--setting", "U-1-3"],
      "must be for 1 participant and 3 goods, as U_{1,3}^{0,0}",
    ],
    [
      "types above the largest",
      ["evaluate", file, ...LARGE],
      "must be at most 1.0000, the largest that the mechanism was",
    ],
    ["no types", ["run", file], "--types FILE must be given"],
    ["a type above 1", ["run", file, "--types", csv("2,0")[1]], "line 11, column 1 must be a number in [0, 1], got 2"],
    ["too many columns", ["run", file, "--types", csv("0,0,0")[1]], "line 11"],
    ["CSV taken for JSON", ["run", file, "--types", "types.csv", "--format", "json"], "must be valid JSON"],
  ];
  for (const [name, args, message] of cases) await t.step(name, () => fails(args, 2, message));
});

Deno.test("a config.json that somebody edited is checked", async (t) => {
  const run = await small();
  const config = JSON.parse(Deno.readTextFileSync(`${run}/config.json`));
  const edits: readonly (readonly [string, unknown, string])[] = [
    ["no JSON", undefined, "config.json"],
    ["a type", { ...config, training: { ...config.training, profiles: "16" } }, "training.profiles"],
    ["a range", { ...config, training: { ...config.training, chains: 1 } }, "chains must be an integer of at least 2"],
    ["an extra field", { ...config, training: { ...config.training, speed: 9 } }, "training"],
    ["a missing field", { ...config, device: undefined }, "device"],
    ["a problem", { ...config, problem: { name: "x", source: { kind: "none" } } }, "problem.source"],
    ["a name", { ...config, problem: { ...config.problem, name: "U_{9,9}^{0,0}" } }, "U_{1,2}^{0,0}"],
  ];
  for (const [name, edited, message] of edits) {
    await t.step(name, async () => {
      Deno.mkdirSync(`${FOLDER}/${name}`);
      const text = edited === undefined ? "{" : JSON.stringify(edited);
      Deno.writeTextFileSync(`${FOLDER}/${name}/config.json`, text);
      await fails(["train", "--resume", "--out", name], 2, message);
    });
  }
});
