/**
 * Small things worth remembering from one command to the next, in the folder that the system has for that.
 *
 * Nothing depends on them: a file that is missing, broken or of another kind is nothing, and where nothing may be written
 * nothing is.
 *
 * @module
 */
import { writeInto } from "./atomic.ts";
import { isObject, parseObject } from "./json.ts";

/** Entries of a file at most; the oldest go first. */
const MOST_ENTRIES = 200;

/** The folder of this package in the user's cache; undefined where that is not known, or may not be. */
export function cacheFolder(): string | undefined {
  const { os } = Deno.build;
  if (os === "windows") return within(variable("LOCALAPPDATA"), "tedi");
  if (os === "darwin") return within(variable("HOME"), "Library/Caches/tedi");
  const own = variable("XDG_CACHE_HOME");
  // By its specification the variable counts only where it is an absolute path.
  return own?.startsWith("/") ? within(own, "tedi") : within(variable("HOME"), ".cache/tedi");
}

/** The entries of a file of the cache, by key: all objects that there are. */
export async function readCached(name: string): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  const path = within(cacheFolder(), name);
  if (path === undefined || !granted("read", path)) return {};
  try {
    const entries = parseObject(await Deno.readTextFile(path)) ?? {};
    return Object.fromEntries(
      Object.entries(entries).filter((entry): entry is [string, Record<string, unknown>] => isObject(entry[1])),
    );
  } catch {
    return {}; // not there, or not to be read
  }
}

/** Adds an entry to a file of the cache, where that may be written. */
export async function writeCached(name: string, key: string, entry: Readonly<Record<string, unknown>>): Promise<void> {
  const path = within(cacheFolder(), name);
  if (path === undefined || !granted("write", path)) return;
  const { [key]: _, ...others } = await readCached(name);
  const entries = [...Object.entries(others), [key, entry] as const].slice(-MOST_ENTRIES);
  // A full disk or a folder of somebody else is no reason to fail.
  await writeInto(path, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`).catch(() => {});
}

function within(folder: string | undefined, name: string): string | undefined {
  return folder ? `${folder}/${name}` : undefined;
}

/** An environment variable, where it may be read without a question. */
function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

function granted(name: "read" | "write", path: string): boolean {
  return Deno.permissions.querySync({ name, path }).state === "granted";
}
