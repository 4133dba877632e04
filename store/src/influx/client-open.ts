/** The driver for a kind of server. */
import type { InfluxDatabase, InfluxOptions } from './client.ts'
import { createInflux1Database } from './client-influx1.ts'
import { createInflux2Database } from './client-influx2.ts'
import { createInflux3Database } from './client-influx3.ts'

export function createInfluxDatabase(options: InfluxOptions): InfluxDatabase {
  switch (options.kind) {
    case 'influx1':
      return createInflux1Database(options)
    case 'influx2':
      return createInflux2Database(options)
    case 'influx3':
      return createInflux3Database(options)
    default:
      return options.kind satisfies never
  }
}
