/** How figures and times are written on the status page. Pure. */

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })

export function numberText(value: number): string {
  return number.format(value).replace('-', '−')
}

export function bytesText(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const
  let value = bytes / 1_024
  let step = 0
  for (; value >= 1_024 && step < units.length - 1; step += 1) value /= 1_024
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[step] ?? 'TiB'}`
}

/** `HH:MM:SS` in UTC. */
export function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 19)
}

/** A length of time, as short as it can be read. */
export function agoText(lastedMs: number): string {
  const seconds = Math.max(0, Math.round(lastedMs / 1_000))
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 100) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`
}
