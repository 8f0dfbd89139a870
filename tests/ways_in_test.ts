/** The ways to the library and the command line, each in a fresh process in an empty folder. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Option } from "../src/cli/command.ts";
import { commands } from "../src/cli/main.ts";
import { parseCommandLine } from "../src/cli/options.ts";
import { experimentMethods } from "../src/experiments/methods.ts";
import { parseSetting, settingSlug } from "../src/problems/settings.ts";
import { tableOneSettings } from "../src/problems/table_one.ts";
import { openDevice } from "../src/runtime/device.ts";
import { train } from "../src/training/train.ts";
import { VERSION } from "../src/version.ts";
import { jsonLines, SMALL } from "./cli/tedi.ts";
import { deno, ROOT, succeed } from "./root.ts";

const windows = Deno.build.os === "windows";
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

/** Does something in an empty folder. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "tedi-ways-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Does something while the package's files are served, and gives the paths that were asked for. */
async function served(work: (url: string) => Promise<void>): Promise<Set<string>> {
  const asked = new Set<string>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.add(pathname.slice(1));
    try {
      const text = await Deno.readTextFile(new URL(`.${pathname}`, ROOT));
      return new Response(text, { headers: { "content-type": "application/typescript" } });
    } catch {
      return new Response("not found", { status: 404 });
    }
  });
  try {
    await work(`http://127.0.0.1:${server.addr.port}/mod.ts`);
  } finally {
    await server.shutdown();
  }
  return asked;
}

/** An environment with the packages of the usual cache, and a cache of its own for modules from URLs. */
async function freshCache(folder: string): Promise<Record<string, string>> {
  const { npmCache } = JSON.parse((await deno(["info", "--json"])).stdout);
  await Deno.mkdir(`${folder}/cache`);
  await Deno.symlink(npmCache, `${folder}/cache/npm`, { type: "junction" });
  return { DENO_DIR: `${folder}/cache` };
}

Deno.test("with Node alone: npx, in an empty folder", async () => {
  const versions = ["README.md", ".ci/run"].flatMap((path) =>
    Array.from(read(path).matchAll(/npx -y (deno@\S+)/g), ([, version]) => version)
  );
  assert(versions.length >= 3 && versions.every((version) => version === versions[0]), versions.join());
  await inFolder(async (cwd) => {
    const args = ["-y", versions[0], "run", "-A", new URL("mod.ts", ROOT).href, "train", ...SMALL];
    const { stdout } = await succeed(windows ? "npx.cmd" : "npx", args, { cwd });
    assertStringIncludes(stdout, "runs/U-1-2-cp0-cd0-seed0");
    assert(Deno.statSync(`${cwd}/runs/U-1-2-cp0-cd0-seed0/mechanism.safetensors`).isFile);
  });
});

Deno.test("by URL: scripts import mod.ts and train, as README shows, and mod.ts is the command line", async () => {
  await inFolder(async (cwd) => {
    const env = await freshCache(cwd), bare = ["run", "-A", "--no-config", "--no-lock"];
    const settings = { iterations: 3, profiles: 32, chains: 4, seed: 5 }, profile = [[[0.9, 0.8]], [[0.1, 0.7]]];
    const asked = await served(async (url) => {
      await Deno.writeTextFile(
        `${cwd}/script.ts`,
        `import { openDevice, train } from "${url}";

         const device = await openDevice({ backend: "wasm" });
         const { mechanism } = await train("U_{1,2}^{0,0}", ${JSON.stringify(settings)}, { device });
         const { payments, utilities } = await mechanism.run(${JSON.stringify(profile)});
         console.log(JSON.stringify({ payments: [...payments], utilities: [...utilities] }));`,
      );
      const printed = (await deno([...bare, "script.ts"], { cwd, env })).stdout;
      const { mechanism } = await train("U_{1,2}^{0,0}", settings, { device: await openDevice({ backend: "wasm" }) });
      const { payments, utilities } = await mechanism.run(profile);
      assertEquals(JSON.parse(printed), { payments: [...payments], utilities: [...utilities] });
      assert(payments.some((payment) => payment > 0), "somebody pays");

      const [library, problem] = Array.from(read("README.md").matchAll(/```ts\n(.*?)```/gs), ([, code]) => code);
      const shown = library.replace(/"jsr:.*"/, `"${url}"`).replace("seed: 1", "seed: 1, iterations: 3, profiles: 16");
      assert(shown.includes(url) && shown.includes("iterations: 3"), "README shows how to train");
      await Deno.writeTextFile(`${cwd}/readme.ts`, shown);
      assertStringIncludes((await deno([...bare, "readme.ts"], { cwd, env })).stdout, "revenue:");
      await Deno.writeTextFile(`${cwd}/my_problem.ts`, problem);
      const own = ["train", "--problem", "./my_problem.ts", ...SMALL];
      assertStringIncludes((await deno([...bare, url, ...own], { cwd, env })).stdout, "2 participants, 3 goods");

      const lines = jsonLines((await deno([...bare, url, "settings", "--json"], { cwd, env })).stdout);
      assertEquals(lines.map(({ setting }) => setting), tableOneSettings.map(({ setting }) => setting));
    });
    assertEquals([...asked].filter((path) => path !== "mod.ts" && !path.startsWith("src/")), []);
  });
});

