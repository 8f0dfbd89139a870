import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { citation, paper, software } from "../../src/cli/citation.ts";
import { VERSION } from "../../src/version.ts";
import { jsonLines, tedi } from "./tedi.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));

Deno.test("cite --format cff is CITATION.cff, and the README cites the same paper", async () => {
  assertEquals(await tedi(["cite", "--format", "cff"]), { code: 0, stdout: read("CITATION.cff"), stderr: "" });
  const readme = read("README.md").replaceAll(/\s*\n> ?|\n/g, " ").replaceAll("_", "");
  const [authors] = citation("text").split(`. ${paper.title}`);
  for (const part of [authors, paper.title, paper.conference.name, `https://doi.org/${paper.doi}`]) {
    assertStringIncludes(readme, part);
  }
});

Deno.test("every format names all authors, the paper, its DOI and the version", () => {
  for (const format of ["text", "bibtex", "cff"] as const) {
    const text = citation(format);
    for (const { given, family } of paper.authors) assert(text.includes(given) && text.includes(family), text);
    for (const part of [paper.title, paper.proceedings, paper.doi, String(paper.year), VERSION, software.title]) {
      assertStringIncludes(text, part);
    }
  }
});

Deno.test("BibTeX is two entries of fields in balanced braces", () => {
  const entries = citation("bibtex").split("\n\n");
  assertEquals(entries.map((entry) => /^@(\w+)\{\w+,\n/.exec(entry)?.[1]), ["inproceedings", "software"]);
  for (const entry of entries) {
    for (const line of entry.split("\n").slice(1, -1)) {
      assert(/^ {2}[a-z]+ = \{(\{[^{}]+\}|[^{}]+)\},$/.test(line), line);
    }
    assertEquals(entry.split("\n").at(-1), "}");
  }
});

Deno.test("cite gives a text unless told otherwise, JSON where that is asked for, and refuses other formats", async () => {
  assertEquals((await tedi(["cite"])).stdout, `${citation("text")}\n`);
  const [event, ...more] = jsonLines((await tedi(["cite", "--format", "bibtex", "--json"])).stdout);
  const expected = { event: "citation", format: "bibtex", citation: citation("bibtex"), paper, software };
  assertEquals([event, more], [JSON.parse(JSON.stringify(expected)), []]);
  const { code, stdout, stderr } = await tedi(["cite", "--format", "ris"]);
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, 'Cannot run tedi cite: --format must be one of text, bibtex, cff, got "ris"');
});
