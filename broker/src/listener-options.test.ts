/** What an app's configuration makes of listeners. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { loadConfig } from '@tracegate/service/config'
import { listenerOptions, listenersOf } from './listener-options.ts'

const schema = Type.Object(listenerOptions, { additionalProperties: false })
const read = (...argv: string[]) => listenersOf(loadConfig(schema, { argv, env: {}, prefix: 'TEST' }).values)

test('without options there is no further listener', () => assert.deepEqual(read(), []))

test('each port makes a listener, with the certificate and the origins that belong to it', () => {
  const files = ['--tls-certificate', '/c.pem', '--tls-key', '/k.pem', '--tls-client-ca', '/a.pem', '--tls-client-certificate', 'required']
  const ports = ['--mqtt-tls-port', '8883', '--mqtt-ws-port', '8083', '--mqtt-wss-port', '8084', '--mqtt-host', '0.0.0.0']
  const tls = { certificate: '/c.pem', key: '/k.pem', clientCa: '/a.pem', clientCertificate: 'required' }
  const origins = ['https://a.example', 'https://b.example']
  assert.deepEqual(read(...ports, ...files, '--mqtt-origins', 'https://a.example, https://b.example'), [
    { type: 'tls', port: 8883, host: '0.0.0.0', tls },
    { type: 'ws', port: 8083, host: '0.0.0.0', origins },
    { type: 'wss', port: 8084, host: '0.0.0.0', origins, tls }
  ])
})

test('a secure listener without certificate or key is one clear error', () => {
  assert.throws(() => read('--mqtt-tls-port', '8883'), { code: 'BROKER_TLS_MISSING' })
  assert.throws(() => read('--mqtt-wss-port', '8884', '--tls-certificate', '/c.pem'), { code: 'BROKER_TLS_MISSING' })
})
