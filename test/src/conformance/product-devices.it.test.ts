/**
 * The conformance kit on the product's own devices: the simulated native probe, and the edge agent, which is judged by the device behind it
 * that it speaks for. What does not apply to them is named, with its reason.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { checkDevice, type CheckDeviceOptions, type DeviceReport } from '@tracegate/conformance/check-device'
import { startEdge, type Edge } from '@tracegate/edge/edge'
import { createLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { startNativeProbe, type NativeProbe } from '@tracegate/sim/devices/native-probe'

/** A minute of the contract takes six seconds. */
const timeScale = 0.1
const secret = 'secret-of-the-product-device'
const everyMs = 100

function notPassed({ verdicts }: DeviceReport): Record<string, string> {
  return Object.fromEntries(
    verdicts
      .filter(({ outcome }) => outcome !== 'passed')
      .map(({ requirement, outcome, detail, faults }) => [
        requirement.id,
        `${outcome}: ${outcome === 'not tested' ? detail : faults.map(({ seen, expected }) => `${seen}, expected ${expected}`).join('; ')}`
      ])
  )
}

async function judgeDevice(options: Pick<CheckDeviceOptions, 'point' | 'device'> & Partial<CheckDeviceOptions>): Promise<DeviceReport> {
  const report = await checkDevice({ secret, timeScale, durationMs: 90_000, intervalMs: 2_000, ...options })
  assert.equal(report.ended, 'complete', JSON.stringify(notPassed(report), undefined, 2))
  return report
}

const noScans = {
  'TG-701': 'not tested: no scan came: needs --scan-command or a label in front of the reader',
  'TG-702': 'not tested: no scan of a tag came: needs --scan-command',
  'TG-703': 'not tested: no event came: needs --scan-command',
  'TG-704': 'not tested: no scan came: needs --scan-command or a label in front of the reader'
}

const noBacklog = 'not tested: no backlog was sent after a time without a connection'

describe('the devices of the product', { concurrency: 2 }, () => {
  test('the simulated probe passes the conformance kit', async () => {
    let port = 0
    let offsetMs = 0
    let probe: NativeProbe | undefined
    const metrics = [
      { metric: 'temperature', unit: 'Cel', min: -40, max: 60 },
      { metric: 'humidity', unit: '%', min: 0, max: 100 },
      { metric: 'power', unit: 'kW' }
    ]
    const start = () => {
      probe = startNativeProbe({
        brokerUrl: `mqtt://127.0.0.1:${port}`,
        point: 'yard',
        device: 'probe-1',
        secret,
        metrics,
        backOffMinMs: 100,
        silenceMs: 10_000 * timeScale
      })
    }
    const timer = setInterval(() => {
      const room = { temperature2: 4, doorOpen: false, compressorRunning: true, compressorCurrent: 4, setPoint: 4 }
      probe?.send({ timeMs: Date.now(), temperature1: 4, humidity: 60, power: 2, ...room })
    }, everyMs)
    try {
      const report = await judgeDevice({
        point: 'yard',
        device: 'probe-1',
        onListening(address) {
          port = address.port
          start()
        },
        hooks: {
          async clock(seconds) {
            offsetMs += seconds * 1_000
            probe?.setClockOffset(offsetMs)
          },
          async restart() {
            await probe?.[Symbol.asyncDispose]()
            start()
          }
        }
      })
      const cannotBeOrdered = 'not tested: the birth does not name the capability command'
      assert.deepEqual(notPassed(report), {
        'TG-305': cannotBeOrdered,
        'TG-604': 'not tested: no birth declares an interval of a metric that came often enough',
        ...noScans,
        ...Object.fromEntries(['TG-801', 'TG-802', 'TG-803', 'TG-804', 'TG-805', 'TG-806'].map((id) => [id, cannotBeOrdered]))
      })
    } finally {
      clearInterval(timer)
      await probe?.[Symbol.asyncDispose]()
    }
  })

  test('the edge agent passes the conformance kit with a device behind it', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tracegate-conformance-edge-'))
    let port = 0
    let edge: Edge | undefined
    const start = async () => {
      const config = {
        point: 'store',
        agent: 'edge-1',
        secret,
        brokerUrl: `mqtt://127.0.0.1:${port}`,
        dataDir,
        timeQuality: 'synchronized' as const,
        batchAfterMs: 5,
        backOffMinMs: 200,
        watermarkTimeoutMs: 10_000 * timeScale,
        sources: [],
        devices: [
          {
            id: 'sensor-1',
            kind: 'probe' as const,
            name: { zh: '探头', en: 'Probe' },
            metrics: [{ metric: 'temperature', unit: 'Cel', min: -40, max: 60, intervalMs: everyMs }]
          }
        ]
      }
      edge = await startEdge(config, {
        logger: createLogger({ level: 'silent', format: 'json' }),
        metrics: createMetrics({ process: false })
      })
    }
    let dueMs = Date.now()
    const timer = setInterval(() => {
      for (; dueMs <= Date.now(); dueMs += everyMs)
        edge?.intake.readings([{ device: 'sensor-1', metric: 'temperature', unit: 'Cel', timeMs: dueMs, value: 4, quality: 2 }])
    }, everyMs / 2)
    try {
      const report = await judgeDevice({
        point: 'store',
        device: 'sensor-1',
        agent: 'edge-1',
        onListening(address) {
          port = address.port
          void start()
        },
        hooks: {
          async restart() {
            await edge?.[Symbol.asyncDispose]()
            await start()
          }
        }
      })
      const rest = notPassed(report)
      const paced = rest['TG-503'] === noBacklog ? { 'TG-503': noBacklog } : {}
      assert.deepEqual(rest, {
        'TG-502': 'not tested: needs --clock-command',
        'TG-504': 'not tested: needs --clock-command',
        ...noScans,
        // The agent paces its backlog, so that it may not be told from what is sent as it is made.
        ...paced
      })
    } finally {
      clearInterval(timer)
      await edge?.[Symbol.asyncDispose]()
      rmSync(dataDir, { recursive: true })
    }
  })
})
