/** Depth 2 and 3: one monitoring point with its places, their limits and trends, its devices and open anomalies. */
import { useQuery } from '@tanstack/react-query'
import type { Device } from '@tracegate/model/registers'
import { Segmented } from 'antd'
import { useMemo, useState } from 'react'
import { anomaliesQuery, pointQuery, warningsQuery } from '../../data/queries.ts'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { useLive, useNow } from '../live.tsx'
import { compareAnomalies, worstLevels } from '../order.ts'
import { AnomalyTable } from '../parts/anomaly-table.tsx'
import { PlacePanel } from '../parts/place-panel.tsx'
import { StatusMark } from '../parts/status-mark.tsx'
import { viewWatches } from '../reading-state.ts'
import { useTitle } from '../use-title.ts'

const windows = [
  { minutes: 15, text: 'window.15m' },
  { minutes: 60, text: 'window.1h' },
  { minutes: 360, text: 'window.6h' },
  { minutes: 1_440, text: 'window.24h' }
] as const

export function Point({ id }: { readonly id: string }) {
  const { t, pick, code } = useText()
  const detail = useQuery(pointQuery(id))
  const anomalies = useQuery(anomaliesQuery)
  const warnings = useQuery(warningsQuery)
  const level = useMemo(() => worstLevels(warnings.data?.items ?? []).get(id), [warnings.data, id])
  const live = useLive((state) => state.latest)
  const liveDevices = useLive((state) => state.devices)
  const nowMs = useNow()
  const [minutes, setMinutes] = useState(15)
  useTitle(detail.data === undefined ? t('column.point') : pick(detail.data.point.name))
  const own = useMemo(
    () => (anomalies.data?.items ?? []).filter((anomaly) => anomaly.point === id && anomaly.status === 'open').sort(compareAnomalies),
    [anomalies.data, id]
  )
  if (detail.isError) return <ProblemNote error={detail.error} onRetry={() => void detail.refetch()} />
  if (detail.data === undefined) return <p className="page-loading">{t('app.loading')}</p>
  const { point, places, profiles, latest } = detail.data
  const devices = detail.data.devices.map((device) => liveDevices.get(`${device.point}/${device.id}`) ?? device)
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{pick(point.name)}</h1>
          <p className="quiet">
            {code('pointKind', point.kind)} · {point.unlocode} · {point.latitude.toFixed(2)}, {point.longitude.toFixed(2)}
          </p>
        </div>
        <StatusMark status={point.status} {...(level === undefined ? {} : { level })} />
        <Segmented
          value={minutes}
          onChange={setMinutes}
          options={windows.map((window) => ({ value: window.minutes, label: t(window.text) }))}
          aria-label={t('window.label')}
        />
      </div>
      {own.length === 0 ? null : (
        <section className="panel" aria-label={t('overview.openAnomalies')}>
          <AnomalyTable anomalies={own} loading={false} />
        </section>
      )}
      <div className="place-grid">
        {places
          .filter((place) => place.watches.length > 0)
          .map((place) => {
            const profile = profiles.find((entry) => entry.id === place.profile)
            const watches = viewWatches({ place, devices, latest, live, nowMs, ...(profile === undefined ? {} : { profile }) })
            return (
              <PlacePanel
                key={place.key}
                place={place}
                {...(profile === undefined ? {} : { profile })}
                watches={watches}
                windowMs={minutes * 60_000}
                nowMs={nowMs}
              />
            )
          })}
      </div>
      <section className="panel" aria-labelledby="devices-title">
        <h2 id="devices-title">{t('point.devices')}</h2>
        <DeviceTable devices={devices} />
      </section>
    </>
  )
}

/** An agent that does not know what stands on the plate of a device says `unknown`; that is nothing to read. */
function knownOf(parts: readonly (string | undefined)[], separator: string): string {
  return parts.filter((part) => part !== undefined && part !== 'unknown').join(separator)
}

function DeviceTable({ devices }: { readonly devices: readonly Device[] }) {
  const { t, pick, code, age } = useText()
  const nowMs = useNow()
  if (devices.length === 0) return <p className="empty">{t('point.noDevices')}</p>
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('point.devices')}>
      <table className="case-table" data-testid="device-table">
        <thead>
          <tr>
            <th scope="col">{t('column.state')}</th>
            <th scope="col">{t('column.device')}</th>
            <th scope="col">{t('column.kind')}</th>
            <th scope="col">{t('column.model')}</th>
            <th scope="col">{t('column.lastSeen')}</th>
            <th scope="col">{t('column.metrics')}</th>
          </tr>
        </thead>
        <tbody>
          {devices.map((device) => (
            <tr key={device.id} className={device.online ? '' : 'hatched'}>
              <td>
                <span aria-hidden="true">{device.online ? '●' : '✕'}</span> {t(device.online ? 'device.online' : 'device.offline')}
              </td>
              <td>
                {pick(device.name)}
                <br />
                <span className="quiet">{device.id}</span>
              </td>
              <td>{code('deviceKind', device.kind)}</td>
              <td>
                {knownOf([device.identity?.manufacturer, device.identity?.model], ' ') || '–'}
                <br />
                <span className="quiet">{knownOf([device.identity?.serialNumber, device.identity?.firmware], ' · ')}</span>
              </td>
              <td className="numeric">{device.lastSeenMs === undefined ? '–' : age(device.lastSeenMs, nowMs)}</td>
              <td className="numeric">{device.metrics.length}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
