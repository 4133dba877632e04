/**
 * What the adapters need of an InfluxDB server, alike for 1.x, 2.x and 3.x. A driver sends each request once: it keeps no queue, drops
 * nothing and tries nothing again; that is for who knows what the points are. Its errors are coded and never hold a secret.
 */
import type { SelectAnswer, Selection, TimeSpan } from './selection.ts'
import type { WriteAnswer } from './write-answer.ts'

const influxKinds = ['influx1', 'influx2', 'influx3'] as const
export type InfluxKind = (typeof influxKinds)[number]

export interface InfluxOptions {
  readonly kind: InfluxKind
  /** `http://host:8086`, without credentials. */
  readonly origin: string
  /** The database of 1.x and 3.x, the bucket of 2.x; made when it is not there and the credentials allow it. */
  readonly database: string
  /** 2.x only: the name of the organization. */
  readonly organization?: string
  readonly username?: string
  readonly password?: string
  readonly token?: string
  /** Of each request. Default 30,000. */
  readonly timeoutMs?: number
  /** Gzips what is written. Default: unless the server is on this machine. */
  readonly compress?: boolean
}

/** ms: points lie on whole milliseconds. */
export type WritePrecision = 'ms' | 'ns'

interface Deletion {
  readonly measurement: string
  /** All of these, exactly; none means every series of the measurement. */
  readonly tags: Readonly<Record<string, string>>
  readonly span: TimeSpan
}

export interface InfluxDatabase {
  readonly kind: InfluxKind
  /** For messages and logs: address and database, no secret. */
  readonly name: string
  /** Asks the server for its version, and makes the database. Rejects with `STORE_UNREACHABLE`, `STORE_SERVER_VERSION`, `STORE_ACCESS`. */
  prepare(): Promise<{ readonly version: string }>
  /** One request. Rejects with `STORE_UNREACHABLE` or `STORE_TIMEOUT`: then nobody knows whether the points are stored. */
  write(lines: readonly string[], precision: WritePrecision): Promise<WriteAnswer>
  select(selection: Selection): Promise<SelectAnswer>
  /** The same for several in one request, where the server takes that; the answers in the order of the selections. */
  selectEach?(selections: readonly Selection[]): Promise<SelectAnswer[]>
  /** Rejects with `STORE_UNSUPPORTED` on 3.x. */
  remove(deletion: Deletion): Promise<void>
  close(): void
}
