/**
 * Formulas for every element as programs of TensorFlow.js' WebGPU backend: one dispatch for each output, where operations
 * would take one for each of a formula's.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import type { WebGPUBackend, WebGPUProgram } from "../deps/tfjs_webgpu.ts";
import type { Arithmetic, Formula } from "./arithmetic.ts";

/** An operand: a number of the host, or an expression in WGSL. */
type Operand = number | Expression;

/** An expression, as a variable that is computed from others. */
interface Expression {
  /** Its value in WGSL: `op(operands)`, an input, or a uniform. */
  readonly code: string;
  readonly operands: readonly Expression[];
  /** The tensor that it reads. */
  readonly tensor?: Tensor;
  /** The number of the host that it is. */
  readonly number?: number;
}

const THREADS = 128;

/**
 * The outputs of a formula on the WebGPU backend that is open. Operations between numbers of the host are the host's.
 *
 * @param shape Of all outputs; of at least one element and one dimension.
 * @param inputs A tensor has the outputs' shape or one element, or is a vector that is repeated along the last axis.
 * @returns An output that is a number, or that does not depend on a tensor of the shape, too, is a tensor of the shape.
 */
export function elementwiseProgram<In extends string, Out extends string>(
  formula: Formula<In, Out>,
  shape: readonly number[],
  inputs: Readonly<Record<In, Tensor | number>>,
): Record<Out, Tensor> {
  const backend = tf.backend() as WebGPUBackend, count = shape.reduce((product, size) => product * size, 1);
  const expression = (operand: Operand): Expression =>
    typeof operand === "number" ? { code: "", operands: [], number: operand } : operand;
  const binary =
    (ofNumbers: (a: number, b: number) => number, code: (a: string, b: string) => string) =>
    (a: Operand, b: Operand): Operand =>
      typeof a === "number" && typeof b === "number"
        ? ofNumbers(a, b)
        : { code: code("$0", "$1"), operands: [expression(a), expression(b)] };
  const arithmetic: Arithmetic<Operand> = {
    constant: (value) => value,
    add: binary((a, b) => a + b, (a, b) => `${a} + ${b}`),
    sub: binary((a, b) => a - b, (a, b) => `${a} - ${b}`),
    mul: binary((a, b) => a * b, (a, b) => `${a} * ${b}`),
    div: binary((a, b) => a / b, (a, b) => `${a} / ${b}`),
    max: binary(Math.max, (a, b) => `max(${a}, ${b})`),
    sqrt: (a) => typeof a === "number" ? Math.sqrt(a) : { code: "sqrt($0)", operands: [a] },
  };
  const operands = Object.fromEntries(
    Object.entries<Tensor | number>(inputs).map(([name, input]): [string, Operand] => {
      if (typeof input === "number") return [name, input];
      const index = input.size === 1 ? "0" : input.size === count ? "index" : `index % ${input.size}`;
      return [name, { code: index, operands: [], tensor: input }];
    }),
  ) as Record<In, Operand>;
  return Object.fromEntries(
    Object.entries<Operand>(formula(arithmetic, operands)).map(([name, result]) => {
      if (typeof result === "number") return [name, tf.fill(shape as number[], result)];
      return [name, run(backend, result, shape, count)];
    }),
  ) as Record<Out, Tensor>;
}

/** Runs the program of one output. */
function run(backend: WebGPUBackend, result: Expression, shape: readonly number[], count: number): Tensor {
  const names = new Map<Expression, string>(), lines: string[] = [], tensors: Tensor[] = [], numbers: number[] = [];
  /** The name of an expression's variable, which is computed before. An expression that is used twice is computed once. */
  const nameOf = (one: Expression): string => {
    let name = names.get(one);
    if (name) return name;
    let value: string;
    if (one.tensor) {
      const at = tensors.indexOf(one.tensor), k = at < 0 ? tensors.push(one.tensor) - 1 : at;
      value = `t${k}[${one.code}]`;
    } else if (one.number !== undefined) {
      value = `uniforms.n${numbers.push(one.number) - 1}`;
    } else {
      value = one.operands.map(nameOf).reduce((code, operand, k) => code.replaceAll(`$${k}`, operand), one.code);
    }
    lines.push(`let ${name = `v${names.size}`} = ${value};`);
    names.set(one, name);
    return name;
  };
  const last = nameOf(result), code = lines.join("\n");
  const program: WebGPUProgram = {
    variableNames: tensors.map((_, k) => `t${k}`),
    ...numbers.length > 0 && { uniforms: numbers.map((_, k) => `n${k} : f32,`).join(" ") },
    outputShape: [...shape],
    dispatchLayout: { x: shape.map((_, k) => k) },
    dispatch: [Math.ceil(count / THREADS), 1, 1],
    workgroupSize: [THREADS, 1, 1],
    size: true,
    shaderKey: `elementwise ${code}`,
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          ${code}
          setOutputAtIndex(index, ${last});
        }
      }`,
  };
  const values = numbers.map((value) => ({ type: "float32", data: [value] }));
  return tf.engine().makeTensorFromTensorInfo(backend.runWebGPUProgram(program, tensors, "float32", values));
}
