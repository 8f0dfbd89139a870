/**
 * Whether audits find violations: `deno task planted`, with `--seeds N`, `--kind PATTERN` for kinds that a regular expression matches,
 * and `--profiles N` and `--misreports N` for audits of other sizes. Each violation is planted in a mechanism that is
 * truthful otherwise, in another place with each seed, and audited as by `tedi audit`. It prints a table of how often the
 * audit failed, as it should.
 */
import { parseArgs } from "@std/cli";
import { InvalidInputError, requireInteger } from "../src/errors.ts";
import { audit, type AuditOptions, defaultAudit } from "../src/mechanisms/audit.ts";
import { problemOf } from "../src/problems/problem_of.ts";
import { deriveKey, randomKey } from "../src/random/key.ts";
import { KINDS, PLANTED, type Planted } from "./planted/violations.ts";

/** Other than the stream of audits of the same seed. */
const STREAM = 0x91a27;

/** Whether an audit finds a violation that is planted by a seed. */
export async function finds({ plant, setting }: Planted, seed: number, sizes: AuditOptions = {}): Promise<boolean> {
  const mechanism = plant(deriveKey(randomKey(seed), STREAM));
  const { passed } = await audit(problemOf(setting), mechanism, { ...sizes, seed });
  return !passed;
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["seeds", "kind", "profiles", "misreports"] });
  const seeds = Number(args.seeds ?? 100), kind = new RegExp(args.kind ?? "");
  const sizes = {
    profiles: Number(args.profiles ?? defaultAudit.profiles),
    misreports: Number(args.misreports ?? defaultAudit.misreports),
  };
  requireInteger("plant violations", "seeds", seeds, 1);
  const chosen = PLANTED.filter((one) => kind.test(one.kind));
  if (chosen.length === 0) {
    throw new InvalidInputError(`Cannot plant violations: kind must match one of\n${Object.keys(KINDS).join("\n")}`);
  }
  const line = (what: string, base: string, size: string, share: string, found: string, seconds: string) =>
    console.log(
      what.padEnd(42) + base.padEnd(20) + size.padStart(8) + share.padStart(8) + found.padStart(11) +
        seconds.padStart(9),
    );
  line("violation", "planted in", "size", "share", "found", "seconds");
  let missed = 0;
  for (const planted of chosen) {
    const start = performance.now();
    let found = 0;
    for (let seed = 0; seed < seeds; seed++) if (await finds(planted, seed, sizes)) found++;
    missed += seeds - found;
    const { size, share } = planted, each = (performance.now() - start) / 1000 / seeds;
    line(
      ...[
        planted.kind,
        planted.base,
        Number.isFinite(size) ? String(size) : "",
        share ? `${100 * share}%` : "",
      ] as const,
      ...[`${found} of ${seeds}`, each.toFixed(1)] as const,
    );
  }
  console.log(`\n${missed === 0 ? "Every violation was found." : `${missed} were not found.`}`);
}
