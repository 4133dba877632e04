/** The driver of InfluxDB 2.x on a real server, where one can be had. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { isStoreError } from '../errors.ts'
import { runInfluxClientSuite } from '../testing/influx-client-suite.ts'
import { startInfluxd2, withoutInfluxd2, type Influx2Server } from '../testing/influxd2.ts'
import type { InfluxDatabase, InfluxOptions } from './client.ts'
import { createInfluxDatabase } from './client-open.ts'

const skip = withoutInfluxd2()
let server: Influx2Server | undefined
let database: InfluxDatabase
const optionsFor = (rest: Partial<InfluxOptions>): InfluxOptions => {
  const { origin = '', organization = '', token = '' } = server ?? {}
  return { kind: 'influx2', origin, organization, token, database: `a 'b' \${c} ${randomUUID()}`, ...rest }
}

before(async () => {
  if (skip !== false) return
  server = await startInfluxd2()
  database = createInfluxDatabase(optionsFor({}))
  assert.match((await database.prepare()).version, /^v?2\./)
})
after(async () => {
  database?.close()
  await server?.stop()
})

if (skip === false) runInfluxClientSuite('InfluxDB 2.x', () => database)
else test('InfluxDB 2.x', { skip }, () => {})

test('a wrong token and an organization that is not there are told by coded errors', { skip }, async () => {
  for (const [rest, code] of [
    [{ token: 'wrong' }, 'STORE_ACCESS'],
    [{ organization: 'no such' }, 'STORE_SERVER'],
    [{ kind: 'influx1' }, 'STORE_SERVER_VERSION']
  ] as const) {
    const wrong = createInfluxDatabase(optionsFor(rest))
    await assert.rejects(wrong.prepare(), (error) => isStoreError(error, code))
    wrong.close()
  }
})
