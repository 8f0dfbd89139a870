/**
 * What this machine's WASM SIMD can do at most: multiply-adds in registers, without any memory.
 */
import asc from "assemblyscript/asc";

/** A loop of 12 independent sums of four floats; each pass is 96 floating-point operations. */
const SOURCE = `
export function sums(passes: i32, x: f32, y: f32): f32 {
  const a = f32x4.splat(x), b = f32x4.splat(y);
  ${Array.from({ length: 12 }, (_, k) => `let s${k} = f32x4.splat(${k});`).join("\n  ")}
  for (let pass: i32 = 0; pass < passes; pass++) {
    ${Array.from({ length: 12 }, (_, k) => `s${k} = f32x4.relaxed_madd(a, b, s${k});`).join("\n    ")}
  }
  let total = s0;
  ${Array.from({ length: 11 }, (_, k) => `total = f32x4.add(total, s${k + 1});`).join("\n  ")}
  return f32x4.extract_lane(total, 0);
}`;

/** The most GFLOPS of one core, with fused multiply-adds. */
export async function simdPeak(): Promise<number> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(
    ["peak.ts", "--outFile", "peak.wasm", "-O3", "--runtime", "stub", "--enable", "simd", "--enable", "relaxed-simd"],
    {
      readFile: (name: string) => name === "peak.ts" ? SOURCE : null,
      writeFile: (_name: string, contents: string | Uint8Array) => {
        if (contents instanceof Uint8Array) binary = contents as Uint8Array<ArrayBuffer>;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`${error?.message ?? "nothing was built"}\n${stderr.toString()}`);
  const { instance } = await WebAssembly.instantiate(binary);
  const sums = instance.exports.sums as (passes: number, x: number, y: number) => number, passes = 20_000;
  let best = 0;
  // The first calls run before the optimising compiler has taken over.
  for (const end = performance.now() + 1000; performance.now() < end;) {
    const begin = performance.now();
    for (let call = 0; call < 20; call++) sums(passes, 0.999, 0.001);
    best = Math.max(best, 20 * passes * 96 / (performance.now() - begin) / 1e6);
  }
  return best;
}

if (import.meta.main) console.log(`${(await simdPeak()).toFixed(1)} GFLOPS`);
