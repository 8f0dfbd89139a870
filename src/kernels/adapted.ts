/**
 * Kernels for sources of another form than some kernels take.
 *
 * @module
 */
import type { WeightSource } from "../networks/parameterized_affine.ts";
import { tidy } from "../runtime/tensors.ts";
import type { PriceKernels, SourceGradient } from "./kernels.ts";

/** How sources of one form become those of another. */
export interface SourceAdapter {
  /** A source that the kernels take; tensors that it makes are freed. */
  into(source: WeightSource): WeightSource;
  /** From the gradient in that source to the gradient in this one. */
  back(source: WeightSource, gradient: SourceGradient): SourceGradient;
  /** Device memory, as {@linkcode PriceKernels.memory} tells it. */
  readonly memory: PriceKernels["memory"];
}

/** Kernels that do everything by others, with sources that these take. */
export function adaptedKernels(kernels: PriceKernels, { into, back, memory }: SourceAdapter): PriceKernels {
  const within = <T extends object>(source: WeightSource, use: (source: WeightSource) => T): T =>
    tidy(() => use(into(source)));
  return {
    value: (source, points) => within(source, (own) => kernels.value(own, points)),
    slope: (source, points) => within(source, (own) => kernels.slope(own, points)),
    gradient: (source, points, coefficients) =>
      within(source, (own) => back(source, kernels.gradient(own, points, coefficients))),
    moveChains: (source, ...inputs) => within(source, (own) => kernels.moveChains(own, ...inputs)),
    trainingStep: (source, ...inputs) =>
      within(source, (own) => {
        const step = kernels.trainingStep(own, ...inputs);
        return { ...step, gradient: back(source, step.gradient) };
      }),
    memory,
    settle: kernels.settle,
  };
}
