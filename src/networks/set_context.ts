/**
 * The hypernetwork of a set context (Zaheer et al., Deep Sets, NIPS 2017): permuting the other participants does not
 * change its output, and permuting the goods in their types permutes the context's effect on slopes. So every profile
 * is an example for each of the m goods.
 *
 *   element_kj = relu([t_kj, mean over goods of t_k, mean and maximum over the others of t_.j] W_e + b_e)
 *   local_j = mean over k of element_kj,   global = mean over j of local_j
 *   hidden_0 = relu(global W_g + b_g) `[Hg]`,   hidden_j = relu([local_j, global] W_l + b_l) `[Hl]`
 *
 * for the other participants k and goods j, with types mapped from [0, 1] to [-1, 1]. Where participants are not
 * exchangeable elements also read who they are: unit vectors of the participant that the context is for, and of k. The
 * positive raw weights and all offsets come from hidden_0, slopes in good j from hidden_j: see
 * {@linkcode "./per_good_slopes.ts"}. Every raw weight has a bias of its own, or shares it with tied weights
 * ({@linkcode "./tied_weights.ts"}): if the slopes in all goods had one bias, f would depend on sums over goods only.
 *
 * @module
 */
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../deps/tfjs.ts";
import { InvalidInputError, requireInteger, show } from "../errors.ts";
import { deriveKey, type RandomKey } from "../random/key.ts";
import { normals } from "../random/numbers.ts";
import { elementCount, type HostTensor, type HostTensors } from "../runtime/host_tensor.ts";
import { sumOf } from "../runtime/tensors.ts";
import { type ContextShape, othersOnDevice } from "./context.ts";
import { dense, hostReluLayer, reluLayer } from "./dense_layer.ts";
import { groupMaxLayout } from "./groupmax_layout.ts";
import type { HostHypernetworkOutput, HypernetworkOutput } from "./hypernetwork_output.ts";
import type { ConvexNetwork, Parameters } from "./network.ts";
import { INITIAL_CONTEXT_EFFECT } from "./parameterized_affine.ts";
import { placement } from "./per_good_slopes.ts";
import { lazily } from "./reparameterisation.ts";
import { rowCount, type RowTypes } from "./row_types.ts";

/** How many features of t_kj, t_k and t_.j the element layer reads. */
const OF_TYPES = 4;

/** How many features it reads with those of who participants are. */
function featureCount({ participants: n, exchangeable }: ContextShape): number {
  return OF_TYPES + (exchangeable ? 0 : 2 * n);
}

/**
 * Standard deviation of the hidden layers' biases at the start of training, so that the kinks of relu are spread out.
 */
const INITIAL_BIAS = 0.3;

/** The widths of the three layers of a set context. */
export interface SetWidths {
  readonly element: number;
  readonly global: number;
  readonly local: number;
}

/**
 * The widths of the element, global and local layers from a list of three, or of one for all of them.
 *
 * @throws {InvalidInputError} unless `hidden` is a list of one or three positive integers.
 */
export function setWidths(hidden: readonly number[]): SetWidths {
  const action = "make a set context network";
  if (hidden.length !== 1 && hidden.length !== 3) {
    throw new InvalidInputError(
      `Cannot ${action}: hidden must be one width, or three (element, global, local), got ${show(hidden)}`,
    );
  }
  hidden.forEach((width, k) => requireInteger(action, `hidden[${k}]`, width, 1));
  const [element, global = element, local = element] = hidden;
  return { element, global, local };
}

/** The hypernetwork of a set context. */
export interface SetContext {
  /** The shapes of the parameters, by name. */
  readonly shapes: Record<string, number[]>;
  /** Parameters for the start of training: raw weights are `bias` `[P]`, plus a small effect of the context. */
  initial(bias: Float32Array, key: RandomKey): Record<string, HostTensor>;
  /** The hypernetwork output of B n rows for type profiles `[B, n, m]`. The caller disposes of its hidden layers. */
  hypernetwork(parameters: Parameters, types: RowTypes): HypernetworkOutput;
  /** The same on the host, in 64-bit floats. */
  hostHypernetwork(parameters: HostTensors, types: Float32Array): HostHypernetworkOutput;
}

/**
 * The hypernetwork of a set context, for a Partial GroupMax Network.
 *
 * @param hidden Its widths, see {@linkcode setWidths}.
 * @throws {InvalidInputError} where the raw weights of the network are not those of a Partial GroupMax Network, or the
 * widths are not as {@linkcode setWidths} asks for.
 */
