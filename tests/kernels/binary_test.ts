/** The WASM module is what its sources make, and these take what they share with TypeScript from there. */
import { assert, assertEquals } from "@std/assert";
import { binaryText } from "../../tasks/build_kernels.ts";
import { KERNEL_MODULES, SHARED_NAMES } from "../../tasks/kernel_modules.ts";
import { filesUnder, ROOT } from "../root.ts";

const WASM = "src/kernels/wasm/";

Deno.test("binary.ts is what the AssemblyScript beside it makes, byte for byte", async () => {
  const file = new URL(`${WASM}binary.ts`, ROOT);
  assertEquals(Deno.readTextFileSync(file), await binaryText());
});

Deno.test("jobs and constants come from TypeScript: no AssemblyScript file declares one, and all are used", () => {
  const files = filesUnder(`${WASM}assembly/`), generated = Object.keys(KERNEL_MODULES).map((name) => WASM + name);
  assertEquals(files.filter((path) => generated.includes(path)), []);
  const texts = new Map(files.map((path) => [path, Deno.readTextFileSync(new URL(path, ROOT))]));
  const declared = (text: string) => [
    ...Array.from(text.matchAll(/\bclass\s+(\w+)/g), ([, name]) => name),
    ...Array.from(text.matchAll(/\b([A-Z][A-Z\d_]*)\s*(?::\s*\w+\s*)?=[^=]/g), ([, name]) => name),
  ];
  assertEquals(declared("const A: i32 = 1, B_2 = 3;\nexport class Job {\nif (A == B_2)"), ["Job", "A", "B_2"]);
  const shared = ["Job", "ResponsesJob", ...SHARED_NAMES];
  for (const [path, text] of texts) assertEquals(declared(text).filter((name) => shared.includes(name)), [], path);
  const all = Array.from(texts.values()).join("\n");
  for (const name of shared) assert(new RegExp(`\\b${name}\\b`).test(all), `nothing uses ${name}`);
});

Deno.test("AssemblyScript writes no number that TypeScript has a name for, unless it is a round one", () => {
  const numbers = Array.from(
    KERNEL_MODULES["assembly/constants.ts"].matchAll(/= (\S+);/g),
    ([, number]) => Number(number),
  ).filter((number) => number > 0 && (number < 1e-2 || number > 1e6));
  assert(numbers.length >= 5, "there are such numbers");
  for (const path of filesUnder(`${WASM}assembly/`)) {
    const code = Deno.readTextFileSync(new URL(path, ROOT)).replace(/\/\/.*|\/\*[^]*?\*\//g, "");
    const written = Array.from(
      code.matchAll(/(?<![\w.])(?:0x[\da-f]+|\d[\d.]*(?:e-?\d+)?)/gi),
      ([text]) => Number(text),
    );
    assertEquals(written.filter((number) => numbers.includes(number)), [], path);
  }
});
