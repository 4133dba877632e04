/**
 * The edge nodes of the last run and what they declared: after a restart they are asked who they are, and what is not born again is stale.
 * One file, written beside and renamed; without it the host begins as one that knows nobody.
 */
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'

const KnownDevice = Type.Object({
  group: Type.String(),
  node: Type.String(),
  point: Type.String(),
  id: Type.String(),
  /** Unit by name. */
  metrics: Type.Record(Type.String(), Type.String())
})
export type KnownDevice = Static<typeof KnownDevice>

const KnownFile = Type.Object({ version: Type.Literal(1), hostId: Type.String(), devices: Type.Array(KnownDevice) })
const validator = compileValidator(KnownFile)

/** Metrics kept in the file; of devices past it only the name is. */
const metricsMax = 100_000
const writeAfterMs = 500

export interface KnownNodes {
  readonly devices: readonly KnownDevice[]
  /** Something has changed: written soon. */
  changed(): void
  /** Writes now what waits to be written. */
  flush(): Promise<void>
}

export interface KnownNodesOptions {
  readonly dataDir: string
  readonly hostId: string
  readonly read: () => Iterable<KnownDevice>
  readonly onFailed: (error: unknown) => void
}

export function openKnownNodes({ dataDir, hostId, read, onFailed }: KnownNodesOptions): KnownNodes {
  const path = join(dataDir, 'sparkplug-nodes.json')
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  const write = async () => {
    let left = metricsMax
    const devices = [...read()].map((device) => {
      left -= Object.keys(device.metrics).length
      return left >= 0 ? device : { ...device, metrics: {} }
    })
    try {
      await writeFile(`${path}.new`, JSON.stringify({ version: 1, hostId, devices }))
      await rename(`${path}.new`, path)
    } catch (error) {
      onFailed(error)
    }
  }
  const writeNext = () => {
    timer = undefined
    writing = writing.then(write)
  }

  return {
    devices: readKnown(path, hostId, onFailed),
    changed: () => void (timer ??= setTimeout(writeNext, writeAfterMs)),
    async flush() {
      if (timer !== undefined) {
        clearTimeout(timer)
        writeNext()
      }
      await writing
    }
  }
}

function readKnown(path: string, hostId: string, onFailed: (error: unknown) => void): readonly KnownDevice[] {
  try {
    const checked = validator.check(JSON.parse(readFileSync(path, 'utf8')))
    if (!checked.ok) throw new Error(`${path}: ${checked.reason.message}`)
    return checked.value.hostId === hostId ? checked.value.devices : []
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) onFailed(error)
    return []
  }
}
