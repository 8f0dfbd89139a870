/**
 * Refuses names that are not known, with the one that was probably meant.
 *
 * @module
 */
import { InvalidInputError, show } from "./errors.ts";

/** `; did you mean --seed?` for the nearest of some names, or nothing where none is near. */
export function suggest(given: string, names: readonly string[], dashes = ""): string {
  const near = names
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const most = Math.min(given.length - 1, Math.max(2, given.length / 3));
  return near && near.distance <= most ? `; did you mean ${dashes}${near.name}?` : "";
}

/**
 * Fails unless every name in a record is known.
 *
 * @param thing What a name is, for the message: `an option`.
 * @throws {InvalidInputError} naming all names, the one that is unknown, and the nearest.
 */
export function requireKnownNames(action: string, thing: string, given: object, names: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    throw new InvalidInputError(
      `Cannot ${action}: ${thing} must be one of ${names.join(", ")}, got ${show(name)}${suggest(name, names)}`,
    );
  }
}

/** How many letters to insert, delete or replace to make one text of the other (Levenshtein, 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let k = 1; k <= b.length; k++) {
      next[k] = Math.min(row[k] + 1, next[k - 1] + 1, row[k - 1] + (a[i - 1] === b[k - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
