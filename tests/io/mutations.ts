/**
 * Damage of every kind to bytes, text and JSON, from a seed.
 *
 * @module
 */

/** Integers from 0 to `count` - 1. */
export type Below = (count: number) => number;

/** Numbers and texts that break what trusts them. */
const NASTY: readonly unknown[] = [
  ...[0, -0, 1, -1, 2, 3, 0.5, 1e-320, 1e300, -1e300, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 1e6, 1e9],
  ...["", "0", "NaN", "__proto__", "constructor", "../../x", "\0", "\ud800", "é".repeat(300), "U_{1,2}^{0,0}"],
  ...[null, true, false, [], {}, [[]], [null], { length: 1e9 }, Array(50).fill(1)],
];
const SNIPPETS = [
  ...[
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    ":",
    "0",
    "-",
    "9",
    "e",
    " ",
    "\\",
    "null",
    "__proto__",
    "é",
    "\n",
    "\r",
    "\0",
    "'",
  ],
  ...[";", "\t", '""', "1e999", "-1e-999", "0x1", "\ufeff", "NaN", "Infinity", "[".repeat(500), '{"a":'.repeat(500)],
];

export function pick<T>(below: Below, list: readonly T[]): T {
  return list[below(list.length)];
}

/** Bytes with flipped bits, other values, a part repeated, moved or missing, or cut. */
export function damagedBytes(below: Below, original: Uint8Array): Uint8Array {
  const bytes = original.slice(), at = below(bytes.length), length = below(40);
  switch (below(6)) {
    case 0:
      for (let flips = 1 + below(4); flips > 0; flips--) bytes[below(bytes.length)] ^= 1 << below(8);
      return bytes;
    case 1:
      return bytes.fill(pick(below, [0, 0xff, 0x7f, 0x80]), at, at + length);
    case 2:
      return bytes.slice(0, at);
    case 3:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
    case 4:
      return Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
    default: // the length of the header, or four other bytes, as a number of any size
      new DataView(bytes.buffer).setUint32(
        pick(below, [0, 4, at >> 2 << 2]) % (bytes.length - 3),
        below(2 ** 32),
        true,
      );
      return bytes;
  }
}

/** Text with snippets put in, parts missing, repeated or cut. */
export function damagedText(below: Below, original: string): string {
  let text = original;
  for (let edits = 1 + below(3); edits > 0; edits--) {
    const at = below(text.length + 1), end = at + below(8);
    switch (below(5)) {
      case 0:
        text = text.slice(0, at) + text.slice(end);
        break;
      case 1:
        text = text.slice(0, end) + text.slice(at);
        break;
      case 2:
        text = text.slice(0, at);
        break;
      default:
        text = text.slice(0, at) + pick(below, SNIPPETS) + text.slice(pick(below, [at, end]));
    }
  }
  return text;
}

/** A JSON value with one place changed: another value, a field more or less, or a copy of another place. */
export function damagedJson(below: Below, original: unknown): unknown {
  const value = structuredClone(original), places: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(value);
  if (places.length === 0) return pick(below, NASTY);
  const [node, key] = pick(below, places);
  switch (below(6)) {
    case 0:
      if (Array.isArray(node)) node.pop();
      else delete node[key];
      return value;
    case 1:
      Object.defineProperty(node, pick(below, ["__proto__", "extra", "length2", "0"]), {
        value: pick(below, NASTY),
        enumerable: true,
        configurable: true,
      });
      return value;
    case 2: {
      const [from, name] = pick(below, places);
      node[key] = structuredClone(from[name]);
      return value;
    }
    default:
      node[key] = pick(below, NASTY);
      return value;
  }
}
