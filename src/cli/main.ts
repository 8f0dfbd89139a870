/** Placeholder until the command line lands. */
export function main(_args: readonly string[]): Promise<void> {
  return Promise.resolve();
}