Deno.test("deno install makes tedi a command, from a file and from a URL", async (t) => {
  const install = async (cwd: string, module: string, env: Record<string, string>) => {
    await deno(["install", "--global", "--quiet", "--root", cwd, "--name", "tedi", "-A", module], { cwd, env });
    // The command runs the `deno` of the path: the one that runs this test.
    const path = [Deno.execPath().replace(/[\\/][^\\/]*$/, ""), Deno.env.get("PATH")].join(windows ? ";" : ":");
    const tedi = (...args: string[]) =>
      succeed(`${cwd}/bin/tedi${windows ? ".cmd" : ""}`, args, { cwd, env: { ...env, PATH: path } });
    assertEquals((await tedi("--version")).stdout, `tedi ${VERSION}\n`);
    assertEquals(jsonLines((await tedi("settings", "--json")).stdout).length, tableOneSettings.length);
  };
  await t.step("from a file", () => inFolder((cwd) => install(cwd, new URL("mod.ts", ROOT).href, {})));
  await t.step("from a URL", () =>
    inFolder(async (cwd) => {
      const env = await freshCache(cwd);
      await served((url) => install(cwd, url, env));
    }));
});

Deno.test("every task runs what is there, with options that it has", async () => {
  const { tasks } = JSON.parse(read("deno.json")) as {
    tasks: Record<string, string | { command?: string; dependencies?: string[] }>;
  };
  const named = new Set<string>(), columns = new Set<string>();
  for (const [task, entry] of Object.entries(tasks)) {
    const { command = "", dependencies = [] } = typeof entry === "string" ? { command: entry } : entry;
    for (const other of dependencies) assert(Object.hasOwn(tasks, other), `${task} needs ${other}`);
    const [, module, rest] = /^deno run (?:--\S+ )*(\S+\.ts)(?: (.*))?$/.exec(command) ?? [];
    if (module === undefined) continue;
    assert(Deno.statSync(new URL(module, ROOT)).isFile, `${task} runs ${module}`);
    if (module !== "mod.ts") continue;

    const [name, ...args] = rest.split(" ");
    assert(Object.hasOwn(commands, name), `${task} runs ${name}`);
    named.add(name);
    const { groups, positionals } = await commands[name].load();
    const options = groups.flatMap(({ options }) => options as Option[]);
    // Whoever runs the task adds arguments of their own, such as a run folder.
    const places = positionals.map((place) => ({ ...place, repeats: true }));
    const { values } = parseCommandLine(name, options, places, [...args, ...positionals.map(({ name }) => name)]);
    if (name !== "table1") continue;
    const { columns: wanted = "", methods = "" } = values as { columns?: string; methods?: string };
    const list = (text: string) => text.split(",").filter((part) => part !== "");
    list(wanted).forEach((column) => columns.add(settingSlug(parseSetting(column))));
    const known = experimentMethods.map(({ name }) => name);
    assertEquals(list(methods).filter((method) => !known.includes(method)), [], task);
  }
  assertEquals([...named].sort(), Object.keys(commands).sort(), "every command is a task");
  const slugs = tableOneSettings.map(({ setting }) => settingSlug(parseSetting(setting)));
  assertEquals([...columns].sort(), slugs.sort(), "every column of Table 1 has a task");
});
