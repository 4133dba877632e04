/** The contract as a document: numbered once, the same in both languages, each requirement with a test, each example right. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodePayload } from '@tracegate/model/codec'
import { examples } from './examples.ts'
import { judgePayload } from './judge-payload.ts'
import { collectTests, loadRequirements, type Section, sections } from './requirements.ts'
import { cborOf } from './vectors/message-parts.ts'

const folder = new URL('../../../firmware-specs/', import.meta.url)
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
const documents = { en: textOf('contract.md'), zh: textOf('contract.zh-CN.md') } as const
const requirements = loadRequirements()
const ids = requirements.map(({ id }) => id)
const isSection = (name: string): name is Section => Object.hasOwn(sections, name)

test('every requirement has an id of its own, that of its section, in ascending order', () => {
  const numbers = ids.map((id) => Number(id.slice(3)))
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].toSorted((left, right) => left - right)
  )
  for (const { id, section } of requirements) {
    assert.ok(isSection(section), `${id} is of section ${section}`)
    assert.equal(Math.floor(Number(id.slice(3)) / 100), sections[section], id)
  }
})

test('a requirement binds with the word of its level, quotes the same names and ends as a sentence in both languages', () => {
  const words = { MUST: /必须|不得|只能|才可/, SHOULD: /应当/, MAY: /可以/ }
  for (const { id, level, en, zh } of requirements) {
    assert.match(zh, words[level], id)
    assert.match(en, new RegExp(`\\b${level}\\b.*\\.$`), id)
    assert.match(zh, /[。]$/, id)
    for (const name of quoted(en)) assert.ok(quoted(zh).includes(name), `${id}: ${name} is missing in Chinese`)
    for (const name of quoted(zh)) assert.ok(en.includes(name), `${id}: ${name} is missing in English`)
  }
})

/** The names in backquotes, each once. */
function quoted(text: string): string[] {
  return [...new Set([...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))].toSorted()
}

test('both languages have every requirement once and in the same order', () => {
  for (const [language, text] of Object.entries(documents)) {
    const rows = [...text.matchAll(/^\| <a id="(tg-\d+)"><\/a>(TG-\d+) \|/gm)]
    assert.deepEqual(
      rows.map(([, , id]) => id),
      ids,
      language
    )
    for (const [, anchor, id = ''] of rows) assert.equal(anchor, id.toLowerCase())
  }
})

test('both languages have the same sections, code and tables', () => {
  const shape = (text: string) => ({
    headings: [...text.matchAll(/^(#+) ?(\d+)?/gm)].map(([, level, number]) => `${level} ${number ?? ''}`),
    code: [...text.matchAll(/^```.*\n[\s\S]*?^```/gm)].map(([block]) => block),
    rows: [...text.matchAll(/^\|/gm)].length
  })
  assert.deepEqual(shape(documents.zh), shape(documents.en))
})

test('every link inside of the contract leads somewhere', () => {
  const broken: string[] = []
  for (const name of ['contract.md', 'contract.zh-CN.md', 'README.md', 'proof.md', 'vectors/README.md']) {
    const text = textOf(name)
    const slugs = new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => slugOf(title)))
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      const [path = '', anchor = ''] = target.split('#')
      const isThere = /^https?:/.test(target) || (path === '' ? slugs.has(anchor) : existsSync(new URL(path, new URL(name, folder))))
      if (!isThere) broken.push(`${name}: ${target}`)
    }
  }
  assert.deepEqual(broken, [])
})

/** As GitHub makes the anchor of a heading. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

test('every id that the prose names is one of the contract', () => {
  for (const [name, text] of Object.entries(documents))
    for (const [id] of text.matchAll(/TG-\d{3,4}(?![\d-])/g)) assert.ok(ids.includes(id), `${name} ${id}`)
})

test('every id in the title of a test is one of the contract', () => {
  const unknown = [...collectTests()].filter(([id]) => !ids.includes(id)).map(([id, tests]) => `${id} in ${tests[0]?.path}`)
  assert.deepEqual(unknown, [])
})

test('every requirement has a test that names it', () => {
  const tests = collectTests()
  assert.deepEqual(
    ids.filter((id) => !tests.has(id)),
    [],
    'put the id in front of the title of the test that proves it'
  )
})

test('every example is a right message, in JSON and in CBOR, and shown in both languages', () => {
  for (const [name, { channel, message }] of Object.entries(examples)) {
    for (const bytes of [Buffer.from(JSON.stringify(message)), Buffer.from(cborOf(message), 'hex')]) {
      const judged = judgePayload(channel, bytes)
      assert.deepEqual(judged.ok ? judged.value : judged.reason, message, name)
    }
    for (const text of Object.values(documents)) assert.ok(text.includes(`\n${JSON.stringify(message)}\n`), name)
  }
})

test('the bytes shown in the contract are those of the message shown', () => {
  const block = (name: string): string =>
    /```\n([\s\S]*?)```/.exec(documents.en.slice(documents.en.indexOf(`generated: ${name} `)))?.[1] ?? ''
  const json = Buffer.from(block('bytes-json').replaceAll('\n', ''), 'hex')
  const cbor = block('bytes-cbor')
    .split('\n')
    .map((line) => /^ *((?:[0-9a-f]+ ?)+?)(?: {2}|$)/.exec(line)?.[1]?.replaceAll(' ', '') ?? '')
    .join('')
  for (const bytes of [json, Buffer.from(cbor, 'hex')])
    assert.deepEqual(decodePayload(bytes), { ok: true, value: examples.telemetry.message })
})
