/** Times of the contract under the time scale of a test: never so short that the machine is measured instead of the device. */

/** Least wait for an answer. It costs time only where the answer does not come. */
export const leastAnswerMs = 1_500
/** Least time that something which must not happen is looked for. */
export const leastWatchMs = 400

export function scaledLimit(ms: number, options: { readonly timeScale: number; readonly leastMs: number }): number {
  return Math.max(ms * options.timeScale, Math.min(ms, options.leastMs))
}
