/** Runs the kit against the reference device under a time scale, in one process. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { checkDevice, type CheckDeviceOptions, type DeviceReport } from '../check-device.ts'
import type { Verdict } from '../judge.ts'
import { verdictTable } from '../report.ts'
import { kitRequirements } from '../requirements.ts'
import type { Flaw } from './flaws.ts'
import { type ReferenceDevice, type ReferenceDeviceOptions, startReferenceDevice } from './reference-device.ts'

/** A minute of the contract takes 2.4 seconds. */
const testTimeScale = 0.04

export type DeviceChoice = Pick<ReferenceDeviceOptions, 'flaw' | 'encoding' | 'mqttVersion'>

/** A machine that stands still so long under a time scale is measured instead of the device. */
const stallMaxMs = 120
const attemptsMax = 4

/** Once more when the outcome is not the wanted one and the machine stood still meanwhile. */
export async function runKit(
  choice: DeviceChoice,
  options: Partial<CheckDeviceOptions> = {},
  isWanted: (report: DeviceReport) => boolean = () => true
): Promise<DeviceReport> {
  for (let attempt = 1; ; attempt += 1) {
    const report = await runOnce(choice, options)
    if (isWanted(report) || report.stalledMs <= stallMaxMs || attempt >= attemptsMax) return report
  }
}

async function runOnce(choice: DeviceChoice, options: Partial<CheckDeviceOptions>): Promise<DeviceReport> {
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

export interface WrongDevice {
  /** Opens with the requirements that must be reported, and no others of level MUST. */
  readonly title: string
  readonly flaw: Flaw
}

/** Judges wrong devices at the same time: each must fail, by the requirements of its title alone. */
export function testWrongDevices(name: string, devices: readonly WrongDevice[], options: Partial<CheckDeviceOptions> = {}): void {
  describe(name, { concurrency: 10 }, () => {
    for (const { title, flaw } of devices)
      test(title, async () => {
        const encoding = flaw === 'nan-in-cbor' ? 'cbor' : 'json'
        const ids = [...(title.split(':')[0] ?? '').matchAll(/TG-\d+/g)].map(([id]) => id)
        const expected = {
          failed: ids.filter((id) => levelOf(id) === 'MUST'),
          warned: ids.filter((id) => levelOf(id) !== 'MUST')
        }
        const outcomeOf = ({ verdicts }: DeviceReport) => ({
          failed: idsOf(verdicts, 'failed'),
          warned: idsOf(verdicts, 'warning').filter((id) => ids.includes(id))
        })
        const report = await runKit({ flaw, encoding }, options, (one) => isDeepStrictEqual(outcomeOf(one), expected))
        const table = verdictTable(report.verdicts, { ...report.scene, ended: report.ended, stalledMs: report.stalledMs }, 'en')
        assert.deepEqual(outcomeOf(report), expected, table)
      })
  })
}

function levelOf(id: string): string | undefined {
  return kitRequirements().find((requirement) => requirement.id === id)?.level
}
