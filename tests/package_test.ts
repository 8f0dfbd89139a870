/** What holds for the package as a whole: it runs from a URL, and its rooms depend on each other one way. */
import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../src/runtime/device.ts";
import { train } from "../src/training/train.ts";

const ROOT = new URL("../", import.meta.url);

/** Rooms of src, each of which may use those before it. */
const ROOMS = [
  "deps",
  "random",
  "runtime",
  "problems",
  "networks",
  "sampling",
  "kernels",
  "mechanisms",
  "training",
  "baselines",
  "io",
  "experiments",
  "report",
  "cli",
];
/** Files beside the rooms, which every room may use. */
const SHARED_FILES = ["display.ts", "errors.ts", "version.ts"];

/** A source file: its path from the root, such as `src/io/atomic.ts`, and its lines. */
interface Source {
  readonly path: string;
  readonly lines: readonly string[];
}

/** All files under a folder, by path. */
function filesUnder(folder: string): string[] {
  return Array.from(Deno.readDirSync(new URL(folder, ROOT))).flatMap(({ name, isDirectory }) =>
    isDirectory ? filesUnder(`${folder}${name}/`) : [`${folder}${name}`]
  ).sort();
}

function sources(): Source[] {
  return ["mod.ts", ...filesUnder("src/")].map((path) => ({
    path,
    lines: Deno.readTextFileSync(new URL(path, ROOT)).split("\n"),
  }));
}

/** Whether a line is of a comment only. */
const isComment = (line: string) => /^\s*(\/\/|\/?\*)/.test(line);

/** The specifiers that a line imports, be it statically, dynamically, for types or to export them again. */
function imports(line: string): string[] {
  if (isComment(line)) return [];
  return Array.from(line.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)(["'`])(.+?)\1/g), ([, , specifier]) => specifier);
}

/** The lines of the sources that `wrong` says something about, as `path:line: what`. */
function complaints(wrong: (line: string, source: Source) => string | undefined): string[] {
  return sources().flatMap((source) =>
    source.lines.flatMap((line, k) => {
      const what = wrong(line, source);
      return what === undefined ? [] : [`${source.path}:${k + 1}: ${what}: ${line.trim()}`];
    })
  );
}

Deno.test("imports finds every form of import", () => {
  const cases: [line: string, specifiers: string[]][] = [
    [`import { a } from "./a.ts";`, ["./a.ts"]],
    [`import type * as a from 'npm:a@1';`, ["npm:a@1"]],
    [`} from "../a.ts";`, ["../a.ts"]],
    [`export * from "./a.ts";`, ["./a.ts"]],
    [`import "./a.ts";`, ["./a.ts"]],
    [`const [a, b] = [await import("./a.ts"), await import( "./b.ts" )];`, ["./a.ts", "./b.ts"]],
    [`type A = import("./a.ts").A;`, ["./a.ts"]],
    [` * import { a } from "@tedi/toolkit";`, []],
    [`// from "./a.ts"`, []],
    [`await import(url);`, []],
  ];
  for (const [line, specifiers] of cases) assertEquals(imports(line), specifiers, line);
  assert(sources().flatMap(({ lines }) => lines.flatMap(imports)).length > 100, "sources import each other");
});

Deno.test("a room imports only from rooms before it", () => {
  const roomOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1];
  for (const path of filesUnder("src/")) {
    const room = roomOf(path);
    assert(room ? ROOMS.includes(room) : SHARED_FILES.includes(path.slice(4)), `${path} must be in a room`);
  }
  const wrong = complaints((line, { path }) => {
    const room = roomOf(path);
    for (const specifier of imports(line).filter((one) => one.startsWith("."))) {
      const target = new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length);
      if (path === "mod.ts" || SHARED_FILES.includes(target.slice(4))) continue;
      const other = roomOf(target);
      if (!room) return `${path} may import nothing`;
      if (!other) return `${target} is outside of the rooms`;
      if (ROOMS.indexOf(other) > ROOMS.indexOf(room)) return `${room} comes before ${other}`;
    }
  });
  assertEquals(wrong, []);
});

