import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { commands } from "../../src/cli/main.ts";
import { aboutRun } from "../../src/cli/next_steps.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { VERSION } from "../../src/version.ts";
import { jsonLines, spawn, tedi } from "./tedi.ts";

Deno.test("the version is that of deno.json", async () => {
  const { version } = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assertEquals(VERSION, version);
  assertEquals(await tedi(["--version"]), { code: 0, stdout: `tedi ${version}\n`, stderr: "" });
});

Deno.test("every command has help with its usage and an example, within 80 columns", async (t) => {
  const main = await tedi(["--help"]);
  assertEquals([main.code, main.stderr], [0, ""]);
  for (const name of Object.keys(commands)) {
    await t.step(name, async () => {
      assert(main.stdout.includes(`\n  ${name} `));
      const { code, stdout, stderr } = await tedi([name, "--help"]);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `Usage: tedi ${name}`);
      assertStringIncludes(stdout, "Examples:\n  ");
      for (const line of stdout.split("\n")) assert(line.length <= 80, line);
    });
  }
});

Deno.test("without a command, the help goes to stderr with exit code 2", async () => {
  const { code, stdout, stderr } = await tedi([]);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "Usage: tedi COMMAND");
});

Deno.test("unknown commands and options are named, with the nearest one", async () => {
  const mistakes = [
    [["trian"], 'error: Cannot run tedi: there is no command "trian"; did you mean train?\n'],
    [
      ["train", "--iteratons", "3"],
      "error: Cannot run tedi train: there is no option --iteratons; " +
      "did you mean --iterations?\n",
    ],
  ] as const;
  for (const [args, message] of mistakes) {
    assertEquals(await tedi(args), { code: 2, stdout: "", stderr: message });
  }
});

Deno.test("under --json a failure is an object on stdout, too, with the exit code and whose fault it is", async () => {
  const { code, stdout, stderr } = await tedi(["train", "--json", "--types", "no-such-file.csv"]);
  const message = 'Cannot read types: file must exist, got "no-such-file.csv"';
  assertEquals([code, stderr], [2, `error: ${message}\n`]);
  assertEquals(jsonLines(stdout), [{ event: "error", kind: "input", message, exitCode: 2 }]);
  // What comes after -- is no option.
  assertEquals((await tedi(["evaluate", "no-such-run", "--", "--json"])).stdout, "");
});

Deno.test("what tedi is, is told as it was started: by deno, or by npx, which leaves no deno to type", async () => {
  const program = `import { whatTediIs } from "${new URL("../../src/cli/next_steps.ts", import.meta.url).href}";
    console.log(whatTediIs());`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, program);
  const said = async (args: readonly string[], npm_command: string) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["run", ...args, file], env: { npm_command } })
      .output();
    return new TextDecoder().decode(stdout).trim();
  };
  assertEquals(await said(["-A"], ""), `tedi is deno run -A ${file}`);
  assertEquals(await said(["-A"], "exec"), `tedi is npx -y deno@${Deno.version.deno} run -A ${file}`);
  assertEquals(await said(["--no-prompt"], "exec"), `tedi is deno run -A ${file}`, "without a look at the environment");
  await Deno.remove(file);
});

Deno.test("commands that come next name the module of a problem, and are quoted for a shell", () => {
  const problem = defineProblem({ participants: 1, goods: 1, distribution: "U" });
  const ofModule = { ...problem, source: { kind: "module", module: "./my problem.ts" } as const };
  assertEquals(aboutRun("report", "runs/a", problem), "tedi report runs/a");
  assertEquals(aboutRun("report", "runs/a", ofModule), "tedi report runs/a --problem './my problem.ts'");
  assertEquals(aboutRun("train --resume --out", "runs/it's", problem), "tedi train --resume --out 'runs/it'\\''s'");
});

Deno.test("settings lists Table 1", async () => {
  const { code, stdout } = await tedi(["settings"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "U_{10,10}^{0,0.5}  U-10-10-cp0-cd0.5");
  assertStringIncludes(stdout, "3.4778?"); // conjectured
  assertStringIncludes(stdout, "5.0000 ");
  for (const line of stdout.split("\n")) assert(line.length <= 80, line);

  const settings = jsonLines((await tedi(["settings", "--json"])).stdout);
  assertEquals(settings.length, 13);
  const { event, setting, shellName, participants, paperTedi, knownOptimum } = settings[1];
  assertEquals(
    [event, setting, shellName, participants, paperTedi, knownOptimum],
    ["setting", "B_{1,10}^{0,0}", "B-1-10-cp0-cd0", 1, 4.9128, 5],
  );
});

Deno.test("devices lists wasm last, and the one that auto takes", async () => {
  const env = { DENO_WEBGPU_BACKEND: "noop" }; // as on a machine without a GPU
  const { code, stdout } = await tedi(["devices"], { env });
  assertEquals(code, 0);
  assertStringIncludes(stdout, "taken by auto");
  const [device] = jsonLines((await tedi(["devices", "--json"], { env })).stdout);
  assertEquals([device.event, device.backend], ["device", "wasm"]);
});

Deno.test("a reader that leaves is no error", { ignore: Deno.build.os === "windows" }, async () => {
  const child = spawn(["settings", "--json"]);
  await child.stdout.cancel();
  const stderr = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, stderr], [141, ""]);
});

Deno.test({
  name: "a full disk behind stdout is named, and one behind stderr costs nothing",
  ignore: Deno.build.os !== "linux", // which has a device that is always full
  async fn() {
    const shell = async (line: string) => {
      const mod = new URL("../../mod.ts", import.meta.url).pathname, tedi = `${Deno.execPath()} run -A --quiet ${mod}`;
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        ...{ args: ["-c", line.replace("tedi", tedi)], stdin: "null", env: { NO_COLOR: "1" } },
      }).output();
      return [code, ...[stdout, stderr].map((bytes) => new TextDecoder().decode(bytes))];
    };
    const message = "error: Cannot write to stdout: no space left on device\n";
    for (const options of ["", " --json"]) {
      assertEquals(await shell(`tedi settings${options} > /dev/full`), [1, "", message]);
    }
    const [code, stdout] = await shell("tedi settings --nothing --json 2> /dev/full");
    assertEquals([code, jsonLines(String(stdout))[0].kind], [2, "input"]);
  },
});
