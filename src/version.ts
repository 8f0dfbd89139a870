/**
 * The version of this package, the same as in `deno.json`: a module imported by URL cannot read that file.
 *
 * @module
 */

/** The version, by semantic versioning. */
export const VERSION = "0.1.0";
