/** docs/paper_to_code.md: each item of the paper has a place in the code, and the code says which item it is. */
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "./root.ts";

/** A row of the map: items of the paper, a file, and symbols there. */
interface Entry {
  readonly items: readonly string[];
  readonly file: string;
  readonly symbols: readonly string[];
}

/** The rows of the map's tables. */
function entries(): Entry[] {
  const text = Deno.readTextFileSync(new URL("docs/paper_to_code.md", ROOT));
  return text.split("\n").filter((line) => line.startsWith("|")).flatMap((line) => {
    const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
    const file = /(?:\(\.\.\/|`)(src\/[^)`]+)/.exec(cells.at(-2) ?? "")?.[1];
    if (!file) return [];
    const symbols = Array.from(cells.at(-1)!.matchAll(/`([\w.]+)`/g), ([, symbol]) => symbol);
    return [{ items: cells[0].split(", "), file, symbols }];
  });
}

/** The docstring of a declaration or of a member of one; undefined where there is no such name. */
function docstringOf(source: string, symbol: string): string | undefined {
  const names = symbol.split("."), name = names.at(-1)!;
  const from = names.length > 1 ? source.search(new RegExp(`^export [\\w ]*\\b${names[0]}\\b`, "m")) : 0;
  if (from < 0) return undefined;
  const declared = names.length > 1
    ? new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*(?:readonly )?${name}\\??[:(]`)
    : new RegExp(
      `/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*export (?:async )?(?:const|function|interface|type|class) ${name}\\b`,
    );
  return declared.exec(source.slice(from))?.[1].replaceAll(/\s*\n\s*\*\s?/g, " ");
}

/** All that the map must have. */
const ITEMS = [
  ...[2, 3, 4, 5, 6, 7, 8].map((k) => `Definition 2.${k}`),
  "Theorem 2.9",
  ...Array.from({ length: 13 }, (_, k) => `equation (${k + 1})`),
  ...[1, 2, 3].map((k) => `Definition 3.${k}`),
  ...["Proposition 3.4", "Proposition 3.5", "Corollary 3.6", "Proposition 3.7"],
  ...["lines 2 to 3", "line 4", "lines 5 to 6", "line 7", "lines 8 to 14", "line 15", "line 17"],
  "section 5",
];

Deno.test("each item of the paper is in the map, once or more", () => {
  const mapped = entries().flatMap(({ items }) => items);
  assertEquals(ITEMS.filter((item) => !mapped.includes(item)), []);
  assertEquals(mapped.filter((item) => !ITEMS.includes(item)), []);
});

Deno.test("each symbol of the map exists, and its docstring names the item", () => {
  const wrong: string[] = [];
  for (const { items, file, symbols } of entries()) {
    const source = Deno.readTextFileSync(new URL(file, ROOT));
    assert(symbols.length > 0, `${file} has symbols in the map`);
    for (const symbol of symbols) {
      const text = docstringOf(source, symbol);
      if (text === undefined) wrong.push(`${file} has no documented ${symbol}`);
      else for (const item of items) if (!text.includes(item)) wrong.push(`${symbol} of ${file} does not name ${item}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("a docstring is that of its own declaration", () => {
  const source =
    `/** One (equation (1)). */\nexport function one() {}\n/** Two. */\nexport interface Two {\n  /** Three. */\n  three: 3;\n}`;
  assertEquals(docstringOf(source, "one"), " One (equation (1)). ");
  assertEquals(docstringOf(source, "Two"), " Two. ");
  assertEquals(docstringOf(source, "Two.three"), " Three. ");
  assertEquals([docstringOf(source, "three"), docstringOf(source, "Four.x")], [undefined, undefined]);
});
