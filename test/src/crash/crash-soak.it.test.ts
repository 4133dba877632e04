/** A short soak in CI; a long one is run by hand with `node test/src/crash/soak.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failuresOf } from './result.ts'
import { soak } from './soak.ts'

const seconds = 20

test(
  'TG-404 TG-405 TG-415 TG-903: random faults on all parts at once lose nothing and store nothing twice',
  { timeout: 200_000 },
  async (context) => {
    const result = await soak({ seconds, seed: 'ci', broker: 'embedded' })
    context.diagnostic(`${result.faults} faults in ${seconds} s: ${result.how}`)
    context.diagnostic(`${result.sent} items sent, ${result.stored} readings and events stored, ${result.repeats} messages seen again`)
    assert.deepEqual(failuresOf({ ...result, part: 'collector', fault: 'kill -9', seconds }), [])
  }
)
