/** Addresses of notices for holders that nobody can guess: derived from a secret of this installation, so that they stay the same. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'

const rowId = 'recallNoticeSecret'
const rows = compileValidator(Type.Object({ secret: Type.String({ minLength: 40 }) }))

export interface NoticeTokens {
  pathOf(recall: string, holder: string): Promise<string>
  isValid(asked: { readonly recall: string; readonly holder: string; readonly token: string }): Promise<boolean>
}

export function createNoticeTokens(cases: CaseStore): NoticeTokens {
  let secret: Promise<string> | undefined
  const tokenOf = async (recall: string, holder: string): Promise<string> => {
    secret ??= readSecret(cases)
    return createHmac('sha256', await secret)
      .update(`${recall}\n${holder}`)
      .digest('base64url')
  }
  return {
    pathOf: async (recall, holder) => `/recall-notices/${encodeURIComponent(recall)}/${holder}/${await tokenOf(recall, holder)}`,
    async isValid({ recall, holder, token }) {
      const wanted = Buffer.from(await tokenOf(recall, holder))
      const given = Buffer.from(token)
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    }
  }
}

/** Made at the first need; whoever comes second takes that of the first. */
async function readSecret(cases: CaseStore): Promise<string> {
  const known = rows.check((await cases.get('settings', rowId))?.document)
  if (known.ok) return known.value.secret
  try {
    const secret = randomBytes(32).toString('base64')
    await cases.put('settings', rowId, { secret }, 0)
    return secret
  } catch (error) {
    if (!isStoreError(error, 'STORE_CONFLICT')) throw error
    return readSecret(cases)
  }
}
