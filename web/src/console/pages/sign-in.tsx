/** The way in. Names and passwords may be pasted and kept by a password manager (WCAG 3.3.8). */
import { useQueryClient } from '@tanstack/react-query'
import { Session } from '@tracegate/model/http'
import { Button } from 'antd'
import { useState, type FormEvent } from 'react'
import { sessionQuery } from '../../data/queries.ts'
import { ask } from '../../data/request.ts'
import { LanguageSwitch, ThemeSwitch } from '../../shared/chrome.tsx'
import { fieldOf } from '../../shared/form.ts'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { useTitle } from '../use-title.ts'

export function SignIn() {
  const { t } = useText()
  const client = useQueryClient()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  useTitle(t('signIn.title'))
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    setBusy(true)
    setError(undefined)
    try {
      const body = { name: fieldOf(form, 'name'), password: fieldOf(form, 'password') }
      client.setQueryData(sessionQuery.queryKey, await ask(Session, '/session', { method: 'POST', body }))
    } catch (problem) {
      setError(problem)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="sign-in">
      <header>
        <LanguageSwitch />
        <ThemeSwitch />
      </header>
      <main>
        <form className="panel" onSubmit={(event) => void submit(event)} data-testid="sign-in-form">
          <h1>{t('app.name')}</h1>
          <p className="quiet">{t('signIn.about')}</p>
          <label>
            <span>{t('signIn.name')}</span>
            <input name="name" className="field" autoComplete="username" required maxLength={128} />
          </label>
          <label>
            <span>{t('signIn.password')}</span>
            <input name="password" type="password" className="field" autoComplete="current-password" required maxLength={1_024} />
          </label>
          {error === undefined ? null : <ProblemNote error={error} />}
          <Button type="primary" htmlType="submit" block loading={busy}>
            {t('signIn.submit')}
          </Button>
          <p className="quiet">
            <a href="/t/">{t('signIn.public')}</a>
          </p>
        </form>
      </main>
    </div>
  )
}
