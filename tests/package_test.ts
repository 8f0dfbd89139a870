/** What holds for the package as a whole: its rooms depend on each other one way, and it is documented and published. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { importsOnCycles } from "./import_cycles.ts";
import { relativeLinks } from "./links.ts";
import { KERNEL_MODULES } from "../tasks/kernel_modules.ts";
import { deno, filesUnder, ROOT } from "./root.ts";

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
  "playground",
  "cli",
];
/** Rooms before a room that it knows nothing of all the same: kernels take prices, gradients and chains, not problems. */
const UNKNOWN_TO: Readonly<Record<string, readonly string[]>> = { kernels: ["problems"] };
/** Files beside the rooms, which every room may use. */
const SHARED_FILES = ["display.ts", "errors.ts", "former_names.ts", "known_names.ts", "version.ts"];

/** What deno.json says of the package, as far as it is used here. */
const { exports: ENTRIES, exclude: EXCLUDED } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))) as {
  /** The modules that users import, such as `./mod.ts`, by the end of their names, such as `.` or `./kernels`. */
  readonly exports: Readonly<Record<string, string>>;
  readonly exclude: readonly string[];
};
/** The paths of the modules that users import. They export from all rooms, and no room imports them. */
const entryPaths = Object.values(ENTRIES).map((path) => path.slice("./".length));

/** A source file: its path from the root, such as `src/io/atomic.ts`, and its lines. */
interface Source {
  readonly path: string;
  readonly lines: readonly string[];
}

function sources(): Source[] {
  return Array.from(new Set([...entryPaths, ...filesUnder("src/")]), (path) => ({
    path,
    lines: Deno.readTextFileSync(new URL(path, ROOT)).split("\n"),
  }));
}

/** Whether a line is of a comment only. */
const isComment = (line: string) => /^\s*(\/\/|\/?\*)/.test(line);

/**
 * The specifiers that a text imports, be it statically, dynamically, for types or to export them again. A comment between
 * the keyword and the specifier does not hide them, and a comment around both does.
 */
function imports(text: string): string[] {
  const found: string[] = [];
  const pause = /(?:\s|\/\*[^]*?\*\/|\/\/.*$)*/m.source;
  // Comments are tokens of their own, so that what they hold is passed by.
  const tokens = new RegExp(
    `^[ \\t]*(?://|\\*).*$|^[ \\t]*/\\*[^]*?\\*/|(?:\\bfrom|\\bimport)${pause}(?:\\(${pause})?(["'\`])([^\\n]+?)\\1`,
    "gm",
  );
  for (const [, , specifier] of text.matchAll(tokens)) if (specifier !== undefined) found.push(specifier);
  return found;
}

const importsOf = ({ lines }: Source) => imports(lines.join("\n"));

/** The imports of the sources that `wrong` says something about, as `path: what`. */
function importComplaints(wrong: (specifier: string, source: Source) => string | undefined): string[] {
  return sources().flatMap((source) =>
    importsOf(source).flatMap((specifier) => {
      const what = wrong(specifier, source);
      return what === undefined ? [] : [`${source.path}: ${what}`];
    })
  );
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
    [`await import(/* later */ "./a.ts");`, ["./a.ts"]],
    [`import { a } from // here\n  "./a.ts";\nimport "./b.ts";`, ["./a.ts", "./b.ts"]],
    [`/** For example\n * import "./a.ts"; */\nexport * from "./b.ts";`, ["./b.ts"]],
  ];
  for (const [line, specifiers] of cases) assertEquals(imports(line), specifiers, line);
  assert(sources().flatMap(importsOf).length > 100, "sources import each other");
});

Deno.test("a room imports only from rooms before it", () => {
  const roomOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1];
  for (const path of filesUnder("src/").filter((path) => !entryPaths.includes(path))) {
    const room = roomOf(path);
    assert(room ? ROOMS.includes(room) : SHARED_FILES.includes(path.slice(4)), `${path} must be in a room`);
  }
  const wrong = importComplaints((specifier, { path }) => {
    if (!specifier.startsWith(".")) return;
    const room = roomOf(path), target = new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length);
    if (entryPaths.includes(target)) return `${target} is for users to import`;
    if (entryPaths.includes(path) || SHARED_FILES.includes(target.slice(4))) return;
    const other = roomOf(target);
    if (!room) return `${path} may import nothing`;
    if (!other) return `${target} is outside of the rooms`;
    if (ROOMS.indexOf(other) > ROOMS.indexOf(room)) return `${room} comes before ${other}`;
    if (UNKNOWN_TO[room]?.includes(other)) return `${room} must know nothing of ${other}`;
  });
  assertEquals(wrong, []);
});

