/** What a reader calls a symbology, as the AIM identifier (ISO/IEC 15424) that the scan message carries. Pure. */

/** AIM's identifier for what has no identifier of its own. */
const otherSymbology = ']X0'
const aimPattern = /^\][A-Za-z][0-9A-Za-z]/

const identifiers: Readonly<Record<string, string>> = {
  gs1128: ']C1',
  ean128: ']C1',
  ucc128: ']C1',
  code128: ']C0',
  gs1datamatrix: ']d2',
  datamatrixgs1: ']d2',
  datamatrix: ']d1',
  datamatrixecc200: ']d1',
  gs1qr: ']Q3',
  gs1qrcode: ']Q3',
  qrgs1: ']Q3',
  qr: ']Q1',
  qrcode: ']Q1',
  gs1dotcode: ']J1',
  dotcode: ']J0',
  databar: ']e0',
  gs1databar: ']e0',
  gs1databarexpanded: ']e0',
  gs1composite: ']e0',
  ean13: ']E0',
  upca: ']E0',
  upce: ']E0',
  ean8: ']E4',
  itf14: ']I1',
  itf: ']I0',
  interleaved2of5: ']I0',
  code39: ']A0',
  code93: ']G0',
  pdf417: ']L0',
  aztec: ']z0',
  epc: 'epc',
  uhfepc: 'epc',
  rfid: 'epc'
}

/** Data may open with the identifier itself, as scanners send it; it is taken off then, and wins over the name. */
export function identifySymbology(name: string | undefined, data: string): { readonly symbology: string; readonly data: string } {
  const inData = aimPattern.exec(data)?.[0]
  if (inData !== undefined) return { symbology: inData, data: data.slice(3) }
  if (name === undefined) return { symbology: otherSymbology, data }
  const trimmed = name.trim()
  if (aimPattern.test(trimmed) && trimmed.length === 3) return { symbology: trimmed, data }
  return { symbology: identifiers[trimmed.toLowerCase().replaceAll(/[^a-z0-9]/g, '')] ?? otherSymbology, data }
}
