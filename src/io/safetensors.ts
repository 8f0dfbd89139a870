/**
 * The safetensors file format (https://github.com/huggingface/safetensors): named tensors and text metadata.
 *
 * A file is an 8-byte little-endian header length, a JSON header padded with spaces to a multiple of 8 bytes, and the
 * tensors' little-endian bytes without gaps. Files written here load in PyTorch's `safetensors`, and reading is strict
 * because a file may come from anyone.
 *
 * Our own files are also checked: their metadata entry `sha256` is the SHA-256 of the same file without that entry. It
 * covers the data, the tensors' names, shapes and dtypes, and all other metadata, so a damaged file is never mistaken
 * for a whole one. It guards against accidents, not against a forger, who can compute it anew.
 *
 * @module
 */

import { InvalidInputError, show } from "../errors.ts";
import { isObject } from "./json.ts";
import { elementCount, type HostArray, type HostTensor, type HostTensors } from "../runtime/host_tensor.ts";

/** What a safetensors file holds. */
export interface SafetensorsContent {
  /** Tensors by name; a prototype-free object, so that any name is safe. */
  readonly tensors: Record<string, HostTensor>;
  /** Text by key; a prototype-free object. */
  readonly metadata: Record<string, string>;
}

/** In the order in which the reference implementation lays tensors out: descending alignment, then its own order. */
const DTYPES = ["F64", "F32", "U32", "I32"] as const;
type Dtype = typeof DTYPES[number];

const ARRAYS = { F64: Float64Array, F32: Float32Array, U32: Uint32Array, I32: Int32Array };

/** The reference implementation refuses longer headers; so do we, in both directions. */
const MAX_HEADER_BYTES = 100_000_000;

const OPENING_BRACE = 0x7b;
const SPACE = 0x20;

/**
 * Encodes named tensors and text metadata as the bytes of a safetensors file.
 *
 * The same content gives the same bytes, whatever the order of the keys: tensors are laid out by dtype (8-byte ones
 * first, so that each is aligned) and then by name, metadata by key. Cost: one copy of the data.
 *
 * @throws {InvalidInputError} if a tensor's data does not fit its shape, its array is of another type than F32, F64,
 * I32 or U32, a tensor is called `__metadata__`, or a text is not well-formed Unicode.
 */
export function encodeSafetensors(
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const ordered = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, dtype: requireEncodable(name, tensor) }))
    .sort((a, b) => DTYPES.indexOf(a.dtype) - DTYPES.indexOf(b.dtype) || compareText(a.name, b.name));

  let end = 0;
  // Written by hand rather than as one object: objects move keys such as "0" to the front.
  const fields = ordered.map(({ name, tensor, dtype }) => {
    const data_offsets = [end, end += tensor.data.byteLength];
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape: tensor.shape, data_offsets })}`;
  });
  const texts = Object.entries(metadata).sort(([a], [b]) => compareText(a, b)).map(([key, value]) => {
    requireText(`metadata key ${show(key)}`, key);
    requireText(`metadata ${show(key)}`, value);
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  if (texts.length > 0) fields.unshift(`"__metadata__":{${texts.join(",")}}`);

  const header = new TextEncoder().encode(`{${fields.join(",")}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) refuseToWrite("header", `at most ${MAX_HEADER_BYTES} bytes`, headerBytes);

  const bytes = new Uint8Array(8 + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(header, 8);
  bytes.fill(SPACE, 8 + header.length, 8 + headerBytes);
  let at = 8 + headerBytes;
  for (const { tensor: { data } } of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Decodes the bytes of a safetensors file; `what` names the file in error messages.
 *
 * The file is not trusted: the header must be well-formed and free of duplicate keys, and the tensors must fill the
 * data section exactly, without holes, overlaps or trailing bytes. Memory is bounded by a multiple of the file's size.
 * The tensors are copies.
 *
 * @throws {InvalidInputError} if anything is out of order; no other error.
 */
export function decodeSafetensors(bytes: Uint8Array, what: string): SafetensorsContent {
  const refuse = (thing: string, rule: string, value: unknown): never => {
    throw new InvalidInputError(`Cannot read ${what}: ${thing} must be ${rule}, got ${show(value)}`);
  };
  const { header, data } = splitFile(bytes, refuse);
  const metadata = Object.create(null) as Record<string, string>;
  const infos: TensorInfo[] = [];
  let keys = 0;
  for (const [name, value] of Object.entries(parseHeader(header, refuse))) {
    keys++;
    if (!name.isWellFormed()) refuse("tensor name", "well-formed Unicode", name);
    if (name !== "__metadata__") {
      infos.push(parseInfo(name, value, refuse));
      keys += 3;
      continue;
    }
    if (!isObject(value)) return refuse("__metadata__", "an object of texts", value);
    for (const [key, text] of Object.entries(value)) {
      keys++;
      if (!key.isWellFormed()) refuse("metadata key", "well-formed Unicode", key);
      if (typeof text !== "string" || !text.isWellFormed()) return refuse(`metadata ${show(key)}`, "a text", text);
      metadata[key] = text;
    }
  }
  const written = countKeys(header);
  if (written !== keys) refuse("header", `without duplicate keys (${keys} keys)`, `${written} keys`);

  const tensors = Object.create(null) as Record<string, HostTensor>;
  infos.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, dtype, shape, begin, end } of infos) {
    if (begin !== at) refuse(`start of tensor ${show(name)}`, `where the one before it ends (${at})`, begin);
    if (end > data.byteLength) refuse(`end of tensor ${show(name)}`, `within ${data.byteLength} bytes of data`, end);
    // The copy puts the elements at an aligned address.
    tensors[name] = { shape, data: new ARRAYS[dtype](data.slice(begin, end).buffer) };
    at = end;
  }
  if (at !== data.byteLength) refuse("data", `exactly the ${at} bytes of the tensors`, data.byteLength);
  return { tensors, metadata };
}

