/**
 * Checks a sealed evidence bundle: signature, every file's hash, none missing or extra, event hash ids, journal chains, order and times. Short
 * on purpose and without any dependency but Node and the event hash of CBV 2.0, so that an expert can read all of it. It changes nothing.
 */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { eventHashId } from '@tracegate/model/epcis/event-hash'
import type { EpcisEvent } from '@tracegate/model/epcis/event'
import { readZip, type ZipEntry } from './verify-zip.ts'

interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}
export interface Verdict {
  readonly ok: boolean
  readonly checks: readonly Check[]
}
export interface VerifyOptions {
  /** Public keys that the publisher gave, as PEM. Without one the seal is compared with the key inside of the bundle only. */
  readonly trustedKeys?: readonly string[]
  readonly nowMs: number
}

type Members = Readonly<Record<string, unknown>>

const manifestBytesMax = 4_194_304
/** All files together, unpacked. */
const unpackedBytesMax = 1_073_741_824
/** The clocks of who sealed and who checks may be so far apart. */
const skewMs = 300_000
const shownMax = 5

/** Never throws: whatever is wrong is a check that failed. */
export function verifyBundle(file: Buffer, options: VerifyOptions): Verdict {
  const checks: Check[] = []
  const check = (name: string, work: () => string): boolean => {
    try {
      checks.push({ name, ok: true, detail: work() })
      return true
    } catch (error) {
      checks.push({ name, ok: false, detail: (error instanceof Error ? error.message : String(error)).slice(0, 500) })
      return false
    }
  }
  let entries: ReadonlyMap<string, ZipEntry> = new Map()
  let manifest: Members = {}
  const contents = new Map<string, Buffer>()
  const isReadable =
    check('archive', () => {
      entries = new Map(readZip(file).map((entry) => [entry.name, entry]))
      const bytes = [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0)
      if (bytes > unpackedBytesMax) throw new Error(`unpacked it has ${bytes} octets, expected at most ${unpackedBytesMax}`)
      return `${entries.size} files, ${bytes} octets unpacked`
    }) &&
    check('manifest', () => {
      const bytes = contentOf(entries, 'manifest.json', manifestBytesMax)
      manifest = membersOf(JSON.parse(bytes.toString()), 'the manifest')
      if (manifest['format'] !== 'tracegate-evidence/1')
        throw new Error(`its format is ${JSON.stringify(manifest['format'])}, expected tracegate-evidence/1`)
      if (canonical(manifest) !== bytes.toString()) throw new Error('it is not written canonically (RFC 8785)')
      return `bundle ${textOf(manifest, 'id')} of ${textOf(manifest, 'createdAt')}`
    })
  if (!isReadable) return { ok: false, checks }
  check('signature', () => checkSignature(entries, manifest))
  check('key', () => checkKey(entries, manifest, options.trustedKeys ?? []))
  check('time', () => checkTime(manifest, options.nowMs))
  check('files', () => checkFiles(entries, manifest, contents))
  check('events', () => checkEvents(linesOf(contents, 'events.jsonl'), numberOf(manifest, 'createdAtMs')))
  check('journals', () => checkJournals(manifest, contents))
  check('counts', () => checkCounts(manifest, contents))
  return { ok: checks.every(({ ok }) => ok), checks }
}

function checkSignature(entries: ReadonlyMap<string, ZipEntry>, manifest: Members): string {
  const key = keyInside(entries)
  const manifestBytes = contentOf(entries, 'manifest.json', manifestBytesMax)
  if (!verify(null, manifestBytes, key, contentOf(entries, 'manifest.sig', 64))) throw new Error('the seal does not fit the manifest')
  if (keyIdOf(key) !== manifest['keyId']) throw new Error('the manifest names another key')
  return `Ed25519 by key ${keyIdOf(key)}`
}

function checkKey(entries: ReadonlyMap<string, ZipEntry>, manifest: Members, trusted: readonly string[]): string {
  if (trusted.length === 0) return 'NOT COMPARED: give --key with the key that the publisher gave you'
  const ids = trusted.map((pem) => keyIdOf(createPublicKey(pem)))
  const id = keyIdOf(keyInside(entries))
  if (!ids.includes(id) || manifest['keyId'] !== id) throw new Error(`it is sealed by ${id}, expected one of the ${ids.length} keys given`)
  return 'the seal is by a key that was given'
}

function checkTime(manifest: Members, nowMs: number): string {
  const createdAtMs = numberOf(manifest, 'createdAtMs')
  const knownAtMs = Date.parse(textOf(manifest, 'knownAt'))
  if (Date.parse(textOf(manifest, 'createdAt')) !== createdAtMs) throw new Error('the manifest names two times of making')
  if (createdAtMs > nowMs + skewMs) throw new Error(`it says that it was made at ${textOf(manifest, 'createdAt')}, which is still to come`)
  if (!(knownAtMs <= createdAtMs)) throw new Error('it says that it knows what came after it')
  return `made at ${textOf(manifest, 'createdAt')}, as known at ${textOf(manifest, 'knownAt')}`
}

