/**
 * Checks of the best responses of a menu mechanism: against linear programs, and against other implementations.
 *
 * @module
 */
import { referenceBestResponses } from "../../kernels/best_responses/reference.ts";
import { wasmBestResponses } from "../../kernels/best_responses/wasm.ts";
import { kernelBuilds } from "../../kernels/wasm/module.ts";
import { hostRawWeights } from "../../networks/hypernetwork_output.ts";
import { forward } from "../../networks/reparameterisation.ts";
import { MachineError } from "../../errors.ts";
import { letEventsIn } from "../../runtime/event_loop.ts";
import type { ProgramBasis } from "../exact_best_response.ts";
import { exactBestResponses } from "../linear_program.ts";
import type { Mechanism } from "../mechanism.ts";
import type { MenuMechanism } from "../menu_mechanism.ts";
import { contextTypes, networkTypes, PLAIN_UNITS } from "../units.ts";
import type { Budget } from "./budget.ts";
import { ownRounding, type Tally } from "./check.ts";
import { witnessOf } from "./observed.ts";

/** Prices of more weights than this make linear programs that take minutes. */
const MOST_WEIGHTS = 100_000;

/**
 * Compares the utilities of participants with those of exact best responses, and tallies the larger of the difference
 * and the linear program's duality gap.
 *
 * @param watched The mechanism, observed.
 * @param types `[P, n, m]`.
 * @param beyond Collects by how much either method is better than the other's certificate allows.
 * @returns A remark on ties; undefined where nothing was compared, as best responses are no linear programs or they are
 * too large.
 */
export async function checkExact(
  mechanism: MenuMechanism,
  watched: Mechanism,
  types: Float32Array,
  found: Tally,
  beyond: Tally,
  budget: Budget,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { rules, parameters, participants: n, goods: m } = mechanism, { groupMax, weightCount } = rules.network;
  if (!groupMax) return undefined;
  const { units = PLAIN_UNITS } = mechanism, inNetwork = networkTypes(types, units);
  if (weightCount > MOST_WEIGHTS) {
    budget.leaveOut(`all linear programs: prices have ${weightCount} weights, more than ${MOST_WEIGHTS}`);
    return undefined;
  }
  const hypernetwork = rules.hostHypernetwork(parameters, contextTypes(inNetwork));
  const fast = await watched.run(types), rows = types.length / m;
  let ties = 0, solved = 0, failure: Error | undefined, warm: ProgramBasis | undefined;
  for (let row = 0; row < rows && !budget.late("exact"); row++) {
    signal?.throwIfAborted();
    const raw = hostRawWeights(hypernetwork, row), { size, weights } = groupMax;
    const witness = () => witnessOf(types, fast, row, n, m);
    try {
      const slots = forward(weights(), raw, new Float64Array(weights().from.length));
      const responses = await exactBestResponses(size, slots);
      try {
        const exact = responses.solve(inNetwork.subarray(row * m, (row + 1) * m), { warm });
        warm = exact.basis, solved++;
        if (exact.tied) ties++;
        const [utility, payment, gap, bound] = [exact.utility, exact.payment, exact.gap, exact.bound]
          .map((amount) => units.network * amount);
        const own = ownRounding(types, row, m, Math.max(Math.abs(fast.payments[row]), Math.abs(payment)));
        found.see(Math.max(Math.abs(utility - fast.utilities[row]), gap), witness);
        beyond.see(utility - fast.utilities[row] - fast.gaps[row] - own, witness);
        beyond.see(fast.utilities[row] - bound - own, witness);
      } finally {
        responses.dispose();
      }
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      failure = error;
    }
    await letEventsIn();
  }
  if (solved < rows) {
    budget.leaveOut(`${rows - solved} of ${rows} linear programs${failure ? `: ${failure.message}` : ""}`);
  }
  return `${ties} of ${solved} had ties`;
}

/**
 * Compares the utilities of participants with those by the implementation in TypeScript, and by both builds of WASM
 * where they run on this machine.
 *
 * @param watched The mechanism, observed.
 * @param types `[P, n, m]`.
 * @returns A remark on payments, which may differ where there are ties; undefined where prices need not be convex, so
 * that nothing was compared.
 */
export async function checkBackends(
  mechanism: MenuMechanism,
  watched: Mechanism,
  types: Float32Array,
  found: Tally,
): Promise<string | undefined> {
  const { rules, parameters, participants: n, goods: m } = mechanism;
  if (!rules.network.convex) return undefined;
  const { units = PLAIN_UNITS } = mechanism, inNetwork = networkTypes(types, units);
  const own = await watched.run(types), hypernetwork = rules.hostHypernetwork(parameters, contextTypes(inNetwork));
  const others = [referenceBestResponses(rules.network, hypernetwork, inNetwork, 1)];
  const names = ["plain code"];
  for (const build of rules.network.groupMax ? kernelBuilds() : []) {
    others.push(wasmBestResponses(rules.network, hypernetwork, inNetwork, 1, undefined, { build }));
    names.push(`${build} WASM`);
  }
  let payments = 0;
  for (const other of others) {
    for (let row = 0; row < types.length / m; row++) {
      payments = Math.max(payments, Math.abs(units.network * other.payments[row] - own.payments[row]));
      found.see(
        Math.abs(units.network * other.utilities[row] - own.utilities[row]),
        () => witnessOf(types, own, row, n, m),
      );
    }
  }
  return `${names.join(", ")}; payments differ by at most ${payments.toExponential(1)}`;
}
