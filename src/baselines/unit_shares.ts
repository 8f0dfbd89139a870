/**
 * Outcomes of goods that exist once, from raw numbers: the shares of a good are softmax over the participants and the
 * principal, who keeps what is not sold and has the raw number 0.
 *
 * @module
 */
import { type Tensor, type Tensor3D, tf } from "../deps/tfjs.ts";

/** Outcomes `[R, n, m]` of raw numbers `[R, n, m]`, on the device. Differentiable. */
export function sharesOnDevice(raw: Tensor): Tensor3D {
  return tf.tidy(() => {
    const [R, n, m] = raw.shape;
    const byGood = tf.concat([tf.transpose(raw, [0, 2, 1]), tf.zeros([R, m, 1])], 2);
    return tf.transpose(tf.slice(tf.softmax(byGood), [0, 0, 0], [R, m, n]), [0, 2, 1]) as Tensor3D;
  });
}

/** Outcomes `[R, n, m]` of raw numbers `[R, n, m]`, on the host. */
export function sharesOnHost(raw: ArrayLike<number>, participants: number, goods: number): Float64Array {
  const n = participants, m = goods, out = Float64Array.from(raw);
  for (let first = 0; first < out.length; first += n * m) {
    for (let j = first; j < first + m; j++) {
      let most = 0;
      for (let c = j; c < first + n * m; c += m) most = Math.max(most, out[c]);
      let sum = Math.exp(-most);
      for (let c = j; c < first + n * m; c += m) sum += out[c] = Math.exp(out[c] - most);
      for (let c = j; c < first + n * m; c += m) out[c] /= sum;
    }
  }
  return out;
}
