/** Back and forward trace of one thing: the graph, and beside it the same as a list. */
import { useQuery } from '@tanstack/react-query'
import type { TraceAnswer } from '@tracegate/model/trace'
import { Segmented } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { traceQuery, type TraceDirection } from '../../data/queries.ts'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { formatKey } from '../../text/format.ts'
import { useNames } from '../use-names.ts'

const TraceGraph = lazy(async () => ({ default: (await import('./trace-graph.tsx')).TraceGraph }))
const listMax = 200

/** The first of `choices` is traced until a person picks another; `onPick` leads elsewhere instead. */
export function TracePanel({ choices, onPick }: { readonly choices: readonly string[]; readonly onPick?: (key: string) => void }) {
  const { t, language } = useText()
  const names = useNames()
  const [direction, setDirection] = useState<TraceDirection>('forward')
  const [picked, setPicked] = useState<string>()
  const of = picked ?? choices[0] ?? ''
  const query = useQuery(traceQuery(direction, of))
  const pick = onPick ?? setPicked
  const options = picked === undefined || choices.includes(picked) ? choices : [picked, ...choices]
  return (
    <div className="trace-panel">
      <div className="filters">
        <Segmented
          value={direction}
          onChange={setDirection}
          options={[
            { value: 'back', label: t('trace.back') },
            { value: 'forward', label: t('trace.forward') }
          ]}
          aria-label={t('trace.direction')}
        />
        {options.length < 2 ? null : (
          <label className="select">
            <span>{t('trace.of')}</span>
            <select value={of} onChange={(event) => setPicked(event.target.value)}>
              {options.map((key) => (
                <option key={key} value={key}>
                  {names.of(key, language)}
                </option>
              ))}
            </select>
          </label>
        )}
        {query.data === undefined ? null : (
          <span className="quiet">{t('trace.took', { nodes: query.data.nodes.length, took: query.data.tookMs.toFixed(1) })}</span>
        )}
      </div>
      {query.isError ? <ProblemNote error={query.error} /> : null}
      {query.data === undefined ? null : query.data.nodes.length === 0 ? (
        <p className="empty">{t('trace.none')}</p>
      ) : (
        <div className="graph-and-list">
          <Suspense fallback={<p className="page-loading">{t('app.loading')}</p>}>
            <TraceGraph answer={query.data} onPick={pick} />
          </Suspense>
          <NodeList answer={query.data} onPick={pick} />
        </div>
      )}
      {query.data?.truncated === true ? <p className="note">{t('trace.truncated')}</p> : null}
    </div>
  )
}

/** The nodes by distance: what the graph shows, for reading and for screen readers. */
function NodeList({ answer, onPick }: { readonly answer: TraceAnswer; readonly onPick: (key: string) => void }) {
  const { t, code, language } = useText()
  const names = useNames()
  const nodes = answer.nodes.toSorted((left, right) => left.depth - right.depth || left.key.localeCompare(right.key))
  return (
    <div className="node-list" tabIndex={0} role="region" aria-label={t('trace.list')}>
      <ol data-testid="trace-list">
        {nodes.slice(0, listMax).map((node) => (
          <li key={node.key} style={{ paddingInlineStart: Math.min(node.depth, 6) * 12 }}>
            <button type="button" className="link-button" onClick={() => onPick(node.key)}>
              {names.of(node.key, language)}
            </button>{' '}
            <span className="quiet">
              {code('kind', node.kind)}
              {names.knows(node.key) ? ` · ${formatKey(node.key)}` : ''}
              {node.place === undefined ? '' : ` · ${names.of(node.place, language)}`}
              {node.disposition === undefined ? '' : ` · ${code('disposition', node.disposition)}`}
            </span>
            {(node.cuts ?? []).map(({ limit, notFollowed }) => (
              <span key={limit} className="quiet" data-testid="trace-cut">
                {' '}
                ✂ {code('cut', limit)}
                {notFollowed === undefined ? '' : `: ${t('trace.notFollowed', { count: notFollowed })}`}
              </span>
            ))}
          </li>
        ))}
      </ol>
      {nodes.length > listMax ? <p className="note">{t('graph.hidden', { count: nodes.length - listMax })}</p> : null}
    </div>
  )
}
