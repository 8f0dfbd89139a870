/**
 * Records of named numbers in the memory of the WASM kernels, which TypeScript writes and AssemblyScript reads.
 *
 * The fields of a record are described once, in TypeScript; `deno task build-kernels` makes the AssemblyScript class of
 * them.
 *
 * @module
 */

/** The type of a field; `usize` is an address. */
export type FieldKind = "i32" | "usize" | "f32" | "f64";

/** The fields of a record: their types by name, in order. */
export type Fields = Readonly<Record<string, FieldKind>>;

/** The values of a record's fields; those left out are 0. */
export type Values<F extends Fields> = { readonly [name in keyof F]?: number };

/** The size of a field in bytes, to which it is also aligned, as in AssemblyScript. */
const sizeOf = (kind: FieldKind): number => kind === "f64" ? 8 : 4;

/** Calls `visit` for each field with its offset in bytes, and returns the size of the record in bytes. */
function eachField(fields: Fields, visit: (name: string, kind: FieldKind, at: number) => void): number {
  let end = 0;
  for (const [name, kind] of Object.entries(fields)) {
    const size = sizeOf(kind), at = Math.ceil(end / size) * size;
    visit(name, kind, at);
    end = at + size;
  }
  return end;
}

/** The size of a record in bytes. */
export function bytesOf(fields: Fields): number {
  return eachField(fields, () => {});
}

/** Writes a record to an address, a multiple of 8. */
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

/** Reads a field of type i32 or usize of the record at an address. */
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
