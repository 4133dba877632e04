/** The serial numbers of the simulated goods: SSCC, GRAI, GIAI, document and event ids; all from the ranges for examples. */
import { createHash } from 'node:crypto'
import { withCheckDigit } from '@tracegate/model/gs1/check-digit'
import { keyRoot, logisticKey } from '@tracegate/model/gs1/key'
import { companyPrefixes, type PartyName } from '../world/parties.ts'

/** SSCC of 18 digits; extension digit 3. */
function ssccOf(party: PartyName, serial: number): string {
  return withCheckDigit(`3${companyPrefixes[party]}${String(serial).padStart(9, '0')}`)
}

/** What the label of a logistic unit carries as GS1-128. */
export function labelOf(palletKey: string): string {
  return `00${palletKey.slice(-18)}`
}

export function palletKey(party: PartyName, serial: number): string {
  return logisticKey(ssccOf(party, serial))
}

/** A returnable asset: asset type 1 are containers, 2 are crates. */
export function graiKey(party: PartyName, assetType: number, serial: number): string {
  return `${keyRoot}8003/0${withCheckDigit(companyPrefixes[party] + String(assetType).padStart(5, '0'))}${String(serial).padStart(5, '0')}`
}

/** A single asset such as a temperature probe. */
export function giaiKey(party: PartyName, name: string): string {
  return `${keyRoot}8004/${companyPrefixes[party]}${name}`
}

/** A document such as an order or a declaration (GDTI). */
export function documentId(party: PartyName, documentType: number, serial: number): string {
  return `${keyRoot}253/${withCheckDigit(companyPrefixes[party] + String(documentType).padStart(5, '0'))}${String(serial).padStart(6, '0')}`
}

/** The same parts always make the same event id: a UUID of version 8 (RFC 9562 §5.8) from their SHA-256. */
export function eventIdOf(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(parts.join('/')).digest('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
