/** What a scan at a reader means: the part of the configuration that turns a scan into an EPCIS ObjectEvent. It decides nothing itself. */
import { actions } from '@tracegate/model/trace-event'
import { Type, type Static } from 'typebox'

export const scanModes = ['observe', 'pack', 'unpack'] as const

export const ScanRule = Type.Object(
  {
    readPoint: Type.String({ maxLength: 512, description: 'SGLN of the read point, as URN or Digital Link' }),
    bizLocation: Type.Optional(Type.String({ maxLength: 512, description: 'SGLN where the goods are after the scan' })),
    bizStep: Type.String({ maxLength: 512, description: 'CBV business step, e.g. `receiving`' }),
    disposition: Type.Optional(Type.String({ maxLength: 512, description: 'CBV disposition, e.g. `in_progress`' })),
    action: Type.Union(
      actions.map((name) => Type.Literal(name)),
      { description: 'EPCIS action' }
    ),
    mode: Type.Union(
      scanModes.map((name) => Type.Literal(name)),
      { description: 'What the scan of a pallet label means: observe it, pack what is scanned after it, or unpack it' }
    )
  },
  { additionalProperties: false }
)
export type ScanRule = Static<typeof ScanRule>
