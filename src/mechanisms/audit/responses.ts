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
import { letEventsIn } from "../../runtime/event_loop.ts";
import type { ProgramBasis } from "../exact_best_response.ts";
import { exactBestResponses } from "../linear_program.ts";
import type { Mechanism } from "../mechanism.ts";
import type { MenuMechanism } from "../menu_mechanism.ts";
import { networkTypes, PLAIN_UNITS } from "../units.ts";
import type { Tally } from "./check.ts";
import { witnessOf } from "./observed.ts";

/**
 * Compares the utilities of participants with those of exact best responses, and tallies the larger of the difference
 * and the linear program's duality gap.
 *
 * @param watched The mechanism, observed.
 * @param types `[P, n, m]`.
 * @returns A remark on ties; undefined where best responses are no linear programs, so that nothing was compared.
 */
export async function checkExact(
  mechanism: MenuMechanism,
  watched: Mechanism,
  types: Float32Array,
  found: Tally,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { rules, parameters, participants: n, goods: m } = mechanism, { groupMax } = rules.network;
  if (!groupMax) return undefined;
  const { units = PLAIN_UNITS } = mechanism, inNetwork = networkTypes(types, units);
  const hypernetwork = rules.hostHypernetwork(parameters, inNetwork);
  const fast = await watched.run(types), rows = types.length / m;
  let ties = 0, warm: ProgramBasis | undefined;
  for (let row = 0; row < rows; row++) {
    signal?.throwIfAborted();
    const raw = hostRawWeights(hypernetwork, row), { size, weights } = groupMax;
    const responses = await exactBestResponses(size, forward(weights(), raw, new Float64Array(weights().from.length)));
    try {
      const exact = responses.solve(inNetwork.subarray(row * m, (row + 1) * m), { warm });
      warm = exact.basis;
      if (exact.tied) ties++;
      const difference = Math.abs(units.network * exact.utility - fast.utilities[row]);
      found.see(Math.max(difference, units.network * exact.gap), () => witnessOf(types, fast, row, n, m));
    } finally {
      responses.dispose();
    }
    await letEventsIn();
  }
  return `${ties} of ${rows} had ties`;
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
  const own = await watched.run(types), hypernetwork = rules.hostHypernetwork(parameters, inNetwork);
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
