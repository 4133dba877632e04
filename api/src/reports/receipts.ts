/** Receipt numbers of reports: who holds one may look up the state. Only their digests are kept, and names and contacts beside these. */
import { createHash, randomBytes } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { CaseStore } from '@tracegate/store/case-store'

export const ReporterContact = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    contact: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Telephone, mail or another way to ask back' }))
  },
  { additionalProperties: false }
)
export type ReporterContact = Static<typeof ReporterContact>

const ReceiptRow = Type.Object({ report: Type.String(), reporter: Type.Optional(ReporterContact) })
const rows = compileValidator(ReceiptRow)

/** Crockford's base 32: no letter that reads like a digit. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const receiptLength = 20

export interface Receipts {
  /** 100 random bits, in groups of five. */
  make(): { readonly receipt: string; readonly digest: string }
  keep(digest: string, report: string, reporter: ReporterContact | undefined): Promise<void>
  reportOf(receipt: string): Promise<string | undefined>
  reporterOf(digest: string): Promise<ReporterContact | undefined>
  removeReporter(digest: string): Promise<void>
}

export function createReceipts(cases: CaseStore): Receipts {
  const read = async (digest: string) => {
    const row = await cases.get('reporters', digest)
    const checked = row === undefined ? undefined : rows.check(row.document)
    return checked?.ok === true ? checked.value : undefined
  }
  return {
    make() {
      const letters = Array.from(randomBytes(receiptLength), (byte) => alphabet[byte % 32] ?? '0').join('')
      const receipt = letters.replaceAll(/(.{5})(?=.)/g, '$1-')
      return { receipt, digest: digestOf(receipt) }
    },
    async keep(digest, report, reporter) {
      await cases.put('reporters', digest, { report, ...(reporter === undefined ? {} : { reporter }) })
    },
    reportOf: async (receipt) => (await read(digestOf(receipt)))?.report,
    reporterOf: async (digest) => (await read(digest))?.reporter,
    async removeReporter(digest) {
      const row = await read(digest)
      if (row !== undefined) await cases.put('reporters', digest, { report: row.report })
    }
  }
}

/** As people type it: small letters, spaces, O for 0 and I or L for 1. */
function digestOf(receipt: string): string {
  const plain = receipt
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  return createHash('sha256').update(plain).digest('hex')
}
