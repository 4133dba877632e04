/** What a rule finds: faults with what was seen and what was expected, or why nothing could be said. */
import type { Publish, View } from '../view.ts'

export interface Fault {
  readonly seen: string
  readonly expected: string
  /** Entry of the log, counted from 0; line of a capture less two. */
  readonly entry?: number
  readonly topic?: string
  readonly hex?: string
}

export interface Finding {
  readonly faults: readonly Fault[]
  /** Set when the log holds nothing to judge by. */
  readonly notTested?: string
  /** What was looked at. */
  readonly checked: string
}

/** Decides one requirement over a log. Pure. */
export type Rule = (view: View) => Finding

const hexShownMax = 128

export function faultOf(publish: Publish, fault: { readonly seen: string; readonly expected: string }): Fault {
  return { ...fault, entry: publish.line, topic: publish.entry.topic, hex: publish.entry.hex.slice(0, hexShownMax) }
}

export function notTested(reason: string): Finding {
  return { faults: [], notTested: reason, checked: '' }
}

/** Faults where there are some, else what was looked at; with nothing looked at, the reason. */
export function judged(
  faults: readonly Fault[],
  looked: { readonly at: number; readonly what: string; readonly without: string }
): Finding {
  const checked = `${looked.at} ${looked.what}`
  if (faults.length > 0 || looked.at > 0) return { faults, checked }
  return { faults, checked, notTested: looked.without }
}

export function nameOf(publish: Publish): string {
  return publish.boot === undefined || publish.seq === undefined ? publish.channel : `${publish.channel} ${publish.boot}/${publish.seq}`
}

/** The greatest, at least 0. A log may hold more numbers than a call takes arguments. */
export function mostOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}

/** The times between one and the next. */
export function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time))
}

export function secondsOf(ms: number): string {
  return `${Math.round(ms / 10) / 100} s`
}
