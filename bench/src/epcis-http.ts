/**
 * EPCIS by HTTP: documents of 500 events captured, validated, hashed and committed; all events of one EPC over 50 connections; a recall
 * scope and a back trace. The server is a process of its own, the load is beside it. The baseline of the same run is a bare HTTP server
 * over a SQLite table of JSON rows, which validates nothing, hashes nothing and knows no time.
 */
import { fork } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compare, describeMachine, median, type Bench, type BenchReport, type BenchRow } from './bench.ts'
import { readProfile } from './cpu-profile.ts'
import { getRequest, openCaller, postRequest, sendAll } from './epcis-http-load.ts'
import {
  consignmentsIn,
  documentAt,
  eventsPerDocument,
  itemKey,
  itemsOf,
  madeDocument,
  madeInputs,
  madeProduct,
  madeTransformations,
  treeDocuments,
  treeItems,
  treeTop,
  wholeDocuments
} from './epcis-http-world.ts'
import { endChild, nextMessage, numberIn } from './ingest-process.ts'
import { percentiles } from './trace-world.ts'

const captureConnections = 4
const lookupConnections = 50
const lookupsPerScale = 20_000
const lookupsMax = 60_000
const traceRounds = 15
const profileEntriesMax = 15
const profileNameLengthMax = 60
const jobWaitMs = 60_000

interface Measured {
  readonly eventsPerSecond: number
  readonly captureCpuMicroseconds: number
  readonly lookupsPerSecond: number
  readonly lookupMs: { readonly p50: number; readonly p99: number }
  readonly bytesPerLookup: number
  readonly scopeMs: number
  readonly backMs: number
  readonly residentMiB: number
  readonly eventBytes: number
}

export const bench: Bench = {
  name: 'epcis-http',
  about: 'EPCIS documents captured by HTTP, events of one EPC by HTTP, recall scope and back trace through the API',
  async run({ scale = 1, profileDir }): Promise<BenchReport> {
    const documents = wholeDocuments(120 * scale)
    const lookups = Math.min(lookupsMax, Math.max(200, Math.round(lookupsPerScale * scale)))
    const work = { documents, lookups }
    const ours = await measure('ours', work, profileDir)
    const plain = await measure('plain', work)
    const rows = [...rowsOf(ours, plain), ...(profileDir === undefined ? [] : await profileRows(profileDir))]
    return {
      work:
        `${documents} documents of ${eventsPerDocument} events (${Math.round(ours.eventBytes)} bytes, 1 to 20 EPCs) over ${captureConnections} connections, ` +
        `${lookups} lookups over ${lookupConnections}, a tree of ${treeItems} items, ${madeTransformations} transformations of ${madeInputs} inputs; ` +
        'load and server share the machine',
      machine: describeMachine(),
      rows
    }
  }
}

function rowsOf(ours: Measured, plain: Measured): BenchRow[] {
  const what = 'JSON rows in SQLite behind node:http'
  const more = (figure: string, unit: string, value: number, base: number) =>
    compare({ figure, unit, value }, { what, value: base }, 'more')
  const less = (figure: string, unit: string, value: number, base: number) =>
    compare({ figure, unit, value }, { what, value: base }, 'less')
  return [
    more('captured, validated, hashed, committed', 'events/s', ours.eventsPerSecond, plain.eventsPerSecond),
    less('processor time an event captured', 'µs', ours.captureCpuMicroseconds, plain.captureCpuMicroseconds),
    more('all events of one EPC, 50 connections', 'requests/s', ours.lookupsPerSecond, plain.lookupsPerSecond),
    less('… median', 'ms', ours.lookupMs.p50, plain.lookupMs.p50),
    less('… 99th percentile', 'ms', ours.lookupMs.p99, plain.lookupMs.p99),
    { figure: '… bytes an answer', value: ours.bytesPerLookup, unit: 'bytes' },
    less(`recall scope over ${treeItems} items`, 'ms', ours.scopeMs, plain.scopeMs),
    less(`back trace, ${madeTransformations} transformations, ${madeInputs} inputs`, 'ms', ours.backMs, plain.backMs),
    { figure: 'resident memory of the server', value: ours.residentMiB, unit: 'MiB' }
  ]
}