function checkFiles(entries: ReadonlyMap<string, ZipEntry>, manifest: Members, contents: Map<string, Buffer>): string {
  const files = listOf(manifest, 'files').map((file) => membersOf(file, 'a file of the manifest'))
  const names = files.map((file) => textOf(file, 'name'))
  const known = new Set([...names, 'manifest.json', 'manifest.sig'])
  if (known.size !== names.length + 2) throw new Error('the manifest names a file twice')
  const extra = [...entries.keys()].filter((name) => !known.has(name))
  const missing = [...known].filter((name) => !entries.has(name))
  const wrong = files.flatMap((file) => {
    const name = textOf(file, 'name')
    if (!entries.has(name)) return []
    const content = contentOf(entries, name, numberOf(file, 'bytes'))
    contents.set(name, content)
    const hash = createHash('sha256').update(content).digest('hex')
    return hash === file['sha256'] && content.length === file['bytes'] ? [] : [name]
  })
  const faults = [
    ...extra.map((name) => `extra: ${name}`),
    ...missing.map((name) => `missing: ${name}`),
    ...wrong.map((name) => `changed: ${name}`)
  ]
  if (faults.length > 0) throw new Error(shown(faults))
  return `${files.length} files as the manifest says`
}

function checkEvents(lines: readonly string[], createdAtMs: number): string {
  const faults = lines.flatMap((line, index): string[] => {
    const { n, hashId, event } = membersOf(JSON.parse(line), `line ${index + 1}`)
    if (n !== index + 1) return [`line ${index + 1} is numbered ${String(n)}`]
    if (!isEvent(event)) return [`line ${index + 1} is no event`]
    if (eventHashId(event, event['@context']) !== hashId) return [`line ${index + 1} has another hash id`]
    const recordMs = Date.parse(event.recordTime ?? '')
    return recordMs <= createdAtMs + skewMs ? [] : [`line ${index + 1} was recorded after the bundle was made`]
  })
  if (faults.length > 0) throw new Error(shown(faults))
  return `${lines.length} events with their hash ids (CBV 2.0)`
}

/** Enough to hash it; what is not an event hashes to something else. */
function isEvent(value: unknown): value is EpcisEvent {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** Each step's hash covers the step and the hash before it; the first one names the case. */
function checkJournals(manifest: Members, contents: ReadonlyMap<string, Buffer>): string {
  const journals = listOf(manifest, 'journals').map((journal) => membersOf(journal, 'a journal of the manifest'))
  const named = new Set(journals.map((journal) => textOf(journal, 'file')))
  const unnamed = [...contents.keys()].filter((name) => name.startsWith('journals/') && !named.has(name))
  if (unnamed.length > 0) throw new Error(`journals without a case: ${shown(unnamed)}`)
  let count = 0
  for (const journal of journals) {
    const [name, kind, id] = [textOf(journal, 'file'), textOf(journal, 'kind'), textOf(journal, 'id')]
    let previousHash = sha256(canonical([kind, id]))
    for (const [index, line] of linesOf(contents, name).entries()) {
      const { hash, ...step } = membersOf(JSON.parse(line), `${name}, step ${index}`)
      if (step['index'] !== index || step['previousHash'] !== previousHash || sha256(canonical(step)) !== hash)
        throw new Error(`the chain of ${name} breaks at step ${index}`)
      if (!(numberOf(step, 'atMs') <= numberOf(manifest, 'createdAtMs') + skewMs))
        throw new Error(`${name}, step ${index} is later than the bundle`)
      previousHash = sha256(canonical(step))
      count += 1
    }
    if (journal['lastHash'] !== previousHash || linesOf(contents, name).length !== journal['steps']) throw new Error(`${name} ends early`)
  }
  return `${journals.length} journals, ${count} steps, every chain whole`
}

function checkCounts(manifest: Members, contents: ReadonlyMap<string, Buffer>): string {
  for (const file of listOf(manifest, 'files').map((one) => membersOf(one, 'a file of the manifest'))) {
    const name = textOf(file, 'name')
    const lines = /\.(?:jsonl|csv)$/.test(name) ? linesOf(contents, name).length - (name.endsWith('.csv') ? 1 : 0) : undefined
    if (lines !== undefined && lines !== file['count'])
      throw new Error(`${name} has ${lines} lines, the manifest says ${String(file['count'])}`)
  }
  const cut = listOf(manifest, 'cut')
  return cut.length === 0 ? 'nothing was cut by a limit' : `CUT when it was made: ${shown(cut.map(String))}`
}

function contentOf(entries: ReadonlyMap<string, ZipEntry>, name: string, bytesMax: number): Buffer {
  const entry = entries.get(name)
  if (entry === undefined) throw new Error(`${name} is missing`)
  if (entry.bytes > bytesMax) throw new Error(`changed: ${name} has ${entry.bytes} octets, expected at most ${bytesMax}`)
  return entry.read()
}

function keyInside(entries: ReadonlyMap<string, ZipEntry>): KeyObject {
  const key = createPublicKey(contentOf(entries, 'public-key.pem', 4_096))
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`the key is ${String(key.asymmetricKeyType)}, expected ed25519`)
  return key
}

export function keyIdOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** RFC 8785: members sorted by UTF-16 code units, no white space. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${names.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

function linesOf(contents: ReadonlyMap<string, Buffer>, name: string): string[] {
  const text = contents.get(name)?.toString()
  if (text === undefined) throw new Error(`${name} is missing`)
  return text.split(/\r?\n/).filter((line) => line !== '')
}

function membersOf(value: unknown, what: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object`)
  return Object.fromEntries(Object.entries(value))
}

function listOf(members: Members, name: string): unknown[] {
  const value = members[name]
  if (!Array.isArray(value)) throw new Error(`${name} is no list`)
  return value
}

function textOf(members: Members, name: string): string {
  const value = members[name]
  if (typeof value !== 'string') throw new Error(`${name} is no text`)
  return value
}

function numberOf(members: Members, name: string): number {
  const value = members[name]
  if (typeof value !== 'number') throw new Error(`${name} is no number`)
  return value
}

function shown(list: readonly string[]): string {
  return list.slice(0, shownMax).join('; ') + (list.length > shownMax ? `; and ${list.length - shownMax} more` : '')
}
