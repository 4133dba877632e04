/** A source as it stands in the configuration of the agent, before the schema of its protocol has passed it. */
import { Type } from 'typebox'

export type SourceConfig = { readonly type: string } & Readonly<Record<string, unknown>>
export const SourceConfig = Type.Unsafe<SourceConfig>(
  Type.Object({ type: Type.String({ description: 'Protocol: the name of a folder in `edge/src/source`' }) }, { additionalProperties: true })
)