/** What each source imports from others: for values or types, statically or dynamically, or to export it again. */
function importGraph(): Map<string, string[]> {
  const made = Object.keys(KERNEL_MODULES).map((name): [string, string[]] => [`src/kernels/wasm/${name}`, []]);
  return new Map(
    sources().map((source): [string, string[]] => {
      const { path } = source, base = new URL(path, ROOT);
      const relative = importsOf(source).filter((one) => one.startsWith("."));
      // AssemblyScript leaves out the ending.
      const targets = relative.map((one) => new URL(one.endsWith(".ts") ? one : `${one}.ts`, base).href);
      return [path, targets.map((target) => target.slice(ROOT.href.length))];
    }).concat(made),
  );
}

Deno.test("importsOnCycles finds every import that is on a cycle, and no other", () => {
  const found = (imports: Record<string, string[]>) =>
    Object.fromEntries(importsOnCycles(new Map(Object.entries(imports))));
  assertEquals(found({ a: ["b", "c"], b: ["c"], c: [] }), {});
  assertEquals(found({ a: ["a"] }), { "a -> a": "a -> a" });
  assertEquals(found({ start: ["a"], a: ["b"], b: ["c", "end"], c: ["a", "b"] }), {
    "a -> b": "a -> b -> c -> a",
    "b -> c": "b -> c -> b",
    "c -> a": "c -> a -> b -> c",
    "c -> b": "c -> b -> c",
  });
});

Deno.test("files import each other in no cycle, inside rooms either", () => {
  const graph = importGraph();
  for (const [path, targets] of graph) for (const target of targets) assert(graph.has(target), `${path}: ${target}`);
  assertEquals([...importsOnCycles(graph).values()], []);
});

/** What may ask where tensors are: devices and tensors, the choice of kernels, and those that run on one device only. */
const KNOWS_THE_BACKEND = /^src\/(runtime\/.*|kernels\/select|kernels\/webgpu\/dispatch)\.ts$/;
/** What may tell people about it, and what is generated. */
const NO_MATHEMATICS = /^src\/(cli\/|report\/|playground\/script\.ts)/;

