/** Every adapter of the trace store runs the shared suite: whoever adds one adds its test. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

const folder = new URL('./', import.meta.url)
const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'))
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
const adapters = sources.filter(
  (name) => !name.endsWith('.test.ts') && /export (?:async )?function create\w+\([^)]*\): (?:Promise<)?(?:\w*)TraceStore/.test(textOf(name))
)

describe('adapters of the trace store', () => {
  it('are the ones in memory, in the data folder and in InfluxDB', () => {
    assert.deepEqual(adapters, ['embedded-trace.ts', 'influx-trace.ts', 'memory-trace.ts'])
  })

  for (const adapter of adapters) {
    it(`${adapter} passes the shared suite in a test of its name`, () => {
      const stem = adapter.slice(0, -'.ts'.length)
      const tests = [`${stem}.test.ts`, `${stem}.it.test.ts`].filter((name) => sources.includes(name))
      assert.ok(
        tests.some((name) => textOf(name).includes('runTraceSuite(')),
        `${stem}: no test runs the suite`
      )
    })
  }
})
