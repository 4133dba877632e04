/** The code a trace page is about, from its address: `/t/{code}`, `/t/?code=`, or a Digital Link path below `/t/`. Pure. */

export function codeOfAddress(address: { readonly pathname: string; readonly search: string }): string {
  const asked = new URLSearchParams(address.search).get('code') ?? new URLSearchParams(address.search).get('of')
  if (asked !== null && asked.trim() !== '') return asked.trim()
  const rest = address.pathname.replace(/^\/t\/?/, '')
  if (rest === '') return ''
  // `/t/01/0950…/21/…` is a Digital Link without its domain.
  if (/^(00|01|253|255|401|402|414|417|8003|8004|8006|8010|8017|8018)\/[^/]+/.test(rest)) return `https://id.gs1.org/${rest}`
  return decode(rest)
}

/** The address that shows a code again: a link to be kept, shared and printed. */
export function addressOfCode(code: string): string {
  const path = /^https:\/\/id\.gs1\.org\/([^?]+)/.exec(code)?.[1]
  return path === undefined ? `/t/?code=${encodeURIComponent(code)}` : `/t/${path}`
}

/** What a scanner or a keyboard wedge gives, made readable for the api: trimmed, the symbology identifier kept, control characters too. */
export function cleanCode(text: string): string {
  return text.replace(/^[\r\n\t ]+|[\r\n\t ]+$/g, '')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
