/** Ed25519 (RFC 8032) over configurations: makes keys, signs and verifies. It decides nothing about versions, and keeps no key. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { type ConfigureArguments, signedConfigurationText } from '@tracegate/model/command'
import type { TrustedKey } from '../config.ts'

export interface Addressee {
  readonly point: string
  readonly device: string
}

/** Undefined when the signature is right; otherwise why not. */
export function signatureFault(order: ConfigureArguments, addressee: Addressee, keys: readonly TrustedKey[]): string | undefined {
  const key = keys.find(({ id }) => id === order.keyId)
  if (key === undefined) return `keyId is "${order.keyId}", expected one of the keys put into this agent by hand (${keys.length})`
  const text = signedConfigurationText({ ...addressee, version: order.version, configuration: order.configuration })
  const right = verify(undefined, Buffer.from(text), publicKeyOf(key.publicKey), Buffer.from(order.signature, 'base64url'))
  return right
    ? undefined
    : `the signature is not one of key "${order.keyId}" over version ${order.version} for ${addressee.point}/${addressee.device}, expected it to be`
}

/** Throws for a key that is no Ed25519 private key in PEM (PKCS #8). */
export function signConfiguration(
  order: Omit<ConfigureArguments, 'signature'> & Addressee & { readonly privateKey: string }
): ConfigureArguments {
  const { point, device, version, configuration, keyId } = order
  const key = createPrivateKey(order.privateKey)
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`key is of type ${key.asymmetricKeyType}, expected ed25519`)
  const signature = sign(undefined, Buffer.from(signedConfigurationText({ point, device, version, configuration })), key)
  return { version, configuration, keyId, signature: signature.toString('base64url') }
}

/** `publicKey` as it stands in `trustedKeys`, `privateKey` in PEM. */
export function makeKeys(): { readonly privateKey: string; readonly publicKey: string } {
  const pair = generateKeyPairSync('ed25519')
  const { x = '' } = pair.publicKey.export({ format: 'jwk' })
  return { privateKey: String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })), publicKey: x }
}

export function publicKeyOf(x: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
