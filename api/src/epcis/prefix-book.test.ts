/** Company prefixes known from captured URNs and from the master data of parties. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Party } from '@tracegate/model/registers'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { openPrefixBook } from './prefix-book.ts'

const party = (gln: string, companyPrefixLength?: number): Party => ({
  gln,
  key: `https://id.gs1.org/417/${gln}`,
  name: { zh: '甲', en: 'A' },
  roles: [],
  ...(companyPrefixLength === undefined ? {} : { companyPrefixLength })
})
const fail = (error: unknown): never => assert.fail(String(error))

test('openPrefixBook() knows the prefixes of parties, and of new ones after a refresh', async () => {
  let parties: readonly Party[] = [party('9521001000000', 7), party('9521002000007')]
  const book = await openPrefixBook({ cases: createMemoryCaseStore(), parties: async () => parties, onFailed: fail })
  assert.equal(book.prefixes.lengthOf('https://id.gs1.org/01/09521001000017/21/1'), 7)
  assert.equal(book.prefixes.lengthOf('https://id.gs1.org/01/09521002000016/21/1'), undefined)
  parties = [...parties, party('9521002000007', 9)]
  await book.refresh()
  assert.equal(book.prefixes.lengthOf('https://id.gs1.org/01/09521002000016/21/1'), 9)
})

test('learn() keeps the prefixes of captured URNs over a restart', async () => {
  const cases = createMemoryCaseStore()
  const options = { cases, parties: async () => [], onFailed: fail }
  const book = await openPrefixBook(options)
  book.learn(['{"epcList":["urn:epc:id:sgtin:0614141.107346.2017"]}'])
  assert.equal(book.prefixes.lengthOf('https://id.gs1.org/01/10614141073464/21/1'), 7)
  await new Promise((done) => setImmediate(done))
  const again = await openPrefixBook(options)
  assert.equal(again.prefixes.lengthOf('https://id.gs1.org/01/10614141073464/21/1'), 7)
})
