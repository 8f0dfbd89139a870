/**
 * Certificates against files that are made to break them: `deno task adversaries`, with `--files N` and `--seed N`. Each
 * file is read as any other, run at one type by every implementation, and then evaluated in exact rational arithmetic:
 * at the outcome, at other outcomes, and for one or two goods at the best outcome there is. It prints a table, and exits
 * with 1 where anything is better than the outcome by more than the certified gap, or a payment is off by more than the
 * bound on rounding.
 */
import { parseArgs } from "@std/cli";
import { requireInteger } from "../src/errors.ts";
import { InvalidInputError, MachineError } from "../src/errors.ts";
import { decodeMenuMechanism } from "../src/io/menu_mechanism_file.ts";
import { type BestResponses, referenceBestResponses } from "../src/kernels/best_responses/reference.ts";
import { wasmBestResponses } from "../src/kernels/best_responses/wasm.ts";
import { kernelBuilds } from "../src/kernels/wasm/module.ts";
import { CERTIFIED_GAP } from "../src/mechanisms/certificate.ts";
import { exactBestResponses } from "../src/mechanisms/linear_program.ts";
import type { MenuMechanism } from "../src/mechanisms/menu_mechanism.ts";
import { forward } from "../src/networks/reparameterisation.ts";
import { deriveKey, type RandomKey, randomKey } from "../src/random/key.ts";
import { uniforms } from "../src/random/numbers.ts";
import { add, type Dyadic, exactly, multiply, near, subtract, ZERO } from "./adversaries/dyadic.ts";
import { exactBest, exactPrice, exactUtility } from "./adversaries/exact.ts";
import { ADVERSARIES, type Adversary, adversary } from "./adversaries/files.ts";

/** What a file showed. */
export interface Shown {
  /** Refused when it was read, since products may overflow. */
  readonly refused: boolean;
  /** Whether the certified gap of the mechanism as it runs is at most 1e-6. */
  readonly certified: boolean;
  /** That gap, and what of it is rounding. */
  readonly gap: number;
  readonly rounding: number;
  /** What some outcome gains over the certified gap, at most; above 0 the certificate is wrong. */
  readonly excess: number;
  /** The largest share of a gap that some outcome gains, and of the bound on rounding that a payment is off by. */
  readonly share: number;
  readonly roundingShare: number;
  /** Whether the best outcome was found, and whether linear programs were solved, or HiGHS gave up. */
  readonly best: boolean;
  readonly program?: "solved" | "given up";
}

/** Other outcomes that are tried: corners and random ones. */
const TRIED = 6;

