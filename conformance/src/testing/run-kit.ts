/** Runs the kit against the reference device under a time scale, in one process. */
import { checkDevice, type CheckDeviceOptions, type DeviceReport } from '../check-device.ts'
import type { Verdict } from '../judge.ts'
import { type ReferenceDevice, type ReferenceDeviceOptions, startReferenceDevice } from './reference-device.ts'

/** A minute of the contract takes 2.4 seconds. */
export const testTimeScale = 0.04

export type DeviceChoice = Pick<ReferenceDeviceOptions, 'flaw' | 'encoding' | 'mqttVersion'>

export async function runKit(choice: DeviceChoice, options: Partial<CheckDeviceOptions> = {}): Promise<DeviceReport> {
  const secret = 'reference-secret-7Qx'
  let device: ReferenceDevice | undefined
  try {
    return await checkDevice({
      point: 'test-point',
      device: 'probe-1',
      secret,
      timeScale: testTimeScale,
      durationMs: 60_000,
      hooks: { restart: async () => device?.restart(), clock: async (seconds) => device?.moveClock(seconds) },
      onListening({ port }) {
        device = startReferenceDevice({ port, point: 'test-point', device: 'probe-1', secret, timeScale: testTimeScale, ...choice })
      },
      ...options
    })
  } finally {
    await device?.[Symbol.asyncDispose]()
  }
}

export function idsOf(verdicts: readonly Verdict[], outcome: Verdict['outcome']): string[] {
  return verdicts.filter((verdict) => verdict.outcome === outcome).map(({ requirement }) => requirement.id)
}
