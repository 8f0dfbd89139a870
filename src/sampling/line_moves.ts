/**
 * Moves along lines, for the directions in which q is wide.
 *
 * A Langevin step is as long as q is narrow along an axis. Where a bundle is priced as one, q is a ridge across the
 * axes, and a chain creeps along it. A line move takes the difference of two other chains of the same row as its
 * direction, which lies along the ridge once some chains do, and draws from q on that line within the box by slice
 * sampling with shrinkage (Neal, Annals of Statistics 31, 2003). It leaves q invariant without any step size. Half of
 * the chains move while the other half lends directions, as in Goodman and Weare's ensemble sampler (2010).
 *
 * @module
 */
import { type Tensor3D, tf } from "../deps/tfjs.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { uniforms } from "../random/numbers.ts";
import type { Sampler, SamplerState } from "./sampler.ts";
import type { SoftChoiceDensity } from "./soft_choice.ts";

/** Points tried on each line; a chain that none of them takes stays where it is. */
export const TRIES = 6;
/** Streams of uniform numbers that one group's move draws from. */
export const DRAWS: number = TRIES + 2;
/**
 * Length of the interval on a line that is searched, in directions. The whole line through the box would do as well, but its
 * ends are far away when chains are close together, and differences between them by rounding would grow.
 */
export const WIDTH = 4;
/** Keeps divisions by a direction's coordinates finite. */
export const TINY = 1e-9;

/** Moves along lines, of C chains in each row. With fewer than 4 chains nothing moves. */
export function lineMoves({ logDensity }: Pick<SoftChoiceDensity, "logDensity">): Sampler<SamplerState> {
  return {
    init: (chains) => ({ chains: tf.clone(chains) }),
    step({ chains }, key) {
      const [rows, C, m] = chains.shape, half = Math.floor(C / 2);
      if (half < 2) return { chains: tf.clone(chains) };
      let [first, second] = tf.split(chains, [half, C - half], 1) as Tensor3D[];
      first = moveAlong(logDensity, first, directions(second, half, deriveKey(key, 0)), deriveKey(key, 1));
      second = moveAlong(logDensity, second, directions(first, C - half, deriveKey(key, 2)), deriveKey(key, 3));
      return { chains: tf.reshape(tf.concat([first, second], 1), [rows, C, m]) as Tensor3D };
    },
  };
}

/** Differences between chains of a group, `count` of them: chain k + a less chain k + b, for random a and b. */
function directions(group: Tensor3D, count: number, key: RandomKey): Tensor3D {
  const size = group.shape[1], [u, v] = uniforms(key, 2);
  const a = Math.floor(u * size), b = a + 1 + Math.floor(v * (size - 1));
  return tf.sub(take(group, a, count), take(group, b, count));
}

/** `count` chains of a group from chain `from` on, around its end. */
function take(group: Tensor3D, from: number, count: number): Tensor3D {
  const [rows, size, m] = group.shape, parts: Tensor3D[] = [];
  for (let at = from % size, left = count; left > 0; at = 0) {
    const now = Math.min(left, size - at);
    parts.push(tf.slice(group, [0, at, 0], [rows, now, m]));
    left -= now;
  }
  return parts.length === 1 ? parts[0] : tf.concat(parts, 1) as Tensor3D;
}

/** Draws from the density on the line through each chain, `[R, N, m]`, along its direction. */
function moveAlong(
  logDensity: (points: Tensor3D) => Tensor3D,
  chains: Tensor3D,
  direction: Tensor3D,
  key: RandomKey,
): Tensor3D {
  const [rows, N] = chains.shape;
  const draw = (stream: number) => tf.tensor(uniforms(deriveKey(key, stream), rows * N), [rows, N, 1]) as Tensor3D;
  // An interval of WIDTH directions around the chain, placed at random as slice sampling asks, within the box: along a
  // rising coordinate x_j reaches 1 at (1 - x_j) / d_j and 0 at -x_j / d_j, along a falling one the other way.
  const up = tf.step(direction), safe = tf.add(direction, tf.mul(TINY, tf.sub(tf.mul(2, up), 1)));
  const placed = tf.mul(draw(TRIES + 1), -WIDTH);
  const room = tf.min(tf.div(tf.sub(up, chains), safe), 2, true),
    roomBehind = tf.div(tf.sub(tf.sub(1, up), chains), safe);
  let ahead = tf.minimum(room, tf.add(placed, WIDTH)) as Tensor3D;
  let behind = tf.maximum(tf.max(roomBehind, 2, true), placed) as Tensor3D;
  const level: Tensor3D = tf.add(logDensity(chains), tf.log(tf.sub(1, draw(0))));
  let position: Tensor3D = tf.zerosLike(ahead), open: Tensor3D = tf.onesLike(ahead);
  for (let k = 1; k <= TRIES; k++) {
    const tried: Tensor3D = tf.add(behind, tf.mul(draw(k), tf.sub(ahead, behind)));
    const inside = tf.sub(1, tf.step(tf.sub(level, logDensity(onLine(chains, direction, tried))))) as Tensor3D;
    // The first point inside the slice is taken; points outside cut the interval on their side of the chain.
    const taken: Tensor3D = tf.mul(open, inside), cut: Tensor3D = tf.sub(open, taken), forward = tf.step(tried);
    position = tf.add(position, tf.mul(taken, tf.sub(tried, position)));
    ahead = tf.add(ahead, tf.mul(tf.mul(cut, forward), tf.sub(tried, ahead)));
    behind = tf.add(behind, tf.mul(tf.mul(cut, tf.sub(1, forward)), tf.sub(tried, behind)));
    open = cut;
  }
  return onLine(chains, direction, position);
}

/** chain + position direction; the clip only removes what rounding leaves outside. */
function onLine(chains: Tensor3D, direction: Tensor3D, position: Tensor3D): Tensor3D {
  return tf.clipByValue(tf.add(chains, tf.mul(direction, position)), 0, 1) as Tensor3D;
}
