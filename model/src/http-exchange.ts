/** Requests and answers of the exchange. */
import { Type } from 'typebox'
import { ExchangeMessage } from './exchange.ts'
import { page } from './http.ts'
import { TimeMs } from './wire.ts'

const { content: _content, ...listed } = ExchangeMessage.properties
export const ExchangePage = page(Type.Object({ ...listed, overdue: Type.Boolean({ description: 'Sent, and no receipt in time' }) }))

/** What the sender of a message gets: at once, and the same again for the same message. */
export const ExchangeReceipt = Type.Object({
  receipt: Type.String({ description: 'Id of the message here' }),
  messageId: Type.String(),
  schemaVersion: Type.String(),
  status: Type.Union([Type.Literal('accepted'), Type.Literal('rejected')]),
  repeated: Type.Boolean({ description: 'It was taken before' }),
  receivedAtMs: TimeMs,
  consignment: Type.Optional(Type.String()),
  findings: Type.Optional(ExchangeMessage.properties.findings)
})
export const ExchangeDetail = Type.Object({ ...ExchangeMessage.properties, overdue: Type.Boolean() })
export const SchemaNames = Type.Object({ schemas: Type.Array(Type.Object({ name: Type.String(), path: Type.String() })) })
