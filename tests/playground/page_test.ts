/** The page of the playground loads nothing, runs its own code alone, and trusts no name. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { playgroundPage } from "../../src/playground/page.ts";
import { SCRIPT } from "../../src/playground/script.ts";
import { playgroundBundle, scriptText } from "../../tasks/build_playground.ts";

Deno.test("the script is what browser/ makes, byte for byte, and has in it what runs mechanisms and nothing else", async () => {
  const bundle = await playgroundBundle(), file = new URL("../../src/playground/script.ts", import.meta.url);
  assert(Deno.readTextFileSync(file) === scriptText(bundle), "run deno task build-playground");
  assertEquals(SCRIPT, bundle.text);
  assert(SCRIPT.length < 200_000, `it has ${SCRIPT.length} characters`);
  const rooms = new Set(bundle.sources.map((path) => path.split("/").slice(0, -1).join("/")));
  const others = [
    "training",
    "baselines",
    "experiments",
    "report",
    "cli",
    "mechanisms/linear_program",
    "kernels/webgpu",
  ];
  assertEquals(others.filter((room) => rooms.has(`src/${room}`)), []);
  // Of TensorFlow.js there is the variable that would hold it.
  assertEquals(bundle.sources.filter((path) => !/^src\//.test(path) || /^src\/deps\//.test(path)), [
    "src/deps/tfjs.ts",
  ]);
  // Results that show themselves on Deno's console have a symbol of that name.
  assertEquals(SCRIPT.match(/\bDeno\b(?!\.customInspect")|\bimport\b|\bfetch\b|\bXMLHttpRequest\b|npm:/g), null);
});

Deno.test("a page loads nothing, and its policy allows its own script alone", async () => {
  const name = `"><script>alert(1)</script>`, html = await playgroundPage({ name, bytes: new Uint8Array([1, 2, 3]) });
  const [, hash] = /script-src 'sha256-([^']*)' 'wasm-unsafe-eval'/.exec(html)!;
  const [, script] = /<script type="module">([^]*?)<\/script>/.exec(html)!;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  assertEquals(hash, new Uint8Array(digest).toBase64());
  assertEquals(script, SCRIPT);
  const rest = html.replace(script, "");
  assertEquals(rest.match(/<script\b[^>]*>/g)?.length, 2);
  assertEquals(rest.match(/https?:|\/\/[a-z]|@import|javascript:/gi), null, "nothing names a place in a network");
  assertEquals(rest.match(/\s(src|href|action|on\w+)=/gi), null);
  assertStringIncludes(rest, "default-src 'none'");
  assert(!rest.includes("<script>alert"));
  assert(!(await playgroundPage()).includes('id="mechanism"'));
});
