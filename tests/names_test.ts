/** Sources and pages call things and files by the names that they have now. */
import { assert, assertEquals } from "@std/assert";
import { filesUnder, ROOT } from "./root.ts";

/** What things were called before, as words in small letters, and what they are called now. */
const FORMER_WORDS: readonly { readonly former: RegExp; readonly present: string }[] = [
  { former: /walls?/, present: "boundary" },
  { former: /yardsticks?/, present: "reference mechanism" },
  { former: /embeddings?/, present: "reparameterisation" },
  { former: /top sums?/, present: "sums of the largest coordinates" },
  { former: /local (?:parts?|weights|slopes?)/, present: "per good" },
  { former: /lags?/, present: "suboptimality" },
  { former: /weight sources?/, present: "hypernetwork output" },
  { former: /symmetric contexts?/, present: "set context" },
];

/** Former names of files and options that are still read have their place, and a history tells what was. */
const EXEMPT = ["src/former_names.ts", "src/playground/script.ts", "src/kernels/wasm/binary.ts"];

const text = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const sources = filesUnder("src/").filter((path) => path.endsWith(".ts") && !EXEMPT.includes(path));
const pages = ["ARCHITECTURE.md", "BENCHMARKS.md", "EXPERIMENTS.md", "README.md"].concat(
  filesUnder("docs/").filter((path) => path.endsWith(".md")),
);

/** A text as words in small letters with spaces between them: names such as `topSums` are taken apart. */
function words(text: string): string {
  const parts = text.replace(/([a-z\d])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3 $2$4").match(/[a-zA-Z\d]+/g) ?? [];
  return parts.join(" ").toLowerCase();
}

/** The former words of a text, each with what stands around it, and the word to take. */
function formerWords(text: string): string[] {
  const all = words(text);
  return FORMER_WORDS.flatMap(({ former, present }) =>
    Array.from(all.matchAll(new RegExp(`\\b(?:${former.source})\\b`, "g")), ({ index, 0: found }) => {
      return `"${found}" in "${all.slice(Math.max(0, index - 30), index + 30)}": ${present}`;
    })
  );
}

Deno.test("sources and pages use no former names", () => {
  const said = (text: string) => formerWords(text).map((one) => one.replace(/ in ".*"/, ""));
  assertEquals(said("// The chain is at the wall of\n//  the box: `topSums`, TOP_SUMS, WeightSource"), [
    '"wall": boundary',
    '"top sums": sums of the largest coordinates',
    '"top sums": sums of the largest coordinates',
    '"weight source": hypernetwork output',
  ]);
  assertEquals(said("A lagoon, a wallet; stop sums, and sums of the largest coordinates at the boundary"), []);
  const found = [...sources, ...pages].flatMap((path) => formerWords(text(path)).map((one) => `${path}: ${one}`));
  assertEquals(found, []);
});

/** The names of source files in a text. */
function namedFiles(text: string): string[] {
  return Array.from(text.matchAll(/(?:[\w-]+\/)*[a-z_\d]+\.ts\b/g), ([path]) => path);
}

Deno.test("comments and pages name files that there are", () => {
  const all = ["mod.ts", ...["src/", "tests/", "tasks/", "bench/"].flatMap(filesUnder)].map((path) => `/${path}`);
  const own = ["my_problem.ts"]; // of somebody who reads a page
  const named = [
    ...sources.map((path) => [path, text(path).split("\n").filter((line) => /^\s*(\/\/|\/?\*)/.test(line)).join("\n")]),
    ...pages.map((path) => [path, text(path)]),
  ].map(([path, prose]) => ({ path, files: namedFiles(prose).filter((file) => !own.includes(file)) }));
  assert(named.flatMap(({ files }) => files).length > 50, "files are named");
  const lost = named.flatMap(({ path, files }) =>
    files.filter((file) => !all.some((one) => one.endsWith(`/${file}`))).map((file) => `${path}: ${file}`)
  );
  assertEquals(lost, []);
});
