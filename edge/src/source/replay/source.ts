/** A recording as a source. Names the protocol; the player is loaded when it is used. */
import { defineSourceKind } from '../source.ts'
import { devicesOfReplay, ReplaySource } from './replay-config.ts'

export const sourceKind = defineSourceKind({
  type: 'replay',
  schema: ReplaySource,
  devicesOf: devicesOfReplay,
  load: async () => (await import('./replay-source.ts')).replayRunner
})
