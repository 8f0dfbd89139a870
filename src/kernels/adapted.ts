/**
 * Kernels for sources of another form than some kernels take.
 *
 * @module
 */
import type { HypernetworkOutput } from "../networks/parameterized_affine.ts";
import { tidy } from "../runtime/tensors.ts";
import type { HypernetworkGradient, PriceKernels } from "./kernels.ts";

/** How sources of one form become those of another. */
export interface SourceAdapter {
  /** A hypernetwork that the kernels take; tensors that it makes are freed. */
  into(hypernetwork: HypernetworkOutput): HypernetworkOutput;
  /** From the gradient in that hypernetwork to the gradient in this one. */
  back(hypernetwork: HypernetworkOutput, gradient: HypernetworkGradient): HypernetworkGradient;
  /** Device memory, as {@linkcode PriceKernels.memory} tells it. */
  readonly memory: PriceKernels["memory"];
}

/** Kernels that do everything by others, with sources that these take. */
export function adaptedKernels(kernels: PriceKernels, { into, back, memory }: SourceAdapter): PriceKernels {
  const within = <T extends object | undefined>(
    hypernetwork: HypernetworkOutput,
    use: (hypernetwork: HypernetworkOutput) => T,
  ): T => tidy(() => use(into(hypernetwork)));
  const { goodsStep } = kernels;
  return {
    value: (hypernetwork, points) => within(hypernetwork, (own) => kernels.value(own, points)),
    slope: (hypernetwork, points) => within(hypernetwork, (own) => kernels.slope(own, points)),
    gradient: (hypernetwork, points, coefficients) =>
      within(hypernetwork, (own) => back(hypernetwork, kernels.gradient(own, points, coefficients))),
    moveChains: (hypernetwork, ...inputs) => within(hypernetwork, (own) => kernels.moveChains(own, ...inputs)),
    goodsStep: goodsStep && ((hypernetwork, ...inputs) =>
      within(hypernetwork, (own) => {
        const step = goodsStep(own, ...inputs);
        return step && { ...step, gradient: back(hypernetwork, step.gradient) };
      })),
    memory,
    settle: kernels.settle,
  };
}
