/** What the all-in-one start can be told: one schema for file, environment and flags. */
import { Type, type Static } from 'typebox'
import { publishingOptions } from '@tracegate/api/publishing-options'
import { listenerOptions } from '@tracegate/broker/listener-options'
import { SparkplugInput } from '@tracegate/collector/sparkplug/sparkplug-options'
import { storeOptionProperties } from '@tracegate/store/store-options'
import { logFormats, logLevels } from '@tracegate/service/log'

const Port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description: `${description}; 0 takes a free one` })

export const StartOptions = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', minLength: 1, description: 'Address that every server listens on' }),
    httpPort: Port(8080, 'TCP port of the pages and the HTTP interface'),
    mqttPort: Port(1883, 'TCP port of the MQTT broker'),
    ...listenerOptions,
    plcPort: Port(4840, 'TCP port of the simulated cold-store PLC (OPC UA)'),
    readerPort: Port(4841, 'TCP port of the simulated gate reader (OPC UA AutoID)'),
    fieldPort: Port(1884, "TCP port of the simulated site's own field bus (MQTT)"),
    dataDir: Type.String({ default: './data', minLength: 1, description: 'Folder for everything that is kept' }),
    ...storeOptionProperties,
    ...publishingOptions,
    sparkplug: Type.Optional(SparkplugInput),
    fresh: Type.Boolean({ default: false, description: 'Throw away what an earlier start kept in the data folder' }),
    simulator: Type.Boolean({ default: true, description: 'Run the simulated port; false runs the platform alone' }),
    seed: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 4_294_967_295,
      description: 'Seed of the simulated port: the same seed gives the same run'
    }),
    speed: Type.Number({
      default: 60,
      minimum: 1,
      maximum: 3_600,
      description: 'How many times faster than the clock the simulated physics runs'
    }),
    logLevel: Type.Enum(logLevels, { default: 'silent', description: 'Least level of the structured log on standard error' }),
    logFormat: Type.Enum(logFormats, { default: 'json', description: 'json for machines, pretty for people' }),
    dev: Type.Boolean({ default: false, description: 'Restarted by a watcher: say less at each start' })
  },
  { additionalProperties: false }
)
export type StartOptions = Static<typeof StartOptions>

export const optionsPrefix = 'TRACEGATE'
