/**
 * The errors this package throws on purpose.
 *
 * Each message names the thing, the rule and the value, in the form
 * `Cannot train: batch must be a positive integer, got -3`.
 *
 * @module
 */

/** What the caller gave cannot be used. The command line ends with exit code 2. */
export class InvalidInputError extends Error {
  /** The class's name, for messages. */
  override readonly name = "InvalidInputError";
}

/** The machine is at fault: no device, no disk space, no permission. Exit code 1. */
export class MachineError extends Error {
  /** The class's name, for messages. */
  override readonly name = "MachineError";
}

/**
 * A {@linkcode MachineError} out of what the operating system said: `Cannot <action>: no space left on device`.
 *
 * @param action what failed, with its path: `write runs/a/config.json`.
 * @param cause what was thrown; kept as the error's `cause`.
 */
export function machineError(action: string, cause: unknown): MachineError {
  const message = cause instanceof Error ? cause.message : String(cause);
  // Deno adds "(os error 28): write '/the/temp/file'", which `action` already says better.
  const reason = message.replace(/ \(os error \d+\).*$/s, "");
  return new MachineError(`Cannot ${action}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`, { cause });
}

/** Shows a value in an error message: short, quoted where it is text. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === "number" || value === undefined || value === null) return String(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  try {
    const text = JSON.stringify(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return typeof value;
  }
}

/**
 * Fails unless `value` is an integer of at least `least`.
 *
 * @throws {InvalidInputError} naming `thing`, the rule and the value.
 */
export function requireInteger(action: string, thing: string, value: unknown, least: number): asserts value is number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least) {
    const rule = least === 1
      ? "a positive integer"
      : least === 0
      ? "a non-negative integer"
      : `an integer of at least ${least}`;
    throw new InvalidInputError(`Cannot ${action}: ${thing} must be ${rule}, got ${show(value)}`);
  }
}

/**
 * Fails unless `value` is a finite number with `least <= value <= most`.
 *
 * @throws {InvalidInputError} naming `thing`, the rule and the value.
 */
export function requireNumber(
  action: string,
  thing: string,
  value: unknown,
  least: number,
  most: number = Infinity,
): asserts value is number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least || value > most) {
    const rule = most === Infinity ? `a finite number of at least ${least}` : `a number in [${least}, ${most}]`;
    throw new InvalidInputError(`Cannot ${action}: ${thing} must be ${rule}, got ${show(value)}`);
  }
}

/**
 * Fails unless `value` is a finite number above 0.
 *
 * @throws {InvalidInputError} naming `thing`, the rule and the value.
 */
export function requirePositive(action: string, thing: string, value: unknown): asserts value is number {
  requireNumber(action, thing, value, 0);
  if (value === 0) throw new InvalidInputError(`Cannot ${action}: ${thing} must be above 0, got 0`);
}
