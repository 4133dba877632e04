/** A telemetry store in a fresh database of a running InfluxDB, for the shared suite. */
import { randomUUID } from 'node:crypto'
import { createInfluxDatabase } from '../influx/client-open.ts'
import type { InfluxOptions } from '../influx/client.ts'
import { createInfluxTelemetryStore } from '../influx/telemetry.ts'
import type { OpenedTelemetry } from '../telemetry-suite-model.ts'

export async function openInfluxTelemetry(options: Omit<InfluxOptions, 'database'>): Promise<OpenedTelemetry> {
  const database = `tracegate-${randomUUID()}`
  const open = async () => {
    const client = createInfluxDatabase({ ...options, database })
    await client.prepare()
    return { client, store: createInfluxTelemetryStore({ database: client }) }
  }
  let current = await open()
  const close = async (): Promise<void> => {
    await current.store.close()
    current.client.close()
  }
  return {
    store: current.store,
    async reopen() {
      await close()
      current = await open()
      return current.store
    },
    dispose: close
  }
}
