/** The commit watermark: up to where a device's messages are safe. Topic `tg/v1/{point}/{device}/committed`. */
import { Type, type Static } from 'typebox'
import { BootId, Sequence } from './wire.ts'
import { wireVersion } from './wire-limits.ts'

export const Committed = Type.Object(
  { v: Type.Literal(wireVersion), boot: BootId, upTo: Sequence },
  {
    $id: 'https://tracegate.dev/schema/v1/committed.json',
    title: 'committed',
    additionalProperties: false,
    description: 'Every message of this boot with seq <= upTo is stored durably, or kept in the dead letter with its reason'
  }
)
export type Committed = Static<typeof Committed>