/**
 * Encodes tensors and metadata as {@link encodeSafetensors} does, with the checksum added to the metadata.
 *
 * @throws {InvalidInputError} as {@link encodeSafetensors}, and if `metadata` already has a `sha256`.
 */
export async function encodeChecked(
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (Object.hasOwn(metadata, "sha256")) {
    refuseToWrite("metadata", "without the reserved key sha256", metadata.sha256);
  }
  const digest = await crypto.subtle.digest("SHA-256", encodeSafetensors(tensors, metadata));
  return encodeSafetensors(tensors, { ...metadata, sha256: new Uint8Array(digest).toHex() });
}

/**
 * Decodes what {@link encodeChecked} wrote; `what` names the file in error messages. The metadata comes back without
 * `sha256`.
 *
 * The file must be byte for byte what {@link encodeChecked} gives for its content, so any changed bit is found, in the
 * header as in the data.
 *
 * @throws {InvalidInputError} if the file is damaged or has no checksum; no other error.
 */
export async function decodeChecked(bytes: Uint8Array, what: string): Promise<SafetensorsContent> {
  const { tensors, metadata } = decodeSafetensors(bytes, what);
  if (metadata.sha256 === undefined) {
    throw new InvalidInputError(
      `Cannot read ${what}: metadata must be with a sha256 entry, got none: ` +
        `the file is damaged, or another program wrote it`,
    );
  }
  delete metadata.sha256;
  const expected = await encodeChecked(tensors, metadata);
  if (expected.length !== bytes.length || !expected.every((byte, i) => byte === bytes[i])) {
    throw new InvalidInputError(
      `Cannot read ${what}: content must be what its sha256 says, got something else: the file is damaged`,
    );
  }
  return { tensors, metadata };
}

/** Whether bytes begin as those of a safetensors file do, whole or not: a header's length, and an object. */
export function looksLikeSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length <= 8) return false;
  const declared = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  return declared <= BigInt(MAX_HEADER_BYTES) && bytes[8] === OPENING_BRACE;
}

type Refuse = (thing: string, rule: string, value: unknown) => never;

interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function splitFile(bytes: Uint8Array, refuse: Refuse): { header: string; data: Uint8Array } {
  if (bytes.length < 8) refuse("file", "at least 8 bytes long", bytes.length);
  const declared = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER_BYTES)) {
    const text = beginningOfText(bytes);
    if (text !== undefined) {
      refuse("file", "a safetensors file, such as the mechanism.safetensors of a run folder", text);
    }
    refuse("header length", `at most ${MAX_HEADER_BYTES} bytes`, declared);
  }
  const end = 8 + Number(declared);
  if (end > bytes.length) refuse("header length", `within the file (${bytes.length - 8} bytes follow)`, declared);
  if (end === 8 || bytes[8] !== OPENING_BRACE) refuse("header", "a JSON object that starts with {", bytes[8]);
  try {
    const header = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, end));
    return { header, data: bytes.subarray(end) };
  } catch {
    return refuse("header", "UTF-8 text", bytes.subarray(8, end));
  }
}

/** The bytes that are looked at to tell a text, such as a table, from a file of numbers. */
const BEGINNING = 24;

/** How a text begins: no control characters but tabs and ends of lines; undefined where bytes are those of no text. */
function beginningOfText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, BEGINNING), { stream: true });
    return /^[\t\r\n\P{Cc}]*$/u.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function parseHeader(header: string, refuse: Refuse): Record<string, unknown> {
  try {
    return JSON.parse(header);
  } catch {
    return refuse("header", "valid JSON", header);
  }
}

function parseInfo(name: string, value: unknown, refuse: Refuse): TensorInfo {
  const of = `of tensor ${show(name)}`;
  if (!isObject(value) || Object.keys(value).sort().join() !== "data_offsets,dtype,shape") {
    return refuse(`description ${of}`, "an object with dtype, shape and data_offsets alone", value);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (!DTYPES.includes(dtype as Dtype)) return refuse(`dtype ${of}`, `one of ${DTYPES.join(", ")}`, dtype);
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    return refuse(`shape ${of}`, "an array of non-negative integers", shape);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1]) {
    return refuse(`data_offsets ${of}`, "[begin, end] in bytes with begin <= end", offsets);
  }
  const [begin, end] = offsets;
  const size = elementCount(shape) * ARRAYS[dtype as Dtype].BYTES_PER_ELEMENT;
  // Beyond 2^53 a product is rounded (and Infinity * 0 is NaN), so it proves nothing.
  if (!Number.isSafeInteger(size)) refuse(`shape ${of}`, "of fewer than 2^53 bytes", shape);
  if (end - begin !== size) refuse(`data ${of}`, `${size} bytes (shape and dtype)`, end - begin);
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

/** How many keys a valid JSON text holds, duplicates included; `JSON.parse` silently keeps the last of each. */
function countKeys(json: string): number {
  let keys = 0;
  let inText = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (inText && c === "\\") i++;
    else if (c === '"') inText = !inText;
    else if (c === ":" && !inText) keys++;
  }
  return keys;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

/** By UTF-16 unit: the same everywhere, unlike an order by locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function dtypeOf(data: HostArray): Dtype | undefined {
  return DTYPES.find((dtype) => data instanceof ARRAYS[dtype]);
}

/** Fails unless the tensor can be stored under this name; returns its dtype. */
function requireEncodable(name: string, { shape, data }: HostTensor): Dtype {
  requireText(`tensor name ${show(name)}`, name);
  if (name === "__metadata__") refuseToWrite("tensor name", "other than __metadata__, which the format reserves", name);
  const dtype = dtypeOf(data);
  if (dtype === undefined) {
    return refuseToWrite(
      `data of tensor ${show(name)}`,
      "a Float32Array, Float64Array, Int32Array or Uint32Array",
      data,
    );
  }
  if (!shape.every(isCount)) refuseToWrite(`shape of tensor ${show(name)}`, "non-negative integers", shape);
  if (elementCount(shape) !== data.length) {
    refuseToWrite(
      `data of tensor ${show(name)}`,
      `${elementCount(shape)} elements (shape ${show(shape)})`,
      data.length,
    );
  }
  return dtype;
}

function requireText(thing: string, value: unknown): void {
  if (typeof value !== "string" || !value.isWellFormed()) refuseToWrite(thing, "well-formed text", value);
}

function refuseToWrite(thing: string, rule: string, value: unknown): never {
  throw new InvalidInputError(`Cannot write safetensors: ${thing} must be ${rule}, got ${show(value)}`);
}
