/**
 * Builds src/kernels/wasm/binary.ts from the AssemblyScript beside it, and from the
 * modules of kernel_modules.ts: `deno task build-kernels`. With `--check` it only
 * compares, and exits with 1 where the file is not what its sources make.
 *
 * AssemblyScript was chosen because it compiles in this process, from npm, to the SIMD instructions that it is told.
 */
import asc from "assemblyscript/asc";
import { KERNEL_MODULES } from "./kernel_modules.ts";

const FOLDER = new URL("../src/kernels/wasm/", import.meta.url);
const BINARY = new URL("binary.ts", FOLDER);

/** The bytes of the module, with or without relaxed SIMD (which has fused multiply-adds). */
async function build(relaxed: boolean): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    "assembly/index.ts",
    // With -O3 sums of several products are put together where they end, which takes more registers than there are.
    ...["--outFile", "kernels.wasm", "-O2", "--noAssert", "--runtime", "stub"],
    ...["--enable", "simd", "--enable", "threads", ...(relaxed ? ["--enable", "relaxed-simd"] : [])],
    ...["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
    ...["--disableWarning", "112"], // functions between our own files may exchange vectors
  ], {
    readFile: (name: string) => {
      if (name in KERNEL_MODULES) return KERNEL_MODULES[name];
      try {
        return Deno.readTextFileSync(new URL(name, FOLDER));
      } catch {
        return null;
      }
    },
    writeFile: (_name: string, contents: string | Uint8Array) => {
      if (contents instanceof Uint8Array) binary = contents;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`${error?.message ?? "nothing was built"}\n${stderr.toString()}`);
  return binary;
}

/** A module as lines of base64 of a string constant. */
function constant(name: string, comment: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,112}/g)!.map((line) => `  "${line}"`);
  return `/** ${comment} */\nexport const ${name}: string =\n${lines.join(" +\n")};\n`;
}

/** The text of binary.ts. */
export async function binaryText(): Promise<string> {
  return [
    "/**\n * The kernels as WASM modules in base64, built by `deno task build-kernels` from assembly/.\n *\n * @module\n */\n",
    "// deno-fmt-ignore-file\n",
    constant("RELAXED", "For machines with relaxed SIMD.", await build(true)),
    "\n",
    constant("PLAIN", "For machines with SIMD only.", await build(false)),
  ].join("");
}

if (import.meta.main) {
  const text = await binaryText();
  if (!Deno.args.includes("--check")) Deno.writeTextFileSync(BINARY, text);
  else if (Deno.readTextFileSync(BINARY) !== text) {
    console.error("src/kernels/wasm/binary.ts is not what its sources make: run deno task build-kernels");
    Deno.exit(1);
  }
}