Deno.test("packages of others are named in src/deps only, at exact versions", () => {
  const wrong = complaints((line, { path }) => {
    for (const specifier of imports(line)) {
      if (specifier.startsWith(".")) continue;
      const inDeps = path.startsWith("src/deps/");
      if (inDeps && /^npm:(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+(\/[\w./-]+)?$/.test(specifier)) continue;
      if (!inDeps && specifier.startsWith("node:")) continue;
      return `${specifier} is not allowed here`;
    }
    if (!path.startsWith("src/deps/") && !isComment(line) && /["'`](npm|jsr|https?):[^"'`\s]*@\d/.test(line)) {
      return "a package may be named in src/deps only";
    }
  });
  assertEquals(wrong, []);
});

Deno.test("sources name no folder of the machine that they were written on", () => {
  const wrong = complaints((line) => {
    const found = /\bshared\/|(?<![\w.:/])\/(work|home|root|Users|mnt)\//.exec(line);
    return found ? `${found[0]} is not part of the package` : undefined;
  });
  assertEquals(wrong, []);
});

/** Runs Deno as a child process, and gives what it printed. */
async function deno(args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** What `deno info --json` says of a module, as far as it is used here. */
interface ModuleInfo {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

Deno.test("importing mod.ts loads neither the command line nor TensorFlow.js nor charts", async () => {
  const start = new URL("mod.ts", ROOT).href;
  const root = Deno.realPathSync(new URL(".", ROOT));
  const { modules } = JSON.parse(await deno(["info", "--json", "--no-lock", "mod.ts"], root)) as {
    modules: readonly ModuleInfo[];
  };
  assertEquals(modules.filter(({ error }) => error), []);
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const reach = (dynamic: boolean) => {
    const reached = new Set([start]);
    for (const specifier of reached) {
      for (const { code, isDynamic } of byName.get(specifier)?.dependencies ?? []) {
        if (code?.specifier && (dynamic || !isDynamic)) reached.add(code.specifier);
      }
    }
    return [...reached];
  };
  const isHeavy = (specifier: string) => /\/src\/(cli|report)\/|npm:\/?(@tensorflow|vega)/.test(specifier);
  assertEquals(reach(false).filter(isHeavy), []);
  assert(reach(false).length > 30, "mod.ts exports the package");
  assert(reach(true).some((specifier) => specifier.endsWith("/src/cli/main.ts")), "mod.ts is the command line, too");
  for (const heavy of [/npm:\/?@tensorflow/, /npm:\/?vega@/]) assert(reach(true).some((one) => heavy.test(one)));
});

Deno.test("a script far away imports mod.ts from a URL, without configuration, and trains", async () => {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    try {
      const text = await Deno.readTextFile(new URL(`.${pathname}`, ROOT));
      return new Response(text, { headers: { "content-type": "application/typescript" } });
    } catch {
      return new Response("not found", { status: 404 });
    }
  });
  const folder = await Deno.makeTempDir();
  try {
    const { npmCache } = JSON.parse(await deno(["info", "--json"], folder));
    // The packages of the usual cache, and a cache of its own for what comes from this server.
    await Deno.mkdir(`${folder}/cache`);
    await Deno.symlink(npmCache, `${folder}/cache/npm`, { type: "junction" });
    const settings = { iterations: 3, profiles: 32, chains: 4, seed: 5 }, profile = [[[0.9, 0.8]], [[0.1, 0.7]]];
    await Deno.writeTextFile(
      `${folder}/script.ts`,
      `import { openDevice, train } from "http://127.0.0.1:${server.addr.port}/mod.ts";

       const device = await openDevice({ backend: "wasm" });
       const { mechanism } = await train("U_{1,2}^{0,0}", ${JSON.stringify(settings)}, { device });
       const { payments, utilities } = await mechanism.run(${JSON.stringify(profile)});
       console.log(JSON.stringify({ payments: [...payments], utilities: [...utilities] }));`,
    );
    const printed = await deno(["run", "-A", "--no-config", "--no-lock", "script.ts"], folder, {
      DENO_DIR: `${folder}/cache`,
    });
    const { mechanism } = await train("U_{1,2}^{0,0}", settings, { device: await openDevice({ backend: "wasm" }) });
    const { payments, utilities } = await mechanism.run(profile);
    assertEquals(JSON.parse(printed), { payments: [...payments], utilities: [...utilities] });
    assert(payments.some((payment) => payment > 0), "somebody pays");
    assertEquals(asked.filter((path) => path !== "/mod.ts" && !path.startsWith("/src/")), []);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});