Deno.test("mathematics never asks which backend it is on", () => {
  const asks =
    /\bgetBackend\b|\bbackendName\b|\b(tf|engine\(\))\.backend\b|\.backend\s*[=!]=|[=!]==?\s*["'](wasm|webgpu)["']|\b(switch|includes|startsWith|endsWith|test)\s*\(.*\bbackend\)|\.backend\.|\bonHost\b/;
  const found = sources().flatMap(({ path, lines }) =>
    lines.some((line) => !isComment(line) && asks.test(line)) ? [path] : []
  );
  assert(found.some((path) => KNOWS_THE_BACKEND.test(path)), "somebody does");
  assertEquals(found.filter((path) => !KNOWS_THE_BACKEND.test(path) && !NO_MATHEMATICS.test(path)), []);
});

Deno.test("packages of others are named in src/deps only, at exact versions", () => {
  const wrongImports = importComplaints((specifier, { path }) => {
    const inDeps = path.startsWith("src/deps/");
    if (specifier.startsWith(".")) return;
    if (inDeps && /^npm:(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+(\/[\w./-]+)?$/.test(specifier)) return;
    if (!inDeps && specifier.startsWith("node:")) return;
    return `${specifier} is not allowed here`;
  });
  const wrongNames = complaints((line, { path }) => {
    if (!path.startsWith("src/deps/") && !isComment(line) && /["'`](npm|jsr|https?):[^"'`\s]*@\d/.test(line)) {
      return "a package may be named in src/deps only";
    }
  });
  assertEquals([...wrongImports, ...wrongNames], []);
});

/** Keys that an object of a JSON text has more than once, by path: `JSON.parse` takes the last one in silence. */
function repeatedKeys(json: string): string[] {
  JSON.parse(json); // From here on the text is known to be JSON, and one pass over its tokens is enough.
  const repeated: string[] = [];
  const open: { path: string; keys?: Set<string> }[] = [];
  let path = "", text = "";
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    const object = open.at(-1);
    if (token === "{") open.push({ path, keys: new Set() });
    else if (token === "[") open.push({ path });
    else if (token === "}" || token === "]") open.pop();
    else if (token !== ":") text = JSON.parse(token);
    else {
      const { keys, path: above } = object as { path: string; keys: Set<string> };
      path = above === "" ? text : `${above}.${text}`;
      if (keys.has(text)) repeated.push(path);
      keys.add(text);
    }
  }
  return repeated;
}

Deno.test("no key of deno.json is there twice", () => {
  assertEquals(
    repeatedKeys(`{"a": {"b": 1, "c": [{"b": 2}, {"b": 3}]}, "b": {"a": "b:", "\\"": 1}, "": ["a", "a"]}`),
    [],
  );
  assertEquals(repeatedKeys(`{"a": {"b": 1, "c": {"b": 1}, "b": 2}, "d": [{"e": 1, "\\u0065": 2}], "a": 3}`), [
    "a.b",
    "d.e",
    "a",
  ]);
  assertEquals(repeatedKeys(Deno.readTextFileSync(new URL("deno.json", ROOT))), []);
});

Deno.test("sources name no folder of the machine that they were written on", () => {
  const wrong = complaints((line) => {
    const found = /\bshared\/|(?<![\w.:/])\/(work|home|root|Users|mnt)\//.exec(line);
    return found ? `${found[0]} is not part of the package` : undefined;
  });
  assertEquals(wrong, []);
});

Deno.test("nothing in the package calls what is there for tests only", () => {
  const hooks = sources().flatMap(({ lines }) => {
    const text = lines.join("\n");
    return Array.from(text.matchAll(/For (?:tests|benches)\b[^/]*\*\/\nexport \w+ (\w+)/g), ([, name]) => name);
  });
  assert(hooks.includes("setThreadPatience"), "what is for tests says so at the end of its comment");
  const uses = complaints((line) => {
    if (isComment(line) || /^export (function|const) /.test(line)) return;
    return hooks.find((name) => new RegExp(`\\b${name}\\b`).test(line));
  });
  assertEquals(uses, []);
});

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

/** The modules that load with one of the package, and all that may load later, of an entry; by path or `npm:` name. */
async function moduleGraph(entry = "mod.ts"): Promise<{ with: (path: string) => string[]; all: string[] }> {
  const { modules } = JSON.parse((await deno(["info", "--json", "--no-lock", entry])).stdout) as {
    modules: readonly ModuleInfo[];
  };
  assertEquals(modules.filter(({ error }) => error), []);
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const reach = (start: string, dynamic: boolean) => {
    const reached = new Set([new URL(start, ROOT).href]);
    for (const specifier of reached) {
      for (const { code, isDynamic } of byName.get(specifier)?.dependencies ?? []) {
        if (code?.specifier && (dynamic || !isDynamic)) reached.add(code.specifier);
      }
    }
    return Array.from(reached, (specifier) => specifier.replace(ROOT.href, ""));
  };
  return { with: (path) => reach(path, false), all: reach(entry, true) };
}

Deno.test("what is not used does not load: commands, charts, linear programs, packages", async (t) => {
  const graph = await moduleGraph(), isPackage = (path: string) => path.startsWith("npm:");
  const later = [
    ...["src/cli/main.ts", "src/cli/commands/train.ts", "src/report/charts.ts", "src/experiments/figure1.ts"],
    ...["src/mechanisms/linear_program/responses.ts", "npm:@tensorflow/tfjs", "npm:vega", "npm:highs", "npm:papaparse"],
  ];
  for (const one of later) assert(graph.all.some((path) => path.replace("npm:/", "npm:").startsWith(one)), one);
  for (const entry of entryPaths) {
    await t.step(`the library: ${entry}`, async () => {
      const loaded = (await moduleGraph(entry)).with(entry);
      assert(loaded.length > 80, `${entry} exports the package`);
      assertEquals(loaded.filter(isPackage), []);
      const unwanted = /^src\/(cli|report|experiments|mechanisms\/linear_program\/|deps\/(highs|vega|zod|std_.*)\.ts)/;
      assertEquals(loaded.filter((path) => unwanted.test(path)), []);
    });
  }
  await t.step("tedi --help", () => {
    const loaded = graph.with("src/cli/main.ts");
    assertEquals(loaded.filter((path) => !/^src\/(cli\/[^/]*|errors|version)\.ts$/.test(path)), []);
    assert(loaded.length > 3 && !loaded.includes("src/cli/options.ts"), loaded.join());
  });
  for (const path of filesUnder("src/cli/commands/")) {
    await t.step(`tedi ${path.slice("src/cli/commands/".length, -3)} --help`, () => {
      const packages = graph.with(path).filter(isPackage);
      assert(packages.length > 0, "commands parse options");
      assertEquals(packages.filter((name) => !/^npm:\/?deno-std@/.test(name)), []);
    });
  }
});

Deno.test("a dry run of publishing passes, with the sources and what people read, and nothing else", async () => {
  const { stdout, stderr } = await deno(["publish", "--dry-run", "--allow-dirty"]), told = stdout + stderr;
  assertStringIncludes(told, "Dry run complete"); // Slow types would be errors.
  // A problem of one's own is the only code that is named at run time.
  assertEquals(Array.from(told.matchAll(/warning\[([^\]]+)\]/g), ([, kind]) => kind), ["unanalyzable-dynamic-import"]);
  const published = Array.from(
    told.matchAll(/^\s*(file:\S+) \([\d.]+\s?\w+\)$/gm),
    ([, url]) => url.replace(ROOT.href, ""),
  );
  const sources = filesUnder("src/").filter((path) => !EXCLUDED.some((folder) => path.startsWith(folder)));
  assert(sources.every((path) => path.endsWith(".ts")), "sources are TypeScript");
  const others = ["CITATION.cff", "LICENSE", "deno.json", "mod.ts", ...filesUnder("tasks/examples/")];
  const pages = ["ARCHITECTURE.md", "BENCHMARKS.md", "CHANGELOG.md", "EXPERIMENTS.md", "README.md"];
  const figures = filesUnder("bench/figures/");
  assertEquals(published.sort(), [...others, ...pages, ...figures, ...filesUnder("docs/"), ...sources].sort());

  let links = 0;
  const lost = published.filter((path) => path.endsWith(".md")).flatMap((path) => {
    const targets = linkedFiles(path);
    links += targets.length;
    const isThere = (target: string) => published.some((one) => one === target || one.startsWith(`${target}/`));
    return targets.filter((target) => !isThere(target)).map((target) => `${path}: ${target}`);
  });
  assertEquals(lost, [], "pages link to what is not published");
  assert(links >= 30, `${links} links`);
});

/** The files and folders of the package that a page of Markdown links to or shows. */
function linkedFiles(path: string): string[] {
  return relativeLinks(Deno.readTextFileSync(new URL(path, ROOT)))
    .map((target) => new URL(target, new URL(path, ROOT)).href.replace(/[#?].*$/, ""))
    .map((url) => url.slice(ROOT.href.length).replace(/\/$/, ""));
}

/** What `deno doc --json` says of a declaration or a member of one, as far as it is used here. */
interface Documented {
  readonly name?: string;
  readonly kind?: string;
  readonly jsDoc?: { readonly doc?: string };
  readonly tsType?: unknown;
  readonly left?: { readonly tsType?: unknown };
  readonly def?: Readonly<Record<string, unknown>> & { readonly params?: readonly Documented[] };
}

/** What `deno doc --json` says of a module: its own documentation, and what it exports. */
interface DocumentedModule {
  readonly module_doc?: Documented["jsDoc"];
  readonly symbols: readonly { readonly name: string; readonly declarations: readonly Documented[] }[];
}

/** What the modules that users import export, by their paths. */
async function documentedEntries(): Promise<Map<string, DocumentedModule>> {
  const { nodes } = JSON.parse((await deno(["doc", "--json", ...entryPaths])).stdout) as {
    nodes: Record<string, DocumentedModule>;
  };
  return new Map(entryPaths.map((path) => [path, nodes[new URL(path, ROOT).href]]));
}

Deno.test("a user finds each name in one place, and what research needs is few names", async () => {
  const entries = await documentedEntries(), places = new Map<string, string[]>();
  for (const [path, { symbols }] of entries) {
    for (const { name } of symbols) places.set(name, [...places.get(name) ?? [], path]);
  }
  assertEquals(Array.from(places).filter(([, paths]) => paths.length > 1), []);
  const { length } = entries.get("mod.ts")!.symbols;
  assert(length > 80 && length < 110, `mod.ts exports ${length} names, and must export less than 110`);
  // Types that signatures mention are exported, too, by whichever entry.
  await deno(["doc", "--lint", ...entryPaths]);
  const { tasks: { check } } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  assertStringIncludes(check.command, `deno doc --lint ${entryPaths.join(" ")}`);
});

Deno.test("every export has documentation and types, and so has every member of one", async () => {
  const modules = Array.from(await documentedEntries());
  for (const [path, { module_doc }] of modules) assert(module_doc?.doc, `${path} has documentation`);
  const symbols = modules.flatMap(([, { symbols }]) => symbols);
  assert(symbols.length > 150, "all is documented");
  let members = 0;
  const missing = symbols.flatMap(({ name, declarations }) =>
    declarations.flatMap(({ kind, jsDoc, def = {} }) => {
      const wrong = jsDoc?.doc ? [] : [name];
      for (const list of ["properties", "methods", "constructors", "callSignatures", "indexSignatures"]) {
        for (const member of (def[list] ?? []) as Documented[]) {
          members++;
          if (!member.jsDoc?.doc) wrong.push(`${name}.${member.name ?? list}`);
        }
      }
      const untyped = (def.params ?? []).some(({ tsType, left }) => !tsType && !left?.tsType);
      if (kind === "function" && (untyped || !def.returnType)) wrong.push(`${name}: types of parameters and result`);
      if (kind === "variable" && !def.tsType) wrong.push(`${name}: type`);
      return wrong;
    })
  );
  assertEquals(missing, []);
  assert(members > 300, `${members} members`);
});
