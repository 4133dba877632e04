/** How the agent signs in to the broker: for its uplink, and for a check of the configuration. It opens no connection. */
import { readFileSync } from 'node:fs'
import type { IClientOptions } from 'mqtt'
import type { ResolvedEdgeConfig } from '../config.ts'

/** Throws when `brokerCaFile` cannot be read. No automatic reconnect: every connection is a new client. */
export function connectOptions(config: ResolvedEdgeConfig, clientId: string): IClientOptions {
  return {
    clientId,
    username: `${config.point}/${config.agent}`,
    password: config.secret,
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    connectTimeout: config.connectTimeoutMs,
    keepalive: 15,
    ...(config.brokerCaFile === undefined ? {} : { ca: readFileSync(config.brokerCaFile) })
  }
}
