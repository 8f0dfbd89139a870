/** README and the guides: links lead somewhere, and command lines are ones that the command line takes. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Command } from "../src/cli/command.ts";
import { commands, DEFAULT_RUN_TIME } from "../src/cli/main.ts";
import { parseCommandLine } from "../src/cli/options.ts";
import { prose, relativeLinks } from "./links.ts";
import { deno, ROOT } from "./root.ts";

const TASKS: Record<string, string | { readonly command?: string }> = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", ROOT)),
).tasks;

/** README, the guides, and the other pages at the root, by path from there. */
const PAGES = [
  ...["README.md", "ARCHITECTURE.md", "EXPERIMENTS.md", "BENCHMARKS.md", "CHANGELOG.md"],
  ...Array.from(Deno.readDirSync(new URL("docs/", ROOT)), ({ name }) => `docs/${name}`).filter((path) =>
    path.endsWith(".md")
  ),
];
/** Those whose command lines anybody may copy. */
const GUIDES = PAGES.filter((path) => path === "README.md" || path.startsWith("docs/"));

const text = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));

/** The commands of the command line, by name. */
async function loadCommands(): Promise<ReadonlyMap<string, Command>> {
  return new Map(
    await Promise.all(Object.entries(commands).map(async ([name, { load }]) => [name, await load()] as const)),
  );
}

