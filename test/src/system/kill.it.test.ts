/** Acknowledged means committed: the process is killed ten times in the middle of ingest and every acknowledged message is there once. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { RangeAnswer } from '@tracegate/model/http'
import { freePort, spawnProduct, temporaryFolder, waitFor } from './product.ts'
import { createSender } from './sender.ts'

const kills = 10
const answers = compileValidator(RangeAnswer)
const secretsFile = compileValidator(Type.Record(Type.String(), Type.String()))

test(
  `kill -9 in the middle of ingest, ${kills} times: every acknowledged message is stored exactly once`,
  { timeout: 200_000 },
  async (context) => {
    await using folder = await temporaryFolder()
    const [httpPort, mqttPort] = [await freePort(), await freePort()]
    // The first start enrols the devices of the simulated port; the later ones run the platform alone.
    {
      await using first = await spawnProduct({ dataDir: folder.path, httpPort, mqttPort })
      await first.kill('SIGTERM')
    }
    const secrets = secretsFile.check(JSON.parse(await readFile(join(folder.path, 'sim', 'credentials.json'), 'utf8')))
    assert.ok(secrets.ok)
    const startMs = Date.now() - 3_600_000
    const sender = createSender({
      username: 'replay/recorder',
      password: secrets.value['replay/recorder'] ?? '',
      point: 'replay',
      device: 'counter',
      boot: 'boot-1',
      startMs,
      windowMax: 200
    })
    for (let round = 0; round < kills; round += 1) {
      await using product = await spawnProduct({ dataDir: folder.path, httpPort, mqttPort, arguments: ['--simulator', 'false'] })
      await sender.connect(mqttPort)
      const before = sender.acknowledged.size
      let stop = false
      const sending = sender.sendUntil(() => stop)
      await waitFor('acknowledgements', 20_000, () => (sender.acknowledged.size > before + 300 + round * 97 ? true : undefined))
      await product.kill('SIGKILL')
      stop = true
      await sending
      sender.end()
    }
    await using last = await spawnProduct({ dataDir: folder.path, httpPort, mqttPort, arguments: ['--simulator', 'false'] })
    const acknowledged = sender.acknowledged
    const query = new URLSearchParams({
      series: 'replay/counter/count',
      from: new Date(startMs).toISOString(),
      to: new Date(startMs + 3_600_000).toISOString(),
      limit: '100000'
    })
    const stored = await waitFor('what was acknowledged to be stored', 20_000, async () => {
      const answer = answers.check((await last.client.ask(`/api/v1/readings?${query.toString()}`)).body)
      const readings = answer.ok ? (answer.value.readings ?? []) : []
      return readings.length >= acknowledged.size ? readings : undefined
    })
    const seen = new Map<number, number>()
    for (const [timeMs, value] of stored) {
      assert.equal(value, timeMs - startMs)
      seen.set(timeMs, (seen.get(timeMs) ?? 0) + 1)
    }
    for (const seq of acknowledged)
      assert.equal(
        seen.get(startMs + seq),
        1,
        `message ${seq} was acknowledged and is stored ${String(seen.get(startMs + seq) ?? 0)} times`
      )
    context.diagnostic(`${acknowledged.size} acknowledged, ${stored.length} stored, ${kills} kills`)
  }
)
