/** The journey of a thing, stage by stage, with the readings it lived through. Both pages show it; it needs no component kit. */
import type { JourneyAnswer, JourneyStep, LivedThrough } from '@tracegate/model/trace'
import { formatKey, formatTime, formatValue } from '../text/format.ts'
import { groupSteps, mergeReadings, stageEvidence, zoneOfOffset } from './journey-groups.ts'
import type { Names } from './names.ts'
import { useText } from './use-text.ts'

export function JourneyView({ journey, names }: { readonly journey: JourneyAnswer; readonly names: Names }) {
  const { t } = useText()
  if (journey.steps.length === 0) return <p className="empty">{t('journey.none')}</p>
  return (
    <div className="journey" data-testid="journey">
      <ul className="stage-row" aria-label={t('journey.stages')}>
        {stageEvidence(journey).map(({ stage, seen }) => (
          <li key={stage} className={seen ? 'stage seen' : 'stage missing'}>
            <span>{t(`stage.${stage}`)}</span>
            <small>{t(seen ? 'journey.stageSeen' : 'journey.stageMissing')}</small>
          </li>
        ))}
      </ul>
      {journey.truncated ? <p className="note">{t('journey.truncated')}</p> : null}
      <ol className="stages">
        {groupSteps(journey.steps).map((group) => (
          <li key={`${group.stage}${group.steps[0]?.timeMs}`} className="stage-group">
            <h3>{t(`stage.${group.stage}`)}</h3>
            <ol className="steps">
              {group.steps.map((step) => (
                <StepRow key={`${step.eventID}${step.timeMs}`} step={step} names={names} />
              ))}
            </ol>
          </li>
        ))}
      </ol>
    </div>
  )
}

function StepRow({ step, names }: { readonly step: JourneyStep; readonly names: Names }) {
  const { t, code, language, duration } = useText()
  const zone = zoneOfOffset(step.timeZoneOffset)
  return (
    <li className="step">
      <p className="step-head">
        <strong>{step.bizStep === undefined ? step.type : code('step', step.bizStep)}</strong>
        {step.disposition === undefined || step.disposition === 'in_progress' ? null : (
          <span className="tag">{code('disposition', step.disposition)}</span>
        )}
      </p>
      <p className="quiet">
        <time dateTime={new Date(step.timeMs).toISOString()}>{formatTime(step.timeMs, zone)}</time>
      </p>
      {step.place === undefined && step.party === undefined ? null : (
        <p>
          {[step.place, step.party]
            .filter((key) => key !== undefined)
            .map((key) => names.of(key, language))
            .join(' · ')}
        </p>
      )}
      {step.untilMs === undefined ? null : (
        <p className="quiet">{t('journey.until', { time: formatTime(step.untilMs, zone), span: duration(step.untilMs - step.timeMs) })}</p>
      )}
      {step.within === undefined ? null : <p className="quiet">{t('journey.within', { key: formatKey(step.within) })}</p>}
      {step.readings.length === 0 ? null : (
        <dl className="lived" aria-label={t('journey.readings')}>
          {mergeReadings(step.readings).map((reading) => (
            <div key={`${reading.quantity}${reading.unit}`}>
              <dt>{code('quantity', reading.quantity)}</dt>
              <dd>
                <Lived reading={reading} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  )
}

/** A door is told in words: nobody reads a mean of a door. */
function Lived({ reading }: { readonly reading: LivedThrough }) {
  const { t } = useText()
  if (reading.quantity === 'door') return t(reading.max > 0 ? 'journey.doorOpened' : 'journey.doorClosed')
  return t('journey.range', {
    min: formatValue(reading.min, reading.unit),
    max: formatValue(reading.max, reading.unit),
    mean: formatValue(reading.mean, reading.unit),
    count: reading.count
  })
}
