/**
 * Records of named numbers in the kernels' memory, which TypeScript writes and AssemblyScript reads.
 *
 * A record is described here, and `deno task build-kernels` makes the AssemblyScript class of it.
 *
 * @module
 */

/** What a field holds; `usize` is an address. */
export type FieldKind = "i32" | "usize" | "f32" | "f64";

/** The kinds of a record's fields, by name and in their order. */
export type Fields = Readonly<Record<string, FieldKind>>;

/** What a record's fields hold; those that are left out are 0. */
export type Values<F extends Fields> = { readonly [name in keyof F]?: number };

/** Bytes of a number; it lies at a multiple of them, as in AssemblyScript. */
const sizeOf = (kind: FieldKind): number => kind === "f64" ? 8 : 4;

/** Calls `visit` for each field with where it begins, in bytes. Returns the bytes of all. */
function eachField(fields: Fields, visit: (name: string, kind: FieldKind, at: number) => void): number {
  let end = 0;
  for (const [name, kind] of Object.entries(fields)) {
    const size = sizeOf(kind), at = Math.ceil(end / size) * size;
    visit(name, kind, at);
    end = at + size;
  }
  return end;
}

/** Bytes of a record. */
export function bytesOf(fields: Fields): number {
  return eachField(fields, () => {});
}

/** Writes a record to an address, which is a multiple of 8. */
export function writeFields<F extends Fields>(
  fields: F,
  values: Values<F>,
  memory: ArrayBufferLike,
  address: number,
): void {
  const view = new DataView(memory, address, bytesOf(fields));
  eachField(fields, (name, kind, at) => {
    const value = values[name] ?? 0;
    if (kind === "f64") view.setFloat64(at, value, true);
    else if (kind === "f32") view.setFloat32(at, value, true);
    else view.setInt32(at, value, true);
  });
}

/** The integer in a field of the record at an address. */
export function readInteger<F extends Fields>(
  fields: F,
  name: keyof F & string,
  memory: ArrayBufferLike,
  address: number,
): number {
  let found = 0;
  eachField(fields, (other, _kind, at) => {
    if (other === name) found = new DataView(memory, address).getInt32(at, true);
  });
  return found;
}
