/** The baseline of the EPCIS bench: the same requests answered by bare `node:http` over a SQLite table of JSON rows. It checks nothing. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const lists = ['epcList', 'childEPCs', 'inputEPCList', 'outputEPCList'] as const
const classLists = ['quantityList', 'inputQuantityList', 'outputQuantityList'] as const

export async function startPlainServer(dataDir: string): Promise<number> {
  const table = openTable(join(dataDir, 'plain.db'))
  const server = createServer((request, response) => void answer(table, request, response))
  const { promise, resolve } = Promise.withResolvers<number>()
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    resolve(address !== null && typeof address === 'object' ? address.port : 0)
  })
  return promise
}

async function answer(table: ReturnType<typeof openTable>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (request.method === 'POST') {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk)
    table.insert(eventsOf(JSON.parse(Buffer.concat(chunks).toString())))
    response.writeHead(202, { 'content-length': 0 }).end()
    return
  }
  const of = url.searchParams.get('of')
  const found =
    of === null
      ? table.byEpc(url.searchParams.get('MATCH_anyEPC') ?? '')
      : table.walk(of, url.pathname.endsWith('back') ? 'back' : 'forward')
  const body = Buffer.from(`{"type":"EPCISQueryDocument","epcisBody":{"queryResults":{"resultsBody":{"eventList":[${found.join(',')}]}}}}`)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

interface PlainEvent {
  readonly json: string
  readonly timeMs: number
  readonly epcs: readonly { readonly epc: string; readonly role: 'in' | 'out' }[]
}

function openTable(path: string) {
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
    CREATE TABLE event (id INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, json TEXT NOT NULL);
    CREATE TABLE event_epc (epc TEXT NOT NULL, role TEXT NOT NULL, event INTEGER NOT NULL);
    CREATE INDEX event_epc_index ON event_epc (epc, event);
    CREATE INDEX event_epc_event ON event_epc (event);`)
  const insertEvent = database.prepare('INSERT INTO event (time_ms, json) VALUES (?, ?)')
  const insertEpc = database.prepare('INSERT INTO event_epc (epc, role, event) VALUES (?, ?, ?)')
  const select = database.prepare(
    'SELECT json FROM event JOIN event_epc ON event_epc.event = event.id WHERE epc = ? ORDER BY time_ms DESC LIMIT 30'
  )
  const step = (from: string, to: string) =>
    database.prepare(
      `SELECT DISTINCT other.epc FROM event_epc AS own JOIN event_epc AS other ON other.event = own.event AND other.role = '${to}'
       WHERE own.epc = ? AND own.role = '${from}'`
    )
  const steps = { back: step('out', 'in'), forward: step('in', 'out') }
  const byEpc = (epc: string): string[] => select.all(epc).map((row) => String(row['json']))
  return {
    insert(events: readonly PlainEvent[]) {
      database.exec('BEGIN IMMEDIATE')
      for (const { json, timeMs, epcs } of events) {
        const { lastInsertRowid } = insertEvent.run(timeMs, json)
        for (const { epc, role } of epcs) insertEpc.run(epc, role, lastInsertRowid)
      }
      database.exec('COMMIT')
    },
    byEpc,
    /** All events of a thing and of everything that it holds or was made of, level by level. */
    walk(of: string, direction: 'back' | 'forward'): string[] {
      const seen = new Set([of])
      const found: string[] = []
      for (let level = [of]; level.length > 0;) {
        const below: string[] = []
        for (const epc of level) {
          found.push(...byEpc(epc))
          for (const row of steps[direction].all(epc)) {
            const other = String(row['epc'])
            if (!seen.has(other)) below.push(other)
            seen.add(other)
          }
        }
        level = below
      }
      return found
    }
  }
}

/** A parent counts as what its children go into; of a container, forward is what it holds. */
function eventsOf(document: unknown): PlainEvent[] {
  const list = member(member(document, 'epcisBody'), 'eventList')
  return (Array.isArray(list) ? list : []).map((event: unknown) => {
    const epcs: { epc: string; role: 'in' | 'out' }[] = []
    const parent = member(event, 'parentID')
    if (typeof parent === 'string') epcs.push({ epc: parent, role: 'in' })
    for (const name of lists) for (const epc of textsOf(member(event, name))) epcs.push({ epc, role: roleOf(name) })
    for (const name of classLists) {
      const quantities = member(event, name)
      for (const one of Array.isArray(quantities) ? quantities : [])
        for (const epc of textsOf([member(one, 'epcClass')])) epcs.push({ epc, role: roleOf(name) })
    }
    return { json: JSON.stringify(event), timeMs: Date.parse(String(member(event, 'eventTime'))), epcs }
  })
}

function roleOf(list: string): 'in' | 'out' {
  return list.startsWith('output') || list === 'childEPCs' ? 'out' : 'in'
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined
}
