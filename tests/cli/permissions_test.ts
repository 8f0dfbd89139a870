/** The least permissions that docs/permissions.md names for each command: it works with these, and not with one of them less. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { SMALL, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const ROOT = new URL("../../", import.meta.url);
const PAGE = Deno.readTextFileSync(new URL("docs/permissions.md", ROOT));

/** Files of the folder, in which commands run. */
Deno.mkdirSync(`${FOLDER}/secret`);
Deno.writeTextFileSync(`${FOLDER}/types.csv`, "0.5,0.25\n");
Deno.writeTextFileSync(
  `${FOLDER}/mine.ts`,
  `Deno.readTextFileSync("types.csv"); export default { participants: 1, goods: 2, distribution: "U" };`,
);

let npm: Promise<string> | undefined;

/** Where the packages are, as the page says. */
function npmFolder(): Promise<string> {
  return npm ??= (async () => {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
  })();
}

/** Runs a module with permissions and nothing else; `$NPM` is the folder of the packages. */
async function sandboxed(permissions: readonly string[], args: readonly string[], module = "mod.ts") {
  const folder = await npmFolder(), options = permissions.map((permission) => permission.replace("$NPM", folder));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...options, new URL(module, ROOT).href, ...args],
    cwd: FOLDER,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Every file under a folder, with when it was written. */
function written(folder: string): Map<string, number> {
  const files = new Map<string, number>();
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) { for (const [inner, time] of written(path)) files.set(inner, time); }
    else files.set(path, Number(Deno.statSync(path).mtime));
  }
  return files;
}

interface Case {
  /** The permissions, as on the page. */
  readonly permissions: readonly string[];
  readonly args: readonly string[];
  /** The folder that it may write to. */
  readonly writes?: string;
}

const TABLE = "table1 --methods VCG --columns U-1-10 --test-profiles 100 --backend wasm --quiet --out OUT";
const AUDIT = "audit RUN --profiles 5 --misreports 5 --exact 2 --test-profiles 50 --backend wasm --quiet";
const cases: readonly Case[] = [
  { permissions: [], args: ["settings"] },
  { permissions: [], args: ["devices"] },
  { permissions: [], args: ["cite"] },
  { permissions: [], args: ["completions", "bash"] },
  {
    permissions: ["--allow-read=$NPM,RUN", "--allow-write=RUN"],
    args: ["train", ...SMALL, "--quiet", "--out", "RUN"],
    writes: "RUN",
  },
  {
    permissions: ["--allow-read=$NPM,RUN", "--allow-write=RUN", "--allow-net=127.0.0.1"],
    args: ["train", ...SMALL, "--quiet", "--force", "--watch", "--out", "RUN"],
    writes: "RUN",
  },
  { permissions: ["--allow-read=$NPM,RUN"], args: ["evaluate", "RUN", "--profiles", "50", "--backend", "wasm"] },
  { permissions: ["--allow-read=$NPM,RUN"], args: AUDIT.split(" ") },
  {
    permissions: ["--allow-read=$NPM,RUN", "--allow-write=RUN"],
    args: "report RUN --test-profiles 50 --backend wasm --quiet".split(" "),
    writes: "RUN",
  },
  { permissions: ["--allow-read=RUN,types.csv"], args: ["run", "RUN", "--types", "types.csv"] },
  { permissions: ["--allow-read=RUN"], args: ["menu", "RUN", "--profiles", "50"] },
  { permissions: ["--allow-read=RUN"], args: ["metrics", "RUN"] },
  { permissions: ["--allow-read=RUN"], args: ["runs", "RUN"] },
  { permissions: ["--allow-read=RUN", "--allow-write=RUN"], args: ["playground", "RUN"], writes: "RUN" },
  { permissions: ["--allow-read=$NPM,OUT", "--allow-write=OUT"], args: TABLE.split(" "), writes: "OUT" },
];

