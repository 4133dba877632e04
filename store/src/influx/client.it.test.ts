/** The driver of InfluxDB 1.x on a real server. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isStoreError } from '../errors.ts'
import { runInfluxClientSuite } from '../testing/influx-client-suite.ts'
import { startInfluxd, withoutInfluxd, type StartedInfluxd } from '../testing/influxd.ts'
import type { InfluxDatabase } from './client.ts'
import { createInfluxDatabase } from './client-open.ts'

const skip = withoutInfluxd()
let server: StartedInfluxd
let database: InfluxDatabase

before(async () => {
  if (skip !== false) return
  server = await startInfluxd()
  database = createInfluxDatabase({ kind: 'influx1', origin: server.origin, database: 'a "b" c' })
  assert.match((await database.prepare()).version, /^v?1\./)
})
after(async () => {
  database?.close()
  await server?.stop()
})

if (skip === false) runInfluxClientSuite('InfluxDB 1.x', () => database)
else test('InfluxDB 1.x', { skip }, () => {})

test('a server that is not there is told by a coded error, without a secret', async () => {
  const absent = createInfluxDatabase({ kind: 'influx1', origin: 'http://127.0.0.1:9', database: 'd', username: 'u', password: 'se-cret' })
  for (const work of [
    () => absent.prepare(),
    () => absent.write(['m v=1'], 'ns'),
    () => absent.select({ measurement: 'm', fields: ['v'], pick: { type: 'count' } })
  ])
    await assert.rejects(work(), (error) => isStoreError(error, 'STORE_UNREACHABLE') && !JSON.stringify(error).includes('se-cret'))
  absent.close()
})
