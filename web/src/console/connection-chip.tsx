/** Whether what is on the screen is live; and the button that holds it still (WCAG 2.2.2). */
import { useState } from 'react'
import { useText } from '../shared/use-text.ts'
import { useLive, useLiveStream, useNow } from './live.tsx'

export function ConnectionChip() {
  const { t, age } = useText()
  const stream = useLiveStream()
  const connection = useLive((state) => state.connection)
  const lastMessageMs = useLive((state) => state.lastMessageMs)
  const nowMs = useNow()
  const [paused, setPaused] = useState(false)
  const toggle = () => {
    stream?.setPaused(!paused)
    setPaused(!paused)
  }
  const since = lastMessageMs === undefined || connection === 'live' ? '' : ` · ${age(lastMessageMs, nowMs)}`
  return (
    <span className="connection">
      <span className={`chip chip-${connection}`} role="status" data-testid="connection-chip" data-state={connection}>
        <span className="chip-dot" aria-hidden="true" />
        {t(`connection.${connection}`)}
        <span aria-hidden="true">{since}</span>
      </span>
      <button type="button" className="plain-button" onClick={toggle} aria-pressed={paused} data-testid="pause-button">
        {t(paused ? 'connection.resume' : 'connection.pause')}
      </button>
    </span>
  )
}
