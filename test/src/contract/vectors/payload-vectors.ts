/** Vectors of payloads, both files. */
import { binaryFaults, syntaxFaults } from './payload-syntax.ts'
import { schemaFaults } from './payload-schema.ts'
import { validPayloads } from './payload-valid.ts'
import type { VectorPair } from './vector.ts'

export const payloadVectors: VectorPair = {
  valid: validPayloads,
  invalid: {
    kind: 'payloads',
    about: 'Payloads that are wrong on their channel. `code` and `pointer` are what the platform answers.',
    cases: [...syntaxFaults, ...binaryFaults, ...schemaFaults]
  }
}
