/**
 * Stands before the intake and judges what sources hand in: whether one more device may come, whether the unit is the declared one or
 * can become it, and what the checks say. What is refused goes to the dead letter and is counted; nothing is dropped in silence.
 */
import { convertUnit } from '@tracegate/model/units'
import type { Reading } from '@tracegate/model/telemetry'
import type { EdgeDevice } from '../config.ts'
import type { EdgeEvents } from '../events.ts'
import type { Intake, SourceReading } from './intake.ts'
import type { LastReadings } from './last-readings.ts'

export interface CheckedIntake extends Intake {
  /** Other devices and checks hold from now on. */
  configure(rules: IntakeRules): void
  /** Whether the device is known, or may be as one more. */
  admit(device: string): boolean
  /** Of devices that only sources have named. */
  readonly devices: ReadonlySet<string>
}

export interface IntakeRules {
  readonly devices: readonly EdgeDevice[]
  readonly devicesMax: number
  /** May lower the quality of a reading, never raise it. */
  readonly check: (reading: Reading) => Reading
  /** The reading before the one checked last, when its flag is final now and not the one it was sent with. */
  readonly settled?: () => Reading | undefined
}

export interface CheckedIntakeOptions {
  readonly point: string
  readonly intake: Intake
  readonly events: EdgeEvents
  readonly last: LastReadings
  readonly rules: IntakeRules
}

const encoder = new TextEncoder()

export function createCheckedIntake(options: CheckedIntakeOptions): CheckedIntake {
  const { intake, events, last, point } = options
  let { rules } = options
  let units = unitsOf(rules.devices)
  let declared = new Set(rules.devices.map((device) => device.id))
  const invented = new Set<string>()
  const refusedDevices = new Set<string>()

  const admit = (device: string): boolean => {
    if (declared.has(device) || invented.has(device)) return true
    if (declared.size + invented.size >= rules.devicesMax) return false
    invented.add(device)
    return true
  }

  const refuseDevice = (device: string, what: object) => {
    events.deviceRefused(device)
    // The reason once; the counter tells how often.
    if (refusedDevices.has(device) || refusedDevices.size >= refusedDevicesMax) return
    refusedDevices.add(device)
    const message = `device is "${device}", expected one of the ${rules.devicesMax} that devicesMax allows`
    refuse(device, { code: 'DEVICES_TOO_MANY', pointer: '', message }, what)
  }

  const refuse = (device: string, reason: { code: string; pointer: string; message: string }, what: object) =>
    intake.refuse({ source: 'check', device, reason, payload: encoder.encode(JSON.stringify(what)) })

  /** The reading in the declared unit with the flags of the checks, or undefined for one that was refused. */
  const take = (reading: SourceReading): SourceReading | undefined => {
    const { device, metric } = reading
    if (!admit(device)) {
      events.readingsTaken(1)
      events.refusedReadings(1, 'DEVICES_TOO_MANY')
      refuseDevice(device, reading)
      return undefined
    }
    const unit = units.get(`${device}/${metric}`)
    let own = reading
    if (unit !== undefined && unit !== reading.unit) {
      const value = Number.isFinite(reading.value) ? convertUnit(reading.value, reading.unit, unit) : reading.value
      if (value === undefined) {
        events.readingsTaken(1)
        events.unitsRefused(1)
        const message = `${device}/${metric} came in "${reading.unit}", expected "${unit}" or a unit that can be converted to it`
        refuse(device, { code: 'UNIT_MISMATCH', pointer: '/unit', message }, reading)
        return undefined
      }
      own = { ...reading, value, unit }
      events.unitsConverted(1)
    }
    const checked = rules.check({ ...own, point })
    if (checked.quality !== own.quality) {
      own = { ...own, quality: checked.quality }
      events.flagsLowered(1)
    }
    last.saw(own)
    return own
  }

  /** A reading whose flag has become final goes once more before the one that settled it. */
  const takeAll = (readings: readonly SourceReading[]) =>
    readings.flatMap((reading) => {
      const own = take(reading)
      if (own === undefined) return []
      const settled = rules.settled?.()
      if (settled === undefined) return [own]
      events.flagsSettled(1)
      const { point: _, ...again } = settled
      return [again, own]
    })

  return {
    readings(readings) {
      const own = takeAll(readings)
      if (own.length > 0) intake.readings(own)
    },
    async readingsDurably(readings) {
      const own = takeAll(readings)
      if (own.length > 0) await intake.readingsDurably(own)
    },
    async scan(scan, context) {
      if (!admit(context.device)) return refuseDevice(context.device, scan)
      last.sawScan(context.device, scan.timeMs ?? Date.now())
      await intake.scan(scan, context)
    },
    async event(epcis, context) {
      if (!admit(context.device)) return refuseDevice(context.device, epcis)
      last.sawScan(context.device, Date.now())
      await intake.event(epcis, context)
    },
    refuse: (entry) => intake.refuse(entry),
    flush: () => intake.flush(),
    configure(next) {
      rules = next
      units = unitsOf(next.devices)
      declared = new Set(next.devices.map((device) => device.id))
      for (const device of declared) invented.delete(device)
      refusedDevices.clear()
    },
    admit,
    devices: invented
  }
}

/** Most refused devices whose first input is kept in the dead letter. */
const refusedDevicesMax = 100

function unitsOf(devices: readonly EdgeDevice[]): ReadonlyMap<string, string> {
  return new Map(devices.flatMap((device) => device.metrics.map(({ metric, unit }) => [`${device.id}/${metric}`, unit] as const)))
}
