/**
 * Checks of the prices of a mechanism that gives them: they are convex in x, and the zero outcome costs 0.
 *
 * @module
 */
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import { letEventsIn } from "../../runtime/event_loop.ts";
import type { Mechanism } from "../mechanism.ts";
import type { MenuMechanism } from "../menu_mechanism.ts";
import { nested, type Tally } from "./check.ts";

/** A mechanism with prices of outcomes, as {@linkcode MenuMechanism} has them. */
export type PricedMechanism = Mechanism & Pick<MenuMechanism, "prices">;

/** The number of segments in the box for each participant of each profile. */
const SEGMENTS = 32;
/** The number of outcomes priced for each: both ends and a point between for every segment, then the zero outcome. */
const OUTCOMES = 3 * SEGMENTS + 1;
/** Profiles that are priced at a time. */
const CHUNK = 32;

/**
 * Checks that prices are convex in the outcome (Definition 2.8), and that the zero outcome costs 0 (Definition 2.7).
 * For random segments from a to b and s in [0, 1], p((1 - s) a + s b) must be at most (1 - s) p(a) + s p(b). Every
 * second segment is short, to find violations near kinks.
 *
 * @param types `[P, n, m]`.
 * @param tallies Without `noBuyNoPay` where nothing need not be free on the menu, as long as nobody takes it.
 */
export async function checkPrices(
  mechanism: PricedMechanism,
  types: Float32Array,
  key: RandomKey,
  tallies: { readonly convexPrices: Tally; readonly noBuyNoPay?: Tally },
  signal?: AbortSignal,
): Promise<void> {
  const { participants: n, goods: m } = mechanism, size = n * m;
  for (let from = 0, chunk = 0; from < types.length; from += CHUNK * size, chunk++) {
    signal?.throwIfAborted();
    const part = types.subarray(from, from + CHUNK * size), rows = part.length / m;
    const draw = uniforms(deriveKey(key, chunk, 0), rows * SEGMENTS * 2 * m);
    const shares = uniforms(deriveKey(key, chunk, 1), rows * SEGMENTS);
    const outcomes = new Float64Array(rows * OUTCOMES * m);
    for (let segment = 0; segment < rows * SEGMENTS; segment++) {
      const row = Math.floor(segment / SEGMENTS), at = (row * OUTCOMES + 3 * (segment % SEGMENTS)) * m;
      const length = segment % 2 === 0 ? 1 : 0.05, share = shares[segment];
      for (let j = 0; j < m; j++) {
        const a = draw[2 * segment * m + j], b = a + length * (draw[(2 * segment + 1) * m + j] - a);
        outcomes[at + j] = a;
        outcomes[at + m + j] = b;
        outcomes[at + 2 * m + j] = (1 - share) * a + share * b;
      }
    }
    const prices = await mechanism.prices(part, outcomes);
    for (let row = 0; row < rows; row++) {
      const place = () => {
        const first = row - row % n;
        return { profile: nested(part.subarray(first * m, (first + n) * m), m), participant: row % n };
      };
      const list = (at: number) => Array.from(outcomes.subarray(at * m, (at + 1) * m));
      for (let k = 0; k < SEGMENTS; k++) {
        const at = row * OUTCOMES + 3 * k, share = shares[row * SEGMENTS + k];
        const above = prices[at + 2] - (1 - share) * prices[at] - share * prices[at + 1];
        tallies.convexPrices.see(above, () => ({
          ...place(),
          outcomes: [list(at), list(at + 1), list(at + 2)],
          payments: Array.from(prices.subarray(at, at + 3)),
        }));
      }
      const zero = (row + 1) * OUTCOMES - 1;
      tallies.noBuyNoPay?.see(
        Math.abs(prices[zero]),
        () => ({ ...place(), outcomes: [list(zero)], payments: [prices[zero]] }),
      );
    }
    await letEventsIn();
  }
}
