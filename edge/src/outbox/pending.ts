/** What waits for its commit, and what becomes of it when there is no room for all. */
import { edgeError } from '../errors.ts'
import type { DocumentInput, ReadingsInput } from './plan.ts'

export interface Pending {
  readonly input: DocumentInput | ReadingsInput
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Urgent ones by themselves, else halves. */
export function partsOf(batch: readonly Pending[]): (readonly Pending[])[] {
  const urgent = batch.filter(({ input }) => input.stream.urgent)
  const rest = batch.filter(({ input }) => !input.stream.urgent)
  if (urgent.length > 0 && rest.length > 0) return [urgent, rest]
  const half = batch.length >> 1
  return [batch.slice(0, half), batch.slice(half)]
}

export function fullError(input: DocumentInput | ReadingsInput, sizes: { readonly held: number; readonly max: number }): Error {
  const channel = input.type === 'document' ? input.channel : 'telemetry'
  const bytes = input.type === 'document' ? input.encode({ boot: '', seq: 0 }).length : input.text.length
  return edgeError('OUTBOX_FULL', { channel, bytes, ...sizes })
}
