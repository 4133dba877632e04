/**
 * What people build first: an MQTT.js client that writes each message to InfluxDB with a request of its own. A process for the bench
 * `peers`; arguments: `fast` (acknowledges at once, as `on('message')` does) or `safe` (after the write), broker port, database port, database.
 */
import { InfluxDB } from 'influx'
import { connect } from 'mqtt'

interface Message {
  readonly timeMs: number
  readonly readings: readonly { readonly metric: string; readonly value: number; readonly quality: number; readonly timeMs?: number }[]
}

const [mode = 'safe', brokerPort = '1883', databasePort = '8086', database = 'bench'] = process.argv.slice(2)
const influx = new InfluxDB({ host: '127.0.0.1', port: Number(databasePort), database })
await influx.createDatabase(database)
const client = connect(`mqtt://127.0.0.1:${brokerPort}`, { clientId: 'peer', clean: false })

/** The bench sends what it made itself; the peer trusts it, as people do. */
function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'readings' in value
}

async function write(topic: string, payload: Buffer): Promise<void> {
  const message: unknown = JSON.parse(payload.toString())
  if (!isMessage(message)) return
  const [, , point = '', device = ''] = topic.split('/')
  await influx.writePoints(
    message.readings.map(({ metric, value, quality, timeMs = message.timeMs }) => ({
      measurement: 'reading',
      tags: { point, device, metric },
      fields: { value, quality },
      timestamp: timeMs
    })),
    { precision: 'ms' }
  )
}

async function answer(written: Promise<void>, done: (error?: Error) => void): Promise<void> {
  try {
    await written
  } catch (error) {
    return done(error instanceof Error ? error : new Error(String(error)))
  }
  done()
}

if (mode === 'fast') {
  client.on('message', (topic, payload) => {
    // What the database refuses is gone: it was acknowledged already.
    write(topic, payload).catch(() => {})
  })
} else {
  client.handleMessage = (packet, done) => {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    void answer(write(packet.topic, payload), done)
  }
}
client.on('connect', () => client.subscribe('tg/v1/+/+/telemetry', { qos: 1 }, () => process.send?.('ready')))
process.once('disconnect', () => process.exit())
