/**
 * Zod 4.1.12: checks the shape of data that somebody may have edited.
 * Chosen because its errors name the place in the data, and because it has no dependencies.
 *
 * Only reading a run's configuration needs it, so nothing loads it until then.
 *
 * @module
 */
import type * as zod from "npm:zod@4.1.12";

/** The type of Zod's namespace. */
export type Zod = typeof zod;
/** A schema of values of type T. */
export type Schema<T> = zod.ZodType<T>;

/** Loads Zod. */
export function loadZod(): Promise<Zod> {
  return import("npm:zod@4.1.12");
}