Deno.test("each command works with its least permissions, and writes where it may alone", async (t) => {
  for (const { permissions, args, writes } of cases) {
    await t.step([args[0], ...permissions].join(" "), async () => {
      const row = permissions.length === 0 ? "none" : `\`${permissions.join(" ").replace("types.csv", "TYPES")}\``;
      const line = PAGE.split("\n").find((line) =>
        line.startsWith("|") && line.includes(`\`${args[0]}\``) && line.includes(row)
      );
      assert(line, `the page has no row for ${args[0]} with ${row}`);
      const before = written(FOLDER);
      const { code, stdout, stderr } = await sandboxed(permissions, args);
      assertEquals(code, 0, stderr);
      assertNotEquals(stdout, "");
      for (const [path, time] of written(FOLDER)) {
        const allowed = writes !== undefined && path.startsWith(`${FOLDER}/${writes}/`);
        if (before.get(path) !== time) assert(allowed, `${args[0]} wrote ${path}`);
      }
    });
  }
});

Deno.test("with one permission less a command says which, and does nothing", async (t) => {
  for (const { permissions, args } of cases) {
    const less = permissions.flatMap((permission, k) => {
      const [name, list] = permission.split("="), places = list.split(",");
      return places.map((place) => {
        const rest = places.filter((other) => other !== place).join(",");
        return permissions.flatMap((other, j) => j !== k ? [other] : rest === "" ? [] : [`${name}=${rest}`]);
      });
    });
    for (const fewer of less) {
      await t.step([args[0], ...fewer].join(" "), async () => {
        const line = args.map((arg) => arg === "RUN" && args[0] === "train" ? "NEW" : arg === "OUT" ? "OUT2" : arg);
        const names = fewer.map((one) =>
          one.replace("RUN", args[0] === "train" ? "NEW" : "RUN").replace("OUT", "OUT2")
        );
        const { code, stderr } = await sandboxed(names, line);
        assertEquals(code, 1, stderr);
        assertStringIncludes(stderr.toLowerCase(), "requires ");
        assertStringIncludes(stderr, "error: Cannot ");
      });
    }
  }
});

Deno.test("figures are drawn with the permissions of figure1, which trains for too long to run here", async () => {
  const script = `${FOLDER}/figure.ts`, from = (path: string) => JSON.stringify(new URL(path, ROOT).href);
  Deno.writeTextFileSync(
    script,
    `import { separable } from ${from("src/baselines/separable.ts")};
    import { panelA, panelB } from ${from("src/experiments/figure1.ts")};
    import { writeFileAtomic } from ${from("src/io/atomic.ts")};
    import { settingProblem } from ${from("src/problems/settings.ts")};
    const shown = [{ name: "OPT", mechanism: separable(settingProblem("B_{1,10}^{0,0}")) }];
    await Deno.mkdir("OUT");
    for (const panel of [panelA, panelB]) await writeFileAtomic("OUT/" + panel.name + ".svg", await panel(shown));`,
  );
  Deno.removeSync(`${FOLDER}/OUT`, { recursive: true });
  const permissions = ["--allow-read=$NPM,OUT", "--allow-write=OUT"];
  assertStringIncludes(PAGE.replace(/ +/g, " "), `\`figure1\` | \`${permissions.join(" ")}\``);
  const { code, stderr } = await sandboxed(permissions, [], `file://${script}`);
  assertEquals(code, 0, stderr);
  assertEquals([...Deno.readDirSync(`${FOLDER}/OUT`)].map(({ name }) => name).sort(), ["panelA.svg", "panelB.svg"]);
});

Deno.test("a module of one's own has the permissions of the command, and no more", async () => {
  const args = ["train", ...SMALL, "--quiet", "--problem", "./mine.ts", "--out", "MINE"];
  const permissions = ["--allow-read=$NPM,MINE,mine.ts", "--allow-write=MINE"];
  const refused = await sandboxed(permissions, args); // it reads types.csv
  assertEquals(refused.code, 2, refused.stderr);
  assertStringIncludes(refused.stderr, "types.csv");
  const { code, stderr } = await sandboxed(["--allow-read=$NPM,MINE,mine.ts,types.csv", "--allow-write=MINE"], args);
  assertEquals(code, 0, stderr);
});