export function setContext(
  shape: ContextShape,
  hidden: readonly number[],
  network: ConvexNetwork,
): SetContext {
  const action = "make a set context network", { element, global, local } = setWidths(hidden);
  const { groupMax } = network;
  if (!groupMax?.direct) {
    throw new InvalidInputError(`Cannot ${action}: the convex network must be a Partial GroupMax Network`);
  }
  const { participants: n, goods: m } = shape, read = featureCount(shape);
  const layout = groupMaxLayout(groupMax.size), { maps, count: P } = layout;
  const places = lazily(() => placement(layout, m));
  const shapes: Record<string, number[]> = {
    "hidden.element.weight": [read, element],
    "hidden.element.bias": [element],
    "hidden.global.weight": [element, global],
    "hidden.global.bias": [global],
    "hidden.local.weight": [2 * element, local],
    "hidden.local.bias": [local],
    "output.weight": [global, P - m * maps],
    "output.slopes": [local, maps],
    "output.bias": [P],
  };
  return {
    shapes,

    initial(bias: Float32Array, key: RandomKey): Record<string, HostTensor> {
      return Object.fromEntries(
        Object.entries(shapes).map(([name, shape], stream) => {
          if (name === "output.bias") return [name, { shape, data: Float32Array.from(bias) }];
          const scale = name.startsWith("output.")
            ? INITIAL_CONTEXT_EFFECT / Math.sqrt(shape[0])
            : shape.length > 1
            ? Math.SQRT2 / Math.sqrt(shape[0])
            : INITIAL_BIAS;
          const data = normals(deriveKey(key, stream), elementCount(shape)).map((z) => z * scale);
          return [name, { shape, data: data as Float32Array<ArrayBuffer> }];
        }),
      );
    },

    hypernetwork(parameters: Parameters, types: RowTypes): HypernetworkOutput {
      const layer = (name: string, input: Tensor2D) =>
        reluLayer(input, parameters[`hidden.${name}.weight`], parameters[`hidden.${name}.bias`]);
      const R = rowCount(types, m);
      const [hidden, goods] = tf.tidy(() => {
        const features = types instanceof Float32Array
          ? tf.tensor2d(Float32Array.from(contextFeatures(types, shape)), [(n - 1) * R * m, read])
          : contextFeaturesOnDevice(types, shape);
        const elements = layer("element", features);
        // Means and copies are products with 0-1 matrices: TensorFlow.js transposes before it sums over an inner axis.
        const ofEach = n === 2 ? [elements] : tf.split(elements, n - 1, 0);
        const ofGoods = tf.div(sumOf(ofEach), n - 1) as Tensor2D;
        const spread = tf.tile(tf.eye(element), [1, m]) as Tensor2D; // [element, m element]
        const average = tf.div(tf.transpose(spread), m) as Tensor2D;
        const ofAll = dense(tf.reshape(ofGoods, [R, m * element]), average);
        const both = tf.concat([ofGoods, tf.reshape(dense(ofAll, spread), [R * m, element])], 1) as Tensor2D;
        return [layer("global", ofAll), tf.reshape(layer("local", both), [R, m, local])] as [Tensor2D, Tensor3D];
      });
      return {
        hidden,
        weight: parameters["output.weight"] as Tensor2D,
        bias: parameters["output.bias"] as Tensor1D,
        perGood: { hidden: goods, weight: parameters["output.slopes"] as Tensor2D, placement: places() },
      };
    },

    hostHypernetwork(parameters: HostTensors, types: Float32Array): HostHypernetworkOutput {
      const layer = (name: string, input: Float64Array, width: number) =>
        hostReluLayer(input, width, parameters[`hidden.${name}.weight`], parameters[`hidden.${name}.bias`]);
      const data = (name: string) => parameters[name].data as Float32Array;
      const R = types.length / m, elements = layer("element", contextFeatures(types, shape), read);
      // [local_j, global] of each row and good.
      const both = new Float64Array(R * m * 2 * element), ofAll = new Float64Array(R * element);
      for (let row = 0; row < R; row++) {
        const first = row * m * 2 * element, all = ofAll.subarray(row * element, (row + 1) * element);
        for (let k = 0; k < n - 1; k++) {
          let at = (k * R + row) * m * element;
          for (let j = 0; j < m; j++) {
            const to = first + j * 2 * element;
            for (let e = 0; e < element; e++) both[to + e] += elements[at++] / (n - 1);
          }
        }
        for (let j = 0; j < m; j++) {
          for (let e = 0; e < element; e++) all[e] += both[first + j * 2 * element + e] / m;
        }
        for (let j = 0; j < m; j++) both.set(all, first + (2 * j + 1) * element);
      }
      return {
        hidden: layer("global", ofAll, element),
        weight: data("output.weight"),
        bias: data("output.bias"),
        perGood: {
          hidden: layer("local", both, 2 * element),
          weight: data("output.slopes"),
          ...{ placement: places(), goods: m, width: local },
        },
      };
    },
  };
}

