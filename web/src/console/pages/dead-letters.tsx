/** What could not be taken in, with the reason and the raw bytes. */
import { useQuery } from '@tanstack/react-query'
import type { DeadLetter } from '@tracegate/model/http-dead-letters'
import { Button, Modal } from 'antd'
import { useState } from 'react'
import { deadLettersQuery } from '../../data/queries.ts'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { showPayload } from '../payload.ts'
import { useTitle } from '../use-title.ts'

export function DeadLetters() {
  const { t } = useText()
  const letters = useQuery(deadLettersQuery)
  const [open, setOpen] = useState<DeadLetter>()
  useTitle(t('nav.deadLetters'))
  const items = letters.data?.items ?? []
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{t('nav.deadLetters')}</h1>
          <p className="quiet">{t('deadLetter.about')}</p>
        </div>
      </div>
      {letters.isError ? <ProblemNote error={letters.error} onRetry={() => void letters.refetch()} /> : null}
      <section className="panel">
        {items.length === 0 ? (
          <p className="empty">{t(letters.isPending ? 'app.loading' : 'deadLetter.none')}</p>
        ) : (
          <LetterTable items={items} onOpen={setOpen} />
        )}
        {letters.data?.next === undefined ? null : <p className="note">{t('list.more')}</p>}
      </section>
      {open === undefined ? null : (
        <Modal open title={t('deadLetter.raw', { id: open.id })} footer={null} onCancel={() => setOpen(undefined)} width={720}>
          <p>
            <code>{open.code}</code> {open.message}
          </p>
          <RawBytes base64={open.payloadBase64} />
        </Modal>
      )}
    </>
  )
}

function LetterTable({ items, onOpen }: { readonly items: readonly DeadLetter[]; readonly onOpen: (letter: DeadLetter) => void }) {
  const { t, time, count } = useText()
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('nav.deadLetters')}>
      <table className="case-table" data-testid="dead-letter-table">
        <thead>
          <tr>
            <th scope="col">{t('column.received')}</th>
            <th scope="col">{t('column.reason')}</th>
            <th scope="col">{t('column.topic')}</th>
            <th scope="col">{t('column.device')}</th>
            <th scope="col">{t('column.bytes')}</th>
            <th scope="col">{t('column.raw')}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((letter) => (
            <tr key={letter.id}>
              <td className="numeric">{time(letter.receivedAtMs)}</td>
              <td className="wide">
                <code>{letter.code}</code>
                <br />
                <span className="quiet">{letter.message}</span>
              </td>
              <td className="breakable">{letter.topic}</td>
              <td className="breakable">{letter.device ?? '–'}</td>
              <td className="numeric">{count(letter.payloadBytes)}</td>
              <td>
                <Button size="small" onClick={() => onOpen(letter)}>
                  {t('deadLetter.show')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function RawBytes({ base64 }: { readonly base64: string }) {
  const { t } = useText()
  const { text, cut } = showPayload(base64)
  return (
    <>
      <pre className="raw" tabIndex={0} aria-label={t('column.raw')}>
        {text}
      </pre>
      {cut ? <p className="note">{t('deadLetter.cut')}</p> : null}
    </>
  )
}
