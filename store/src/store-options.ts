/** How an app's configuration names its store. It opens nothing and loads no store. */
import { Type, type Static } from 'typebox'

const Days = (what: string) => Type.Number({ default: 0, minimum: 0, description: `Days to keep ${what}; 0 keeps them for ever` })

/** What an app puts into its own configuration; secrets come from files, never from a flag that every process list shows. */
export const storeOptionProperties = {
  store: Type.String({
    default: 'embedded:',
    minLength: 1,
    description:
      'Where readings and trace events are kept: embedded: (the data folder), memory: (nowhere), influx://host:8086/database (1.x), influx2://host:8086/organization/bucket or influx3://host:8181/database; influxs:, influx2s: and influx3s: with TLS'
  }),
  storeUsername: Type.String({ default: '', description: 'User of an InfluxDB 1.x that asks for one' }),
  storePasswordFile: Type.String({ default: '', description: 'File with the password of that user' }),
  storeTokenFile: Type.String({ default: '', description: 'File with the token of an InfluxDB 2.x or 3.x' }),
  keepRawDays: Days('readings as they came'),
  keepMinuteDays: Days('roll-ups of a minute'),
  keepHourDays: Days('roll-ups of an hour'),
  retention: Type.Optional(
    Type.Array(
      Type.Object(
        {
          metric: Type.String({ minLength: 1, maxLength: 64, description: 'Name of a metric' }),
          rawDays: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
          minuteDays: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
          hourDays: Type.Optional(Type.Number({ exclusiveMinimum: 0 }))
        },
        { additionalProperties: false }
      ),
      { maxItems: 1_000, description: 'The same for single metrics, in the file: [{ metric, rawDays, minuteDays, hourDays }]' }
    )
  ),
  storeWriter: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 15,
    description: 'Number of this process among those that write trace events into one InfluxDB: each needs its own'
  })
}
const StoreOptions = Type.Object(storeOptionProperties)
export type StoreOptions = Static<typeof StoreOptions>
