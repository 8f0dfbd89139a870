/** Files of baselines on the command line: what takes a mechanism takes them, and what needs a menu says so. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { smallTrainings } from "../baselines/trained.ts";
import { bits } from "../bits.ts";
import { loadMechanism, saveMechanism } from "../../src/io/mechanism_file.ts";
import { evaluate } from "../../src/mechanisms/evaluate.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { jsonLines, smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder(), trainedRun = smallRun(FOLDER);

/** The file of a baseline. */
async function fileOf(method: string): Promise<{ file: string; setting: string }> {
  const { train, setting } = smallTrainings.find((one) => one.method === method)!;
  const file = `${FOLDER}/${method}.safetensors`;
  await saveMechanism(file, (await train({ device: await openDevice({ backend: "wasm" }) })).mechanism);
  return { file, setting };
}

Deno.test("tedi run and evaluate take a baseline's file", async () => {
  for (const method of ["MD-MenuNet", "MD-GemNet"]) {
    const { file, setting } = await fileOf(method), mechanism = await loadMechanism(file);
    const types = Array.from({ length: mechanism.participants }, (_, i) => [0.9 - i / 10, 0.8]);
    const ran = await tedi(["run", file, "--types", "-", "--format", "json", "--json"], {}, JSON.stringify(types));
    const [outcome] = jsonLines(ran.stdout), result = await mechanism.run([types]);
    assertEquals(outcome.payments, [...result.payments]);
    assertEquals((outcome.outcomes as number[][]).flat(), [...result.outcomes]);

    const options = ["--profiles", "500", "--backend", "wasm", "--json", "--quiet"];
    const evaluated = await tedi(["evaluate", file, "--setting", setting, ...options]);
    assertEquals(evaluated.code, 0, evaluated.stderr);
    const [{ event, revenue, worstGap }] = jsonLines(evaluated.stdout);
    assertEquals([event, worstGap], ["result", 0]);
    const expected = await evaluate(setting, mechanism, { profiles: 500 });
    assertEquals(revenue, expected.revenue);
    assert(!evaluated.stderr.includes("playground"), evaluated.stderr);
    const other = await tedi(["evaluate", file, "--setting", "U-4-4", ...options]);
    assertEquals(other.code, 2);
    assertStringIncludes(other.stderr, "must be for 4 participants and 4 goods, as U_{4,4}^{0,0} has");
  }
});

Deno.test("tedi audit finds a baseline with menus truthful, and RegretNet not", async () => {
  const sizes = [
    "--profiles",
    "20",
    "--misreports",
    "50",
    "--test-profiles",
    "50",
    "--backend",
    "wasm",
    "--json",
    "--quiet",
  ];
  const audited = async (method: string) => {
    const { file, setting } = await fileOf(method);
    const { code, stdout, stderr } = await tedi(["audit", file, "--setting", setting, ...sizes]);
    assert(!stderr.includes("playground"), stderr);
    return { code, passed: jsonLines(stdout)[0].passed };
  };
  assertEquals(await audited("MD-GemNet"), { code: 0, passed: true });
  assertEquals(await audited("MD-RegretNet"), { code: 1, passed: false });
});

Deno.test("tedi playground and report need a menu of all outcomes, and say so", async () => {
  const { file } = await fileOf("MD-MenuNet"), run = await trainedRun(), config = `${run}/config.json`;
  const needs = (of: string) =>
    `the mechanism must have a menu of all outcomes, as those of TEDI do, got one of "MD-MenuNet"${of}`;
  const played = await tedi(["playground", file, "--out", `${FOLDER}/p.html`]);
  assertEquals(played.code, 2);
  assertStringIncludes(played.stderr, `Cannot make a playground of ${file}: ${needs("")}`);
  // A run folder in which somebody put another mechanism.
  const mechanism = await loadMechanism(file), problem = JSON.parse(Deno.readTextFileSync(config)).problem.name;
  await saveMechanism(`${run}/mechanism.safetensors`, { ...mechanism, problem });
  const reported = await tedi(["report", run, "--backend", "wasm", "--test-profiles", "100"]);
  assertEquals(reported.code, 2);
  assertStringIncludes(reported.stderr, `Cannot make a report on ${run}: ${needs("")}`);
  assertEquals(bits((await loadMechanism(file)).parameters), bits(mechanism.parameters));
});

Deno.test("tedi table1 that is stopped goes on with the cell under way", async () => {
  const out = `${FOLDER}/table`, methods = ["--methods", "MD-RegretNet,MD-MenuNet"];
  const args = ["table1", "--columns", "U-1-2", ...methods, "--budget", "quick", "--test-profiles", "100"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      new URL("../../mod.ts", import.meta.url).href,
      ...args,
      "--out",
      out,
      "--backend",
      "wasm",
    ],
    ...{ stdin: "null", stdout: "null", stderr: "piped", env: { NO_COLOR: "1" } },
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const checkpoint = () =>
    [...Deno.readDirSync(FOLDER)].some(({ name }) => name === "table") &&
    [...Deno.readDirSync(out)].find(({ name }) => name.endsWith(".checkpoint0.safetensors"))?.name;
  let ended = false;
  child.status.then(() => ended = true);
  while (!ended && !checkpoint()) await new Promise((resolve) => setTimeout(resolve, 50));
  assert(!ended, "it had ended before there was a checkpoint, which is after 100 iterations");
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  assertStringIncludes(await stderr, "Stopped; the same command goes on with the cell under way");
  assertEquals([...Deno.readDirSync(out)].map(({ name }) => name), [checkpoint()]);
});