/** Runs a file, and holds what it says against exact arithmetic. */
export async function holdAgainst({ goods: m, bytes, type }: Adversary, key: RandomKey): Promise<Shown> {
  let mechanism: MenuMechanism;
  try {
    mechanism = await decodeMenuMechanism(bytes, "adversary");
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return {
      refused: true,
      certified: false,
      gap: Infinity,
      rounding: Infinity,
      excess: 0,
      share: 0,
      roundingShare: 0,
      best: false,
    };
  }
  const { network } = mechanism.rules, raw = mechanism.parameters["output.bias"].data as Float32Array;
  const own = await mechanism.run(type),
    found: BestResponses[] = [
      { ...own, roundings: own.roundings!, evaluations: new Float64Array(1) },
      referenceBestResponses(network, { bias: raw }, type, 1),
      ...kernelBuilds().map((build) => wasmBestResponses(network, { bias: raw }, type, 1, undefined, { build })),
    ];
  const price = exactPrice(network.groupMax!, raw), utility = exactUtility(price, type);

  // Everything that is tried: outcomes that were found, corners, random ones, and the best.
  const points = found.map(({ outcomes }) => Array.from(outcomes, exactly));
  const drawn = uniforms(key, TRIED * m);
  for (let k = 0; k < TRIED && m * network.weightCount < 20_000; k++) {
    points.push(Array.from({ length: m }, (_, j) => exactly(k < 3 ? Math.round(drawn[k * m + j]) : drawn[k * m + j])));
  }
  const few = m <= 2 && network.weightCount < 4000;
  if (few) points.push([...exactBest(utility, m).at]);
  let top: Dyadic | undefined;
  for (const point of points) {
    const { value } = utility(point);
    if (!top || subtract(value, top).n > 0n) top = value;
  }

  let excess = -Infinity, share = 0, roundingShare = 0;
  for (const { outcomes, payments, gaps, roundings } of found) {
    const outcome = Array.from(outcomes, exactly),
      worth = Array.from(type, exactly)
        .reduce((sum, t, j) => add(sum, multiply(t, outcome[j])), ZERO);
    const gain = near(subtract(top!, subtract(worth, exactly(payments[0]))));
    excess = Math.max(excess, gain - gaps[0]);
    const off = Math.abs(near(subtract(price(outcome).value, exactly(payments[0]))));
    excess = Math.max(excess, off - roundings[0]);
    if (gaps[0] < Infinity) {
      share = Math.max(share, gain / gaps[0]), roundingShare = Math.max(roundingShare, off / roundings[0]);
    }
  }

  let program: Shown["program"];
  if (network.weightCount < 4000) {
    const { size, weights } = network.groupMax!;
    const slots = forward(weights(), raw, new Float64Array(weights().from.length));
    try {
      const programs = await exactBestResponses(size, slots);
      try {
        excess = Math.max(excess, near(subtract(top!, exactly(Math.min(1e300, programs.solve(type).bound)))));
        program = "solved";
      } finally {
        programs.dispose();
      }
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      program = "given up";
    }
  }
  const gap = own.gaps[0], rounding = own.roundings![0];
  return {
    refused: false,
    certified: gap <= CERTIFIED_GAP,
    gap,
    rounding,
    excess,
    share,
    roundingShare,
    best: few,
    program,
  };
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["files", "seed"] });
  const files = Number(args.files ?? 10_000), seed = Number(args.seed ?? 0);
  requireInteger("run adversaries", "--files", files, 1);
  requireInteger("run adversaries", "--seed", seed, 0);
  const key = deriveKey(randomKey(seed), 0xadfe), kinds = Object.keys(ADVERSARIES);
  const shown: Record<string, Shown[]> = Object.fromEntries(kinds.map((kind) => [kind, []]));
  let wrong = 0;
  for (let k = 0; k < files; k++) {
    const kind = kinds[k % kinds.length], file = await adversary(kind, deriveKey(key, k));
    const one = await holdAgainst(file, deriveKey(key, k, 1));
    shown[kind].push(one);
    if (one.excess > 0 && ++wrong <= 20) console.error(`file ${k}, ${kind}, ${file.goods} goods: ${Deno.inspect(one)}`);
    if (k % 500 === 499) console.error(`${k + 1} of ${files} files`);
  }
  console.log(`${files} files, seed ${seed}: certificates against exact arithmetic\n`);
  const line = (...cells: string[]) =>
    console.log(cells.map((cell, k) => k ? cell.padStart(12) : cell.padEnd(18)).join(""));
  line(
    "kind",
    "files",
    "refused",
    "certified",
    "cancelling",
    "best known",
    "programs",
    "given up",
    "of gap",
    "of rounding",
    "wrong",
  );
  for (const [kind, all] of [...Object.entries(shown), ["all", Object.values(shown).flat()] as const]) {
    const count = (is: (one: Shown) => boolean) => String(all.filter(is).length);
    const most = (of: (one: Shown) => number) => all.reduce((most, one) => Math.max(most, of(one)), 0).toFixed(3);
    line(
      ...[kind, String(all.length), count(({ refused }) => refused), count(({ certified }) => certified)],
      count(({ certified, refused, gap, rounding }) => !certified && !refused && rounding >= gap / 2),
      ...[
        count(({ best }) => best),
        count(({ program }) => program === "solved"),
        count(({ program }) => program === "given up"),
      ],
      ...[most(({ share }) => share), most(({ roundingShare }) => roundingShare), count(({ excess }) => excess > 0)],
    );
  }
  console.log(`\n${wrong === 0 ? "Every certificate held." : `${wrong} certificates are wrong.`}`);
  if (wrong > 0) Deno.exit(1);
}
