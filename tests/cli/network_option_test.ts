/** `tedi train --network KIND`, in the configuration and the mechanism of a run. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { jsonLines, SMALL, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();

/** What a run's configuration has about the network. */
const networkOf = (out: string) => JSON.parse(Deno.readTextFileSync(`${out}/config.json`)).training.network;

Deno.test("a run with another network says so, resumes, and is evaluated from its folder", async () => {
  const out = `${FOLDER}/picnn`;
  const begun = await tedi(["train", ...SMALL, "--network", "picnn", "--out", out, "--json", "--quiet"]);
  assertEquals(begun.code, 0, begun.stderr);
  assertEquals(networkOf(out).kind, "picnn");
  const revenue = jsonLines(begun.stdout).at(-1)!.revenue;
  const again = await tedi(["evaluate", out, "--profiles", "200", "--backend", "wasm", "--json"]);
  assertEquals(jsonLines(again.stdout).at(-1)!.revenue, revenue, again.stderr);
  const same = await tedi([
    "train",
    "--resume",
    "--out",
    out,
    "--network",
    "picnn",
    "--test-profiles",
    "200",
    "--quiet",
  ]);
  assertEquals(same.code, 0, same.stderr);
  const other = await tedi(["train", "--resume", "--out", out, "--network", "pma"]);
  assertEquals(other.code, 2);
  assertStringIncludes(other.stderr, "--network must be left out or be picnn");
});

Deno.test("the default network stays out of a configuration, also where it is asked for", async () => {
  const out = `${FOLDER}/default`;
  const { code, stderr } = await tedi(["train", ...SMALL, "--network", "groupmax", "--out", out, "--quiet"]);
  assertEquals(code, 0, stderr);
  assertEquals(Object.keys(networkOf(out)), ["layers", "groups", "groupSize", "hidden"]);
  const other = await tedi(["train", "--resume", "--out", out, "--network", "mlp"]);
  assertStringIncludes(other.stderr, "--network must be left out or be groupmax");
});

Deno.test("an unknown network is refused, on the command line and in a configuration", async () => {
  const { code, stderr } = await tedi(["train", "--network", "large"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "one of groupmax, symmetric, picnn, pma, mlp");
  const out = `${FOLDER}/default`, path = `${out}/config.json`, config = JSON.parse(Deno.readTextFileSync(path));
  config.training.network.kind = "large";
  Deno.writeTextFileSync(path, JSON.stringify(config));
  const again = await tedi(["evaluate", out, "--profiles", "200"]);
  assertEquals(again.code, 2);
  assertStringIncludes(again.stderr, "training.network.kind must be as tedi train wrote it");
});

Deno.test("a network that does not go with its context or the problem is refused before there is a folder", async () => {
  const out = `${FOLDER}/none`, setting = ["--setting", "U-3-2", "--out", out];
  for (
    const [args, words] of [
      [["--network", "mlp", "--context", "set"], "network.context must be dense where network.kind is mlp"],
      [
        ["--network", "symmetric", "--context", "set"],
        "network.context must be dense where network.kind is symmetric",
      ],
      [["--network", "symmetric", "--context", "dense"], "network.kind must not be symmetric for 3 participants"],
    ] as const
  ) {
    const { code, stderr } = await tedi(["train", ...setting, ...args]);
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, words);
    await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
  }
});
