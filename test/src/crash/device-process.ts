/**
 * The field device of the crash matrix as a process of its own: takes an item for each lane every few milliseconds, durably, and
 * sends them. SIGUSR2: take nothing more. It tells its progress on standard output and ends with SIGTERM.
 */
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { lanes } from './content.ts'
import { openDeviceBuffer, type Place } from './device-buffer.ts'
import { startLane } from './device-lane.ts'

/**
 * keeps: as the contract says. forgets: lets an item go at PUBACK, whatever the watermark says. doubles: sends each item of the native
 * lane under two numbers. The last two are there to see the counts fail.
 */
const habits = ['keeps', 'forgets', 'doubles'] as const
export type DeviceHabit = (typeof habits)[number]

const Settings = compileValidator(
  Type.Object({
    dataDir: Type.String(),
    nativeUrl: Type.String(),
    fieldUrl: Type.String(),
    everyMs: Type.Number(),
    habit: Type.Enum(habits),
    silenceMs: Type.Number()
  })
)
const progressEveryMs = 100

if (import.meta.main) main(process.argv[2] ?? '{}')

function main(argument: string): void {
  const settings = Settings.check(JSON.parse(argument))
  if (!settings.ok) throw new TypeError(settings.reason.message)
  const { dataDir, nativeUrl, fieldUrl, everyMs, habit, silenceMs } = settings.value
  const buffer = openDeviceBuffer(join(dataDir, 'device.db'))
  // TG-401: a boot of its own for every start.
  const boot = randomBytes(8).toString('hex')
  const awaitsWatermark = habit !== 'forgets'
  const running = [
    startLane({ lane: 'native', url: nativeUrl, boot, buffer, awaitsWatermark, silenceMs }),
    startLane({ lane: 'field', url: fieldUrl, boot, buffer, awaitsWatermark: false, silenceMs })
  ]
  const numbers = habit === 'doubles' ? 2 : 1
  let seq = 0
  let lastMs = 0
  let notTaken = 0
  let taking = true

  const take = () => {
    if (!taking) return
    const nowMs = Date.now()
    // Two readings of a series at one time would be one.
    const timeMs = nowMs === lastMs ? nowMs + 1 : nowMs
    try {
      buffer.take(lanes.map((lane): Place => ({ lane, boot, seq, numbers: lane === 'native' ? numbers : 1, timeMs })))
    } catch {
      // The number was never used: the next item has it.
      notTaken += lanes.length
      return
    }
    lastMs = timeMs
    seq += numbers
    for (const lane of running) lane.wake()
  }
  const progress = () => {
    const [native, field] = lanes.map((lane) => ({ taken: buffer.taken(lane), waiting: buffer.waiting(lane) }))
    writeSync(1, `${JSON.stringify({ progress: { native, field, notTaken, taking } })}\n`)
  }

  const timers = [setInterval(take, everyMs), setInterval(progress, progressEveryMs)]
  process.on('SIGUSR2', () => void (taking = false))
  process.once('SIGTERM', () => {
    for (const timer of timers) clearInterval(timer)
    Promise.all(running.map((lane) => lane.stop())).then(
      () => {
        buffer[Symbol.dispose]()
        process.exit(0)
      },
      () => process.exit(1)
    )
  })
  writeSync(1, `${JSON.stringify({ ready: {} })}\n`)
}
