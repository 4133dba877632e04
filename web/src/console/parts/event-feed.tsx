/** The newest trace events as they come over the stream. */
import { formatKey } from '../../text/format.ts'
import { useText } from '../../shared/use-text.ts'
import { useLive } from '../live.tsx'
import { useNames } from '../use-names.ts'

const shownMax = 12

export function EventFeed() {
  const { t, code, clock, language } = useText()
  const events = useLive((state) => state.events)
  const names = useNames()
  if (events.length === 0) return <p className="empty">{t('overview.noEvents')}</p>
  return (
    <ul className="event-feed">
      {events.slice(0, shownMax).map((event) => (
        <li key={event.eventID}>
          <time className="quiet" dateTime={new Date(event.timeMs).toISOString()}>
            {clock(event.timeMs)}
          </time>
          <strong>{event.bizStep === undefined ? event.type : code('step', event.bizStep)}</strong>
          <span>
            {event.key === undefined ? '' : names.knows(event.key) ? names.of(event.key, language) : formatKey(event.key)}
            {event.count > 1 ? ` +${event.count - 1}` : ''}
          </span>
          <span className="quiet">{event.place === undefined ? '' : names.of(event.place, language)}</span>
        </li>
      ))}
    </ul>
  )
}
