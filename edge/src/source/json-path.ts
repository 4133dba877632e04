/**
 * Names places in a JSON value: a JSON pointer (RFC 6901, `/a/b/0`) or the plain part of JSONPath (RFC 9535: `$.a.b[0]['c d']`) with
 * the wildcard `[*]`. It only reads, runs no filter and no script, and finds at most `placesMax` places.
 */
import { atPointer } from './json-pointer.ts'

/** A path as a configuration gives it; `compileJsonPath` takes all that match. */
export const jsonPathPattern = String.raw`^((/([^~/]|~[01])*)*|\$(\.([^\s.\[\]'"*$]+|\*)|\[(\*|\d{1,9}|'[^']*'|"[^"]*")\])*)$`

/** Most places that a path with wildcards finds; those behind are not looked at. */
export const placesMax = 1_000

export interface Place {
  readonly value: unknown
  /** Where it is, as a JSON pointer. */
  readonly pointer: string
  /** What each wildcard stood for, in order. */
  readonly wild: readonly string[]
}

export interface JsonPath {
  readonly text: string
  readonly wildcards: number
  /** Every place that is there. */
  find(value: unknown): Place[]
  /** The one place where the wildcards stand for the same as at another place; `undefined` when nothing is there. */
  at(value: unknown, wild: readonly string[]): unknown
}

const wildcard = Symbol('*')
type Step = string | typeof wildcard

/** `text` must match `jsonPathPattern`. */
export function compileJsonPath(text: string): JsonPath {
  const steps = text.startsWith('$') ? stepsOfPath(text) : undefined
  if (steps === undefined) {
    return {
      text,
      wildcards: 0,
      find(value) {
        const found = atPointer(value, text)
        return found === undefined ? [] : [{ value: found, pointer: text, wild: [] }]
      },
      at: (value) => atPointer(value, text)
    }
  }
  return {
    text,
    wildcards: steps.filter((step) => step === wildcard).length,
    find(value) {
      const found: Place[] = []
      walk({ value, pointer: '', wild: [] }, steps, 0, found)
      return found
    },
    at(value, wild) {
      let used = 0
      const parts = steps.map((step) => (step === wildcard ? (wild[used++] ?? '') : step))
      return atPointer(value, pointerOf(parts))
    }
  }
}

function stepsOfPath(text: string): Step[] {
  return [...text.matchAll(/\.([^.[\]]+)|\[(\*|\d+|'[^']*'|"[^"]*")\]/g)].map((match) => {
    const raw = match[1] ?? match[2] ?? ''
    if (raw === '*') return wildcard
    return /^['"]/.test(raw) ? raw.slice(1, -1) : raw
  })
}

function walk(place: Place, steps: readonly Step[], depth: number, found: Place[]): void {
  if (found.length >= placesMax) return
  const step = steps[depth]
  if (step === undefined) {
    found.push(place)
    return
  }
  const next = (key: string, wild: readonly string[]) => {
    const part = pointerOf([key])
    const value = atPointer(place.value, part)
    if (value !== undefined) walk({ value, pointer: place.pointer + part, wild }, steps, depth + 1, found)
  }
  if (step !== wildcard) next(step, place.wild)
  else if (typeof place.value === 'object' && place.value !== null)
    for (const key of Object.keys(place.value)) {
      if (found.length >= placesMax) return
      next(key, [...place.wild, key])
    }
}

function pointerOf(parts: readonly string[]): string {
  return parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
