/**
 * The text of a table's bytes, whatever program saved it.
 *
 * @module
 */
import { InvalidInputError } from "../../errors.ts";

/**
 * The text of bytes: UTF-8, with or without a byte order mark; UTF-16, as Excel's "Unicode text" is, by its mark or by
 * the zeros between Latin letters; otherwise Windows-1252, as Excel's plain CSV is in Western Europe. Line ends become
 * line feeds.
 *
 * @param what Names the file in messages.
 * @throws {InvalidInputError} where it is not text.
 */
export function decodeText(bytes: Uint8Array, what: string): string {
  const text = decode(bytes);
  // deno-lint-ignore no-control-regex
  if (/[\0-\x08\x0e-\x1f]/.test(text.slice(0, 100_000))) {
    const zip = bytes[0] === 0x50 && bytes[1] === 0x4b;
    const help = zip ? ", got a workbook; save it as CSV" : ", got other bytes; save the table as CSV";
    throw new InvalidInputError(`Cannot read types from ${what}: it must be text${help}`);
  }
  return text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}

function decode(bytes: Uint8Array): string {
  const as = (encoding: string) => new TextDecoder(encoding).decode(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return as("utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return as("utf-16be");
  const zeros = [0, 1].map((odd) => bytes.subarray(0, 64).filter((byte, k) => k % 2 === odd && byte === 0).length);
  if (zeros[1] > 8 && zeros[0] === 0) return as("utf-16le");
  if (zeros[0] > 8 && zeros[1] === 0) return as("utf-16be");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return as("windows-1252");
  }
}
