/**
 * Deno's `@std/toml`, from npm's copy of the standard library, deno-std 1.4.0.
 * Chosen because it is the standard's own parser of TOML, names the line of a mistake, and has no dependencies.
 *
 * Only the files of sweeps and trainings need it, so nothing loads it until one is read.
 *
 * @module
 */

/** The table of a TOML text; a `SyntaxError` names the line where it is none. */
export async function parseToml(text: string): Promise<Record<string, unknown>> {
  const { parse }: { parse: (text: string) => Record<string, unknown> } = await import(
    "npm:deno-std@1.4.0/toml/parse.js"
  );
  return parse(text);
}
