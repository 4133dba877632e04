/** Single values of Sparkplug: a 64-bit integer is a number while it is exact, else a bigint. */

export type Scalar = number | bigint | boolean | string

const safeMax = BigInt(Number.MAX_SAFE_INTEGER)

/** A number where that is exact. */
export function smallest(value: bigint): number | bigint {
  return value <= safeMax && value >= -safeMax ? Number(value) : value
}