/**
 * What the element layer reads, `[n - 1, B n, m, F]`, for type profiles `[B, n, m]`: for each other participant k and
 * good j, t_kj, the mean over goods of t_k, and the mean and the maximum over the others of t_.j, mapped to [-1, 1]; and
 * where participants are not exchangeable, the unit vectors `[n]` of the row's participant and of k.
 */
export function contextFeatures(types: Float32Array, shape: ContextShape): Float64Array {
  const { participants: n, goods: m, exchangeable } = shape, F = featureCount(shape);
  const rows = types.length / m, out = new Float64Array(rows * (n - 1) * m * F);
  const mean = new Float64Array(m), most = new Float64Array(m);
  for (let row = 0; row < rows; row++) {
    const profile = (row - row % n) * m, i = row % n, other = (k: number) => (i + k) % n;
    mean.fill(0), most.fill(0);
    for (let k = 1; k < n; k++) {
      for (let j = 0; j < m; j++) {
        const t = types[profile + other(k) * m + j];
        mean[j] += t / (n - 1), most[j] = Math.max(most[j], t);
      }
    }
    for (let k = 1; k < n; k++) {
      const first = profile + other(k) * m;
      let ofAll = 0;
      for (let j = 0; j < m; j++) ofAll += types[first + j] / m;
      for (let j = 0, at = ((k - 1) * rows + row) * m * F; j < m; j++, at += F) {
        out[at] = 2 * types[first + j] - 1, out[at + 1] = 2 * ofAll - 1;
        out[at + 2] = 2 * mean[j] - 1, out[at + 3] = 2 * most[j] - 1;
        if (!exchangeable) out[at + OF_TYPES + i] = out[at + OF_TYPES + n + other(k)] = 1;
      }
    }
  }
  return out;
}

/** As {@linkcode contextFeatures}, of types on the device: `[(n - 1) B n m, F]`. */
export function contextFeaturesOnDevice(types: Tensor2D, shape: ContextShape): Tensor2D {
  const { participants: n, goods: m, exchangeable } = shape, rows = types.shape[0];
  return tf.tidy(() => {
    // The others of each row, [n - 1, B n, m].
    const others = tf.transpose(othersOnDevice(types, shape), [1, 0, 2]) as Tensor3D;
    const repeated = (tensor: Tensor, times: number[]) => tf.tile(tensor, times);
    const ofAll = repeated(tf.mean(others, 2, true), [1, 1, m]);
    const mean = repeated(tf.mean(others, 0, true), [n - 1, 1, 1]);
    const most = repeated(tf.max(others, 0, true), [n - 1, 1, 1]);
    const features = tf.reshape(tf.stack([others, ofAll, mean, most], 3), [(n - 1) * rows * m, OF_TYPES]);
    const ofTypes = tf.sub(tf.mul(2, features), 1) as Tensor2D;
    if (exchangeable) return ofTypes;
    const who = repeated(tf.tensor4d(unitVectors(n), [n - 1, 1, n, 2 * n]), [1, rows / n, 1, m]);
    return tf.concat([ofTypes, tf.reshape(who, [(n - 1) * rows * m, 2 * n])], 1) as Tensor2D;
  });
}

/** The unit vectors of a row's participant and of the other one `[n - 1, n, 2 n]`. */
function unitVectors(n: number): Float32Array {
  const vectors = new Float32Array((n - 1) * n * 2 * n);
  for (let k = 1, at = 0; k < n; k++) {
    for (let i = 0; i < n; i++, at += 2 * n) vectors[at + i] = vectors[at + n + (i + k) % n] = 1;
  }
  return vectors;
}
