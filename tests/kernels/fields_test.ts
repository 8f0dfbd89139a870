import { assertEquals } from "@std/assert";
import { bytesOf, readInteger, writeFields } from "../../src/kernels/wasm/fields.ts";

Deno.test("fields lie one behind the other, each at a multiple of its bytes", () => {
  const fields = { a: "i32", b: "f64", c: "usize", d: "f32", e: "f64" } as const, memory = new ArrayBuffer(64);
  assertEquals(bytesOf(fields), 32);
  new Uint8Array(memory).fill(0xff);
  writeFields(fields, { a: -3, b: 0.1, c: 2 ** 31 + 5, d: 0.25 }, memory, 16);
  const view = new DataView(memory, 16);
  assertEquals([view.getInt32(0, true), view.getFloat64(8, true), view.getUint32(16, true)], [-3, 0.1, 2 ** 31 + 5]);
  assertEquals([view.getFloat32(20, true), view.getFloat64(24, true)], [0.25, 0]);
  assertEquals(new Uint8Array(memory, 0, 16), new Uint8Array(16).fill(0xff));
  assertEquals(readInteger(fields, "a", memory, 16), -3);
});
