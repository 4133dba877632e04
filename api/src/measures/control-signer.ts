/** Signs lists of held goods with a key of this platform's own, and says with which: agents that name it in `controlKeys` take no others. */
import { createPublicKey } from 'node:crypto'
import { signedControlText } from '@tracegate/model/control'
import type { EvidenceKeys } from '../exports/evidence-keys.ts'
import type { SignText } from './control-publisher.ts'

const encoder = new TextEncoder()

export function createControlSigner(keys: EvidenceKeys): SignText {
  return async (list) => {
    const seal = await keys.current()
    const { signature: _before, ...unsigned } = list
    const value = seal.sign(encoder.encode(signedControlText(unsigned))).toString('base64url')
    return { ...unsigned, signature: { keyId: seal.keyId, value } }
  }
}

/** The keys as an agent's configuration wants them: 32 octets in base64url. */
export async function publicControlKeys(keys: EvidenceKeys): Promise<{ id: string; publicKey: string; retired: boolean }[]> {
  const { keys: published } = await keys.published()
  return published.map(({ keyId, publicKeyPem, retiredAtMs }) => {
    const { x = '' } = createPublicKey(publicKeyPem).export({ format: 'jwk' })
    return { id: keyId, publicKey: x, retired: retiredAtMs !== undefined }
  })
}
