/** Listens for the console's keys, never while somebody types. Off by a setting (WCAG 2.1.4). */
import { useEffect, useRef } from 'react'
import { readKey, type Chord, type ShortcutAction } from './shortcuts.ts'

const offKey = 'tracegate.shortcutsOff'

export function shortcutsOn(): boolean {
  return window.localStorage.getItem(offKey) === null
}

export function setShortcutsOn(on: boolean): void {
  if (on) window.localStorage.removeItem(offKey)
  else window.localStorage.setItem(offKey, '1')
}

export function useShortcuts(onAction: (action: ShortcutAction) => void): void {
  const chord = useRef<Chord | undefined>(undefined)
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || !shortcutsOn()) return
      const read = readKey(event.key, chord.current, Date.now())
      chord.current = read.chord
      if (read.action === undefined) return
      event.preventDefault()
      onAction(read.action)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [onAction])
}

/** Moves the focus to the next or last link that opens a row. */
export function moveRow(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('main [data-row-link]')]
  const index = links.findIndex((link) => link === document.activeElement)
  links[Math.max(0, Math.min(links.length - 1, index + step))]?.focus()
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
}
