/** Every text exists in both languages with the same gaps to fill, and every one is used. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { anomalyCategories, anomalyTypes } from '@tracegate/model/anomaly'
import { pointKinds } from '@tracegate/model/registers'
import { cutLimits, edgeKinds, holderStates, nodeKinds, stages } from '@tracegate/model/trace'
import { warningLevels, warningStatuses } from '@tracegate/model/warning'
import { commonEn } from './common-en.ts'
import { commonZh } from './common-zh.ts'
import { consoleEn } from './console-en.ts'
import { consoleZh } from './console-zh.ts'
import { traceEn } from './trace-en.ts'
import { traceZh } from './trace-zh.ts'

const pairs: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>])[] = [
  ['common', commonEn, commonZh],
  ['console', consoleEn, consoleZh],
  ['trace', traceEn, traceZh]
]
const english: Readonly<Record<string, string>> = { ...commonEn, ...consoleEn, ...traceEn }

for (const [name, en, zh] of pairs) {
  test(`the ${name} texts have the same keys and gaps in both languages`, () => {
    assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort())
    const gaps = (text: string | undefined) => [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort()
    for (const key of Object.keys(en)) assert.deepEqual(gaps(zh[key]), gaps(en[key]), key)
  })
  test(`the Chinese ${name} texts are Chinese and the English ones are not`, () => {
    const han = /\p{Script=Han}/u
    const neutral = new Set(['app.language', 'app.name'])
    for (const [key, text] of Object.entries(en)) if (!neutral.has(key)) assert.equal(han.test(text), false, key)
    for (const [key, text] of Object.entries(zh))
      if (!neutral.has(key) && !text.startsWith('{{value}}')) assert.equal(han.test(text), true, key)
  })
}

test('no key stands in two tables', () => {
  const keys = pairs.flatMap(([, en]) => Object.keys(en))
  assert.equal(new Set(keys).size, keys.length)
})

test('every word of the model that a page shows has a text', () => {
  const families: readonly (readonly [string, readonly string[]])[] = [
    ['anomalyType', anomalyTypes],
    ['anomalyCategory', anomalyCategories],
    ['pointKind', pointKinds],
    ['edge', edgeKinds],
    ['cut', cutLimits],
    ['holder', holderStates],
    ['kind', nodeKinds],
    ['stage', stages],
    ['level', warningLevels],
    ['warningStatus', warningStatuses]
  ]
  for (const [family, words] of families) for (const word of words) assert.ok(`${family}.${word}` in english, `${family}.${word}`)
})

test('every text is used by a page', () => {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/^(text|dev)\/|\.test\./.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const families = new Set([...sources.matchAll(/(?:code\('|t\(`)([\w.]+?)(?:\.\$\{|',)/g)].map((match) => match[1]))
  for (const key of Object.keys(english)) {
    const family = key.slice(0, key.lastIndexOf('.'))
    assert.ok(sources.includes(`'${key}'`) || families.has(family), key)
  }
})
