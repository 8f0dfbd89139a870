/**
 * Formulas for every element of some tensors, written once for all devices.
 *
 * A formula is a function of an {@linkcode Arithmetic}. Where tensors lie in the host's memory it is compiled to one loop
 * over them, which takes a pass through memory instead of one, and a tensor, for each operation; on a GPU it is a
 * program for each output (elementwise_program.ts).
 *
 * @module
 */
import { type Scalar, type Tensor, tf } from "../deps/tfjs.ts";
import { InvalidInputError } from "../errors.ts";
import type { Arithmetic, Formula } from "./arithmetic.ts";
import { elementwiseProgram } from "./elementwise_program.ts";
import { elementCount } from "./host_tensor.ts";
import { onHost, view, writtenTensors } from "./tensors.ts";

export type { Arithmetic, Formula } from "./arithmetic.ts";

/** A number that all elements share: in 64-bit floats on the host, or a tensor `[]` on the device. */
export type SharedNumber = number | Scalar;

/**
 * What goes into a formula: a tensor of the results' shape, a number for all elements (a tensor of one element, too), or
 * one for each element of the last axis.
 */
export type ElementwiseInput = Tensor | SharedNumber | Float32Array;

/**
 * A formula as a function of tensors of one shape. Intermediate results are 64-bit floats on the host and 32-bit ones on
 * the device; what comes out are new tensors of 32-bit floats.
 *
 * @param formula Must not depend on anything but its arguments: it is compiled once for each combination of kinds of inputs.
 * @returns Makes the outputs, which share no tensor with the inputs. It throws an {@linkcode InvalidInputError} if an
 *   input has neither the shape of the results nor one element, nor, as a list, the length of the last axis.
 */
export function elementwise<In extends string, Out extends string>(
  formula: Formula<In, Out>,
): (shape: readonly number[], inputs: Readonly<Record<In, ElementwiseInput>>) => Record<Out, Tensor> {
  const loops = new Map<string, Loop>();
  return (shape, inputs) => {
    checkShapes(shape, inputs);
    if (!onHost()) return tf.tidy(() => onDevice(formula, shape, inputs));
    const names = Object.keys(inputs) as In[], values = names.map((name): ElementwiseInput => inputs[name]);
    const count = elementCount(shape),
      kinds = values.map((value) => kindOf(value, count)),
      key = names.map((name, k) => `${name} ${kinds[k]}`).join();
    let loop = loops.get(key);
    if (!loop) loops.set(key, loop = compile(formula, names, kinds));
    const { outputs, run } = loop;
    const made = writtenTensors(
      outputs.map(() => shape),
      (...to) => run(to, values.map((value, k) => hostOperand(value, kinds[k]))),
    );
    return Object.fromEntries(outputs.map((name, k) => [name, made[k]])) as Record<Out, Tensor>;
  };
}

/** Of how many elements of a result an input's number is. */
type Kind = "each" | "repeated" | "shared";

function kindOf(input: ElementwiseInput, count: number): Kind {
  if (typeof input === "number") return "shared";
  const own = isTensor(input) ? input.size : input.length;
  return own === count ? "each" : own === 1 ? "shared" : "repeated";
}

/** An input as its loop takes it. */
function hostOperand(input: ElementwiseInput, kind: Kind): Float32Array | number {
  const values = isTensor(input) ? view(input) : input;
  return kind === "shared" && typeof values !== "number" ? values[0] : values;
}

function checkShapes(shape: readonly number[], inputs: Readonly<Record<string, ElementwiseInput>>): void {
  const count = elementCount(shape), last = shape.at(-1) ?? 1;
  for (const [name, input] of Object.entries(inputs)) {
    if (typeof input === "number") continue;
    const fits = isTensor(input)
      ? input.size === 1 || String(input.shape) === String(shape)
      : [1, last, count].includes(input.length);
    if (fits) continue;
    const rule = `the shape [${shape}], ${
      isTensor(input) ? "" : `the length ${last} of its last axis, `
    }or one element`;
    const got = isTensor(input) ? `the shape [${input.shape}]` : `${input.length} elements`;
    throw new InvalidInputError(`${name} must have ${rule}, got ${got}`);
  }
}

function isTensor(input: ElementwiseInput): input is Tensor {
  return input instanceof tf.Tensor;
}

/** A compiled formula: the names of its outputs, and the loop that writes them. */
interface Loop {
  readonly outputs: readonly string[];
  run(to: readonly Float32Array[], inputs: readonly (Float32Array | number)[]): void;
}

/** A variable of a loop; it `varies` if it differs from element to element. */
interface Variable {
  readonly name: string;
  readonly varies: boolean;
}

/** The loop of a formula. What does not vary is computed before it. */
function compile<In extends string, Out extends string>(
  formula: Formula<In, Out>,
  names: readonly In[],
  kinds: readonly Kind[],
): Loop {
  const before: string[] = [], within: string[] = [];
  const variable = (value: string, varies: boolean): Variable => {
    const name = `v${before.length + within.length}`;
    (varies ? within : before).push(`const ${name} = ${value};`);
    return { name, varies };
  };
  const binary = (write: (a: string, b: string) => string) => (a: Variable, b: Variable) =>
    variable(write(a.name, b.name), a.varies || b.varies);
  const arithmetic: Arithmetic<Variable> = {
    constant: (value) => variable(String(value), false),
    add: binary((a, b) => `${a} + ${b}`),
    sub: binary((a, b) => `${a} - ${b}`),
    mul: binary((a, b) => `${a} * ${b}`),
    div: binary((a, b) => `${a} / ${b}`),
    max: binary((a, b) => `Math.max(${a}, ${b})`),
    sqrt: (a) => variable(`Math.sqrt(${a.name})`, a.varies),
  };
  const inputs = Object.fromEntries(names.map((name, k) => {
    const source = variable(`inputs[${k}]`, false).name;
    if (kinds[k] === "shared") return [name, { name: source, varies: false }];
    return [name, variable(kinds[k] === "each" ? `${source}[j]` : `${source}[j % ${source}.length]`, true)];
  })) as Record<In, Variable>;
  const results = Object.entries<Variable>(formula(arithmetic, inputs));
  const to = results.map((_, k) => variable(`to[${k}]`, false).name);
  const run = new Function(
    "to",
    "inputs",
    `${before.join("\n")}
    for (let j = 0; j < ${to[0]}.length; j++) {
      ${within.join("\n")}
      ${results.map(([, { name }], k) => `${to[k]}[j] = ${name};`).join("\n")}
    }`,
  ) as Loop["run"];
  return { outputs: results.map(([name]) => name), run };
}

/** A formula on a GPU. */
function onDevice<In extends string, Out extends string>(
  formula: Formula<In, Out>,
  shape: readonly number[],
  inputs: Readonly<Record<In, ElementwiseInput>>,
): Record<Out, Tensor> {
  const count = elementCount(shape);
  const operands = Object.fromEntries(
    Object.entries<ElementwiseInput>(inputs).map(([name, input]) => [
      name,
      input instanceof Float32Array ? tf.tensor(input, input.length === count ? shape as number[] : undefined) : input,
    ]),
  ) as Record<In, Tensor | number>;
  if (shape.length > 0) return elementwiseProgram(formula, shape, operands);
  const made = elementwiseProgram(formula, [1], operands);
  return Object.fromEntries(
    Object.entries<Tensor>(made).map(([name, tensor]) => [name, tf.reshape(tensor, [])]),
  ) as Record<Out, Tensor>;
}
