/**
 * Optimisers as chains of small transformations, in the manner of optax: each takes a gradient, and a state of its own, to
 * what the next one takes; the last one's result is subtracted from the parameters.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { Parameters } from "../networks/network.ts";
import { type Arithmetic, elementwise, type ElementwiseInput, type SharedNumber } from "../runtime/elementwise.ts";

type Named<T> = Readonly<Record<string, T>>;

/** A transformation of gradients, as a formula for every element. */
export interface Transformation<Settings> {
  /** Names of the parts of its state. Each has the parameters' shapes, and begins at zero. */
  readonly state: readonly string[];
  /** The numbers of a step that all elements share. */
  shared(gradients: Parameters, settings: Settings): Named<SharedNumber>;
  /** What becomes of an element of a gradient, and the element's state after the step. */
  update<T>(arithmetic: Arithmetic<T>, gradient: T, state: Named<T>, shared: Named<T>): {
    readonly update: T;
    readonly state: Named<T>;
  };
}

/** Transformations one after the other, as one. The names of their states and shared numbers must differ. */
export function chain<Settings>(...links: readonly Transformation<Settings>[]): Transformation<Settings> {
  return {
    state: links.flatMap(({ state }) => state),
    shared: (gradients, settings) => Object.assign({}, ...links.map((link) => link.shared(gradients, settings))),
    update(arithmetic, gradient, state, shared) {
      let update = gradient, next = state;
      for (const link of links) {
        const made = link.update(arithmetic, update, state, shared);
        update = made.update, next = { ...next, ...made.state };
      }
      return { update, state: next };
    },
  };
}

/** An optimiser's state by part, and in each by parameter name. */
export type OptimizerState = Named<Parameters>;

/** Steps of a transformation. */
export interface Optimizer<Settings> {
  /** The state before the first step: zeros. */
  init(parameters: Parameters): OptimizerState;
  /**
   * One descent step, as one formula for each element of a parameter. The caller disposes of what went in.
   *
   * @param lowerBounds Below which parameters do not fall, by name, one for each element of the last dimension.
   * @returns What is new, and the numbers that all elements shared; the caller disposes of tensors among them.
   */
  step(
    parameters: Parameters,
    gradients: Parameters,
    state: OptimizerState,
    settings: Settings,
    lowerBounds?: Named<Float32Array>,
  ): { parameters: Parameters; state: OptimizerState; shared: Named<SharedNumber> };
}

/** The optimiser that subtracts what a transformation makes of gradients. */
export function optimizer<Settings>(transformation: Transformation<Settings>): Optimizer<Settings> {
  const { state: parts } = transformation;
  const descend = elementwise(<T>(arithmetic: Arithmetic<T>, inputs: Named<T>): Named<T> => {
    const { parameter, gradient, least } = inputs, before = pick(inputs, parts);
    const { update, state } = transformation.update(arithmetic, gradient, before, inputs);
    const free = arithmetic.sub(parameter, update);
    return { ...state, parameter: least === undefined ? free : arithmetic.max(free, least) };
  });
  return {
    init: (parameters) => Object.fromEntries(parts.map((part) => [part, mapParameters(parameters, tf.zerosLike)])),
    step(parameters, gradients, state, settings, lowerBounds = {}) {
      const shared = transformation.shared(gradients, settings);
      const next: Record<string, Record<string, Tensor>> = Object.fromEntries(
        [...parts, "parameter"].map((part) => [part, {}]),
      );
      for (const [name, parameter] of Object.entries(parameters)) {
        const inputs: Record<string, ElementwiseInput> = { ...shared, parameter, gradient: gradients[name] };
        for (const part of parts) inputs[part] = state[part][name];
        if (Object.hasOwn(lowerBounds, name)) inputs.least = lowerBounds[name];
        const made = descend(parameter.shape, inputs);
        for (const part of Object.keys(next)) next[part][name] = made[part];
      }
      const { parameter, ...nextState } = next;
      return { parameters: parameter, state: nextState, shared };
    },
  };
}

function pick<T>(values: Named<T>, names: readonly string[]): Named<T> {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/** A parameter tensor for every name, from `make`. */
export function mapParameters(parameters: Parameters, make: (tensor: Tensor, name: string) => Tensor): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, make(tensor, name)]));
}
