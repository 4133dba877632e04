/** The reference device, right as it is: nothing fails, nothing is warned of, and a capture of the run gives the same verdicts. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readCapture } from './capture.ts'
import { judge } from './judge.ts'
import { verdictTable } from './report.ts'
import { kitRequirements } from './requirements.ts'
import { idsOf, runKit, type DeviceChoice } from './testing/run-kit.ts'
import type { CheckDeviceOptions, DeviceReport } from './check-device.ts'

async function inFolder<Value>(use: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'tracegate-conformance-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function assertRight(choice: DeviceChoice, options: Partial<CheckDeviceOptions> = {}): Promise<DeviceReport> {
  const report = await runKit(choice, options, ({ verdicts }) => verdicts.every(({ outcome }) => outcome === 'passed'))
  const table = verdictTable(report.verdicts, { ...report.scene, ended: report.ended }, 'en')
  assert.equal(report.ended, 'complete', table)
  for (const outcome of ['failed', 'warning', 'not tested'] as const) assert.deepEqual(idsOf(report.verdicts, outcome), [], table)
  return report
}

describe('a device as the contract wants it', { concurrency: 4 }, () => {
  test('passes every requirement, and a capture of the run is judged as the run was', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'capture.jsonl')
      const report = await assertRight({}, { capturePath: path })
      const capture = await readCapture(path)
      assert.deepEqual(capture.scene, report.scene)
      assert.deepEqual(judge(capture, kitRequirements()), report.verdicts)
    })
  })

  test('passes every requirement with CBOR over MQTT 5', async () => {
    await assertRight({ encoding: 'cbor', mqttVersion: 5 })
  })

  test('TG-105: a capture of a device that sends its secret does not hold it', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'capture.jsonl')
      const report = await runKit({ flaw: 'secret-in-payload' }, { capturePath: path, passive: true })
      assert.deepEqual(idsOf(report.verdicts, 'failed'), ['TG-105'])
      const text = readFileSync(path, 'utf8')
      assert.ok(!text.includes('reference-secret') && !text.includes(Buffer.from('reference-secret').toString('hex')))
      assert.deepEqual(idsOf(judge(await readCapture(path), kitRequirements()), 'failed'), ['TG-105'])
    })
  })

  test('is not said to have passed what was not tried', async () => {
    const report = await runKit({}, { passive: true, hooks: {} })
    assert.deepEqual(idsOf(report.verdicts, 'failed'), [])
    const reasonOf = (id: string) => report.verdicts.find(({ requirement }) => requirement.id === id)?.detail
    assert.equal(reasonOf('TG-401'), 'needs --restart-command')
    assert.equal(reasonOf('TG-502'), 'needs --clock-command')
    const untested = idsOf(report.verdicts, 'not tested')
    for (const id of ['TG-401', 'TG-404', 'TG-407', 'TG-408', 'TG-409', 'TG-411', 'TG-415', 'TG-502', 'TG-504', 'TG-803', 'TG-806'])
      assert.ok(untested.includes(id), id)
  })

  test('is not blamed for a hook that fails', async () => {
    const fail = async () => {
      throw new Error('no such bench')
    }
    const report = await runKit({}, { hooks: { clock: fail, restart: fail }, durationMs: 30_000 })
    assert.deepEqual(idsOf(report.verdicts, 'failed'), [])
    const details = report.verdicts
      .filter(({ outcome }) => outcome === 'not tested')
      .map(({ requirement, detail }) => `${requirement.id} ${detail}`)
    assert.ok(details.includes('TG-401 --restart-command failed: no such bench'), details.join('\n'))
    assert.ok(details.includes('TG-504 --clock-command failed: no such bench'), details.join('\n'))
  })
})

test('a run without a device ends by itself and says so', async () => {
  const { checkDevice } = await import('./check-device.ts')
  const running = checkDevice({ point: 'p', device: 'd', secret: 'secret-1', timeScale: 0.01, patienceMs: 3_000 })
  await assert.rejects(running, /KIT_NO_DEVICE|no device connected to 127\.0\.0\.1:\d+ within 3 s, expected p\/d/)
})
