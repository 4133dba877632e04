/** A device for the tests: publishes numbered readings with QoS 1, keeps what is not acknowledged, and sends it again after a reconnect. */
import { connectAsync, type MqttClient } from 'mqtt'
import { buildTopic } from '@tracegate/model/topics'
import { encodeMessage } from '@tracegate/model/codec'
import type { Telemetry } from '@tracegate/model/telemetry'

export interface Sender {
  /** Sequence numbers that the broker acknowledged. */
  readonly acknowledged: ReadonlySet<number>
  /** Sends numbered messages until told to stop or the connection ends; what was sent and not acknowledged is sent first. */
  sendUntil(stopped: () => boolean): Promise<void>
  connect(port: number): Promise<void>
  end(): void
}

export interface SenderOptions {
  readonly username: string
  readonly password: string
  readonly point: string
  readonly device: string
  readonly boot: string
  readonly startMs: number
  readonly windowMax: number
}

/** One reading a message: its value is the sequence number, its time the start plus so many milliseconds. */
export function telemetryOf(options: SenderOptions, seq: number): Telemetry {
  const timeMs = options.startMs + seq
  return {
    v: 1,
    boot: options.boot,
    seq,
    timeMs,
    timeQuality: 'synchronized',
    readings: [{ metric: 'count', value: seq, unit: '1', quality: 1 }]
  }
}

export function createSender(options: SenderOptions): Sender {
  const acknowledged = new Set<number>()
  const unacknowledged = new Set<number>()
  const topic = buildTopic({ type: 'device', point: options.point, device: options.device, channel: 'telemetry' })
  let client: MqttClient | undefined
  let next = 0
  return {
    acknowledged,
    async connect(port) {
      client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
        clientId: `sender-${options.device}`,
        clean: true,
        username: options.username,
        password: options.password,
        reconnectPeriod: 0,
        connectTimeout: 5_000,
        queueQoSZero: false
      })
      client.on('error', () => {})
    },
    async sendUntil(stopped) {
      const connected = client
      if (connected === undefined) throw new Error('not connected')
      const closed = new Promise<void>((resolve) => connected.once('close', resolve))
      const inFlight = new Set<Promise<void>>()
      const again = [...unacknowledged]
      while (!stopped() && connected.connected) {
        const seq = again.shift() ?? next
        if (seq === next) next += 1
        unacknowledged.add(seq)
        const sent = connected.publishAsync(topic, Buffer.from(encodeMessage(telemetryOf(options, seq))), { qos: 1 }).then(
          () => {
            acknowledged.add(seq)
            unacknowledged.delete(seq)
          },
          () => {}
        )
        inFlight.add(sent)
        void sent.finally(() => inFlight.delete(sent))
        if (inFlight.size >= options.windowMax) await Promise.race([...inFlight, closed])
      }
      await Promise.race([Promise.all(inFlight), closed])
    },
    end() {
      client?.end(true)
    }
  }
}
