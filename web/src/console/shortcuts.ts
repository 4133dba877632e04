/** Which keys do what. Pure: the hook in `use-shortcuts.ts` feeds it. */

export type ShortcutAction =
  | { readonly type: 'go'; readonly path: string }
  | { readonly type: 'help' }
  | { readonly type: 'search' }
  | { readonly type: 'row'; readonly step: 1 | -1 }

/** Second key after `g`. */
const goKeys: Readonly<Record<string, string>> = {
  o: '/',
  a: '/anomalies',
  w: '/warnings',
  t: '/trace',
  d: '/dead-letters',
  s: '/simulator'
}

/** How long `g` waits for its second key. */
export const chordMs = 1_500

export interface Chord {
  readonly key: string
  readonly atMs: number
}

/** One key: the action it completes, and the chord it leaves open. */
export function readKey(
  key: string,
  chord: Chord | undefined,
  nowMs: number
): { readonly action?: ShortcutAction; readonly chord?: Chord } {
  const open = chord !== undefined && nowMs - chord.atMs <= chordMs
  if (open) {
    const path = goKeys[key]
    return path === undefined ? {} : { action: { type: 'go', path } }
  }
  switch (key) {
    case 'g':
      return { chord: { key, atMs: nowMs } }
    case '?':
      return { action: { type: 'help' } }
    case '/':
      return { action: { type: 'search' } }
    case 'j':
      return { action: { type: 'row', step: 1 } }
    case 'k':
      return { action: { type: 'row', step: -1 } }
    default:
      return {}
  }
}