/** The words of a line of a shell, without its comment. */
function words(line: string): string[] {
  const found = line.replace(/\s#.*$/, "").matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g);
  return Array.from(found, ([word]) => word.replace(/['"]/g, ""));
}

/** What is said of the command of the command line that words are about, if they are: its name and its arguments. */
function ofTedi(given: readonly string[]): { name: string; args: string[] } | undefined {
  const start = given.findIndex((word) => !/^[A-Z_]+=/.test(word)); // after variables
  const rest = given.slice(start).join(" ").replace(/^npx -y deno@2\.9\.6 /, "deno ");
  const found = /^(?:tedi|deno run -A (?:jsr:@tedi\/toolkit|mod\.ts)|deno task) (\S+) ?(.*)$/.exec(rest);
  if (!found) return undefined;
  const [, name, args] = found;
  if (!rest.startsWith("deno task ")) return { name, args: args === "" ? [] : args.split(" ") };
  assert(Object.hasOwn(TASKS, name), `deno.json has no task ${name}`);
  const task = TASKS[name], command = typeof task === "string" ? task : task.command ?? "";
  const line = /^deno run --allow-all mod\.ts (.*)$/.exec(command)?.[1];
  return line === undefined ? undefined : ofTedi(`tedi ${line} ${args}`.trim().split(" "));
}

/** Fails where a command line is not one of the command line. */
function checkLine(known: ReadonlyMap<string, Command>, line: string): boolean {
  const about = ofTedi(words(line.replace(/^.*\| (?=tedi )/, "").replace(/ > \S+$/, "")));
  if (!about) return false;
  const command = known.get(about.name);
  if (!command) throw new Error(`there is no command ${about.name}: ${line}`);
  const options = command.groups.flatMap((group) => group.options), { args } = about;
  parseCommandLine(about.name, options, command.positionals, args.filter((word) => word !== "--help"));
  return true;
}

/** Fails where words of a sentence name an option that the command does not have. */
function checkMention(known: ReadonlyMap<string, Command>, mention: string): boolean {
  const about = ofTedi(words(mention));
  if (!about || !/^[a-z]/.test(about.name)) return false;
  const command = known.get(about.name);
  if (!command) throw new Error(`there is no command ${about.name}: ${mention}`);
  const names = ["help", ...command.groups.flatMap((group) => group.options.map(({ name }) => name))];
  for (const word of about.args.filter((word) => word.startsWith("--"))) {
    assert(names.includes(word.slice(2).replace(/=.*/, "")), `${about.name} has no option ${word}: ${mention}`);
  }
  return true;
}

Deno.test("command lines in README and the guides are right", async (t) => {
  const known = await loadCommands();
  const wrong = [
    "tedi trian",
    "tedi train --iteration 5",
    "tedi train --iterations x",
    "deno task nothing",
    "tedi audit",
  ];
  for (const line of wrong) assertThrows(() => checkLine(known, line), line);
  assertThrows(() => checkMention(known, "tedi train --no-such"));
  let lines = 0, mentions = 0;
  for (const path of GUIDES) {
    await t.step(path, () => {
      const page = text(path);
      for (const [, , block] of page.matchAll(/^( *)```sh\n([\s\S]*?)^\1```$/gm)) {
        for (const line of block.replace(/\\\n\s*/g, " ").split("\n")) {
          lines += Number(checkLine(known, line.trim()));
        }
      }
      for (const [, code] of prose(page).matchAll(/`([^`]+)`/g)) {
        mentions += Number(checkMention(known, code.replace(/\s+/g, " ")));
      }
    });
  }
  assert(lines >= 15 && mentions >= 20, `${lines} lines, ${mentions} mentions`);
});

Deno.test("options that README and the guides name by themselves are those of some command", async () => {
  const names = Array.from((await loadCommands()).values(), ({ groups }) => groups.flatMap(({ options }) => options))
    .flat().map(({ name }) => name);
  const deno = ["allow-read", "allow-write", "allow-env", "no-prompt", "install"];
  for (const path of GUIDES) {
    const found = Array.from(prose(text(path)).matchAll(/`--([a-z-]+)[^`]*`/g), ([, name]) => name);
    assertEquals(found.filter((name) => ![...names, ...deno, "help"].includes(name)), [], path);
  }
});

/** The names that headings of a page have in links. */
function anchors(page: string): string[] {
  return Array.from(
    prose(page).matchAll(/^#+ (.*)$/gm),
    ([, heading]) => heading.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-"),
  );
}

Deno.test("links between pages lead to files, and to headings in them", () => {
  const wrong: string[] = [];
  let links = 0;
  for (const path of PAGES) {
    const base = new URL(path, ROOT);
    for (const target of relativeLinks(text(path))) {
      links++;
      const url = new URL(target, base), [file, anchor] = [url.href.split("#")[0], url.hash.slice(1)];
      try {
        Deno.statSync(new URL(file));
        if (anchor && !anchors(Deno.readTextFileSync(new URL(file))).includes(anchor)) wrong.push(`${path}: ${target}`);
      } catch {
        wrong.push(`${path}: ${target}`);
      }
    }
  }
  assertEquals(wrong, []);
  assert(links >= 20);
});

Deno.test("README, the task and the help say the same time for the default run", async () => {
  const time = /\b(?:about )?(?:\d+(?: to \d+)?|a few|some|a|two) (?:s|seconds?|min|minutes?)\b/;
  const said = (what: RegExp, where: string) => time.exec(what.exec(where)?.[0] ?? "")?.[0];
  const { description } = TASKS.train as { readonly description: string };
  const { stdout: help } = await deno(["run", "-A", "mod.ts", "--help"]);
  const readme = text("README.md"), joined = help.replace(/\s+/g, " ");
  assertEquals({
    readme: said(/deno@\S+ task train\b.*/, readme),
    task: said(/.*/, description),
    help: said(/train --setting U-1-2 .*? tedi /, joined),
  }, { readme: DEFAULT_RUN_TIME, task: DEFAULT_RUN_TIME, help: DEFAULT_RUN_TIME });
});

Deno.test("README leads to every guide, and has the test command", () => {
  const readme = text("README.md");
  for (const path of PAGES.filter((path) => path.startsWith("docs/"))) assert(readme.includes(`](${path})`), path);
  assert(readme.includes("npx -y deno@2.9.6 task test "));
  assert(text(".ci/run").includes("npx -y deno@2.9.6 task test "));
});
