/**
 * A preload (`--import`) that moves the wall clock of a process: `Date.now()` and `new Date()` are off by the milliseconds that
 * the file named by `CRASH_CLOCK_FILE` holds, and follow it when it changes. Timers and `performance.now()` stay as they are,
 * as they do when a real clock is set.
 */
import { readFileSync } from 'node:fs'

const file = process.env['CRASH_CLOCK_FILE']
/** How long an offset is taken for granted. */
const readEveryMs = 20

if (file !== undefined) globalThis.Date = shiftedDate(globalThis.Date, file)

function shiftedDate(real: DateConstructor, path: string): DateConstructor {
  let offsetMs = 0
  let readAtMs = -Infinity
  const now = (): number => {
    const steadyMs = performance.now()
    if (steadyMs - readAtMs >= readEveryMs) {
      readAtMs = steadyMs
      offsetMs = readOffset(path) ?? offsetMs
    }
    return real.now() + offsetMs
  }
  return new Proxy(real, {
    construct: (target, args, newTarget) => {
      const made: unknown = Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget)
      return typeof made === 'object' && made !== null ? made : {}
    },
    apply: () => new real(now()).toString(),
    get: (target, key) => {
      const member: unknown = key === 'now' ? now : Reflect.get(target, key)
      return member
    }
  })
}

/** Undefined while the file is missing or half written. */
function readOffset(path: string): number | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return /^-?\d+$/.test(text) ? Number(text) : undefined
  } catch {
    return undefined
  }
}
