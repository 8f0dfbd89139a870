/** The WASM module is what its sources make. */
import { assertEquals } from "@std/assert";
import { binaryText } from "../../tasks/build_kernels.ts";

Deno.test("binary.ts is what the AssemblyScript beside it makes, byte for byte", async () => {
  const file = new URL("../../src/kernels/wasm/binary.ts", import.meta.url);
  assertEquals(Deno.readTextFileSync(file), await binaryText());
});
