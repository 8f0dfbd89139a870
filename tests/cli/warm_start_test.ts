/** `tedi train --from`: a run that begins with what another one learned, and what it may not begin with. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { jsonLines, SMALL, smallRun, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder(), small = smallRun(FOLDER), at = { cwd: FOLDER };
/** As `SMALL`, but for the network, which is that of the run. */
const SIZES = SMALL.filter((word, k) => word !== "--groups" && SMALL[k - 1] !== "--groups");

Deno.test("a run begins with what another one learned, for its problem, and says so; it goes on without it", async () => {
  await small();
  const { code, stdout, stderr } = await tedi(["train", "--from", "small", ...SIZES, "--json"], at);
  assertEquals(code, 0, stderr);
  const [start] = jsonLines(stdout), out = "runs/U-1-2-cp0-cd0-seed0-continued";
  assertEquals([start.setting, start.from, start.out], ["U_{1,2}^{0,0}", "small/mechanism.safetensors", out]);
  const { from, training } = JSON.parse(Deno.readTextFileSync(`${FOLDER}/${out}/config.json`));
  assertEquals([from.mechanism, from.sha256.length], ["../../small/mechanism.safetensors", 64]);
  assertEquals(training.network.groups, 4);

  const whole = await Deno.readFile(`${FOLDER}/${out}/mechanism.safetensors`);
  const resume = (...more: string[]) => tedi(["train", "--resume", "--out", out, "--quiet", ...more], at);
  const lose = () => ["checkpoint", "checkpoint.previous"].map((name) => remove(`${out}/${name}.safetensors`));
  lose();
  assertEquals((await resume()).code, 0); // begins again, as nothing was kept
  assertEquals(await Deno.readFile(`${FOLDER}/${out}/mechanism.safetensors`), whole);
  assertStringIncludes((await resume("--from", out)).stderr, "must be the mechanism that the run in");
  lose();
  Deno.renameSync(`${FOLDER}/small`, `${FOLDER}/moved`);
  assertEquals((await resume()).code, 2);
  assertEquals((await resume("--from", "moved")).code, 0);
  assertEquals(await Deno.readFile(`${FOLDER}/${out}/mechanism.safetensors`), whole);
  Deno.renameSync(`${FOLDER}/moved`, `${FOLDER}/small`);
});

function remove(path: string): void {
  try {
    Deno.removeSync(`${FOLDER}/${path}`);
  } catch { /* there was none */ }
}

Deno.test("what a run may not begin with is said before any work", async () => {
  await small();
  const refused = async (...args: string[]) => {
    const { code, stderr } = await tedi(["train", "--from", "small", ...SIZES, "--out", "no", ...args], at);
    assertEquals(code, 2, stderr);
    return stderr;
  };
  assertStringIncludes(await refused("--setting", "U-1-3"), "as U_{1,3}^{0,0} has, got one for 1 and 2");
  assertStringIncludes(
    await refused("--groups", "5"),
    "network.groups must be left out or be 4, as it is there, got 5",
  );
  assertStringIncludes(await refused("--network", "picnn"), "Cannot train from small: network.kind must be");
  const none = await tedi(["train", "--from", "nowhere"], at);
  assertStringIncludes(none.stderr, 'the run folder or file must exist, got "nowhere"');
});
