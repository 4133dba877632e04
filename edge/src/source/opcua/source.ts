/** OPC UA servers: variables by subscription, events of AutoID readers. Names the protocol; the client library is loaded when it is used. */
import { defineSourceKind } from '../source.ts'
import { devicesOfOpcua, OpcuaSource, requireSecurity } from './opcua-config.ts'

export const sourceKind = defineSourceKind({
  type: 'opcua',
  schema: OpcuaSource,
  devicesOf: devicesOfOpcua,
  check: requireSecurity,
  load: async () => (await import('./opcua.ts')).opcuaRunner
})