async function measure(mode: 'ours' | 'plain', work: { documents: number; lookups: number }, profileDir?: string): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
  if (profileDir !== undefined) await mkdir(profileDir, { recursive: true })
  const child = fork(fileURLToPath(new URL('epcis-http-server.ts', import.meta.url)), [mode, dataDir], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, '--cpu-prof-interval=500']
  })
  const figures = async () => {
    const answer = nextMessage(child)
    child.send('figures')
    const found = await answer
    return { cpuMs: numberIn(found, 'cpuMs'), residentMiB: numberIn(found, 'residentMiB') }
  }
  try {
    const port = numberIn(await nextMessage(child), 'port')
    const before = await figures()
    const captured = await capture(port, work.documents)
    const after = await figures()
    await captureAll(port, [...treeDocuments(), madeDocument()])
    await lookUp(port, { documents: work.documents, lookups: Math.ceil(work.lookups / 5) })
    const looked = await lookUp(port, work)
    const scopePath = mode === 'ours' ? '/api/v1/recall-scope' : '/forward'
    const backPath = mode === 'ours' ? '/api/v1/trace/back' : '/back'
    return {
      eventsPerSecond: ((work.documents * eventsPerDocument) / captured.tookMs) * 1_000,
      captureCpuMicroseconds: ((after.cpuMs - before.cpuMs) * 1_000) / (work.documents * eventsPerDocument),
      eventBytes: captured.eventBytes,
      ...looked,
      scopeMs: await timeQuestion(port, `${scopePath}?of=${encodeURIComponent(treeTop)}`),
      backMs: await timeQuestion(port, `${backPath}?of=${encodeURIComponent(madeProduct)}`),
      residentMiB: (await figures()).residentMiB
    }
  } finally {
    await endChild(child)
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** From the first octet of the first document to the end of the last job. */
async function capture(port: number, documents: number): Promise<{ tookMs: number; eventBytes: number }> {
  const chunk = 60
  let tookMs = 0
  let bytes = 0
  // Made by the chunk, outside of the time that is measured, so that two million events need not be held at once.
  for (let first = 0; first < documents; first += chunk) {
    const requests = Array.from({ length: Math.min(chunk, documents - first) }, (_, at) =>
      postRequest('/epcis/v2/capture', documentAt(first + at))
    )
    bytes += requests.reduce((sum, { length }) => sum + length, 0)
    const startedMs = performance.now()
    await captureRequests(port, requests)
    tookMs += performance.now() - startedMs
  }
  return { tookMs, eventBytes: bytes / (documents * eventsPerDocument) }
}

async function captureAll(port: number, documents: readonly string[]): Promise<void> {
  await captureRequests(
    port,
    documents.map((document) => postRequest('/epcis/v2/capture', document))
  )
}

async function captureRequests(port: number, requests: readonly Buffer[]): Promise<void> {
  const jobs: string[] = []
  await sendAll({
    port,
    connections: captureConnections,
    count: requests.length,
    request: (number) => requests[number] ?? '',
    status: 202,
    onAnswer: ({ head }) => {
      const location = /\r\nlocation: (\S+)/i.exec(head)?.[1]
      if (location !== undefined) jobs.push(location)
    }
  })
  const caller = await openCaller(port)
  const endMs = performance.now() + jobWaitMs
  for (const job of jobs) {
    for (;;) {
      const text = (await caller.ask(getRequest(job))).body.toString()
      if (text.includes('"running":false')) {
        if (!text.includes('"success":true')) throw new Error(`a capture failed: ${text.slice(0, 400)}`)
        break
      }
      if (performance.now() > endMs) throw new Error(`a capture did not end within ${jobWaitMs} ms`)
    }
  }
  await caller[Symbol.asyncDispose]()
}

async function lookUp(port: number, { documents, lookups }: { documents: number; lookups: number }) {
  const consignments = consignmentsIn(documents)
  const requests = Array.from({ length: lookups }, (_, at) => {
    const consignment = (at * 7_919 + 13) % consignments
    const epc = itemKey(consignment, at % itemsOf(consignment))
    return getRequest(`/epcis/v2/events?MATCH_anyEPC=${encodeURIComponent(epc)}`)
  })
  const sent = await sendAll({
    port,
    connections: lookupConnections,
    count: lookups,
    request: (number) => requests[number] ?? '',
    status: 200
  })
  return {
    lookupsPerSecond: (sent.requests / sent.tookMs) * 1_000,
    lookupMs: percentiles([...sent.latenciesMs]),
    bytesPerLookup: sent.bytes / sent.requests
  }
}

/** Median; NaN where the server has no such question. */
async function timeQuestion(port: number, path: string): Promise<number> {
  const caller = await openCaller(port)
  const times: number[] = []
  for (let round = 0; round < traceRounds; round += 1) {
    const startedMs = performance.now()
    const { status, body } = await caller.ask(getRequest(path))
    if (status !== 200) throw new Error(`${path} is ${status}: ${body.toString('utf8', 0, 300)}`)
    times.push(performance.now() - startedMs)
  }
  await caller[Symbol.asyncDispose]()
  return median(times)
}

async function profileRows(folder: string): Promise<BenchRow[]> {
  const profile = await readProfile(folder)
  if (profile === undefined) return []
  return [...profile.functions.slice(0, profileEntriesMax), ...profile.packages.slice(0, profileEntriesMax)].map(({ name, share }) => ({
    figure: `profile: ${name.slice(0, profileNameLengthMax)}`,
    value: share * 100,
    unit: '%'
  }))
}
