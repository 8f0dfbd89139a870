/**
 * Uniform random numbers made on the device, the same bits as those of `src/random`.
 *
 * @module
 */
import type { Tensor } from "../../deps/tfjs.ts";
import type { RandomKey } from "../../random/key.ts";
import { elementCount } from "../../runtime/host_tensor.ts";
import { Commands } from "./dispatch.ts";
import type { Shader } from "./shader.ts";
import { randomCode } from "./threefry.ts";

const THREADS = 64;
/** Workgroups of a dispatch; threads take every so many numbers where these do not suffice. */
const MOST_WORKGROUPS = 1024;

const uniformShader: Shader = {
  name: "uniform numbers",
  buffers: [{ name: "results", access: "read_write", element: "f32" }],
  params: { key0: "u32", key1: "u32", count: "u32", threads: "u32" },
  code: `${randomCode}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  for (var at = invocation.x; at < params.count; at += params.threads) {
    results[at] = uniform24(vec2<u32>(params.key0, params.key1), at);
  }
}
`,
};

/** The first numbers of a key, uniform on [0, 1), as a tensor. */
export function deviceUniforms([key0, key1]: RandomKey, shape: readonly number[]): Tensor {
  const commands = new Commands(), made = commands.tensor(shape), count = elementCount(shape);
  const workgroups = Math.min(MOST_WORKGROUPS, Math.ceil(count / THREADS));
  const params = { key0, key1, count, threads: THREADS * workgroups };
  commands.run(uniformShader, { results: commands.window(made) }, params, [workgroups]);
  commands.release();
  return made;
}
