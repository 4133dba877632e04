/** Complaints over the public form of the platform, as a person with a telephone writes them. It knows no key and asks for nothing back. */
import { simError } from '../errors.ts'
import type { Complaint } from './scenario.ts'

const requestTimeoutMs = 15_000

/** Rejects with `SIM_CAPTURE_REFUSED` when the platform does not take it. */
export async function handInComplaint(apiUrl: string | undefined, { text, code, injured }: Complaint): Promise<void> {
  const path = '/api/v1/public/reports'
  if (apiUrl === undefined) throw simError('SIM_CAPTURE_REFUSED', { url: path, status: 'none', detail: 'the goods have not been started' })
  const harm = injured ? { harm: { worst: 'treated', injured: 1, fatal: 0 } } : {}
  const answer = await fetch(new URL(path, apiUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ report: { text, goods: { codes: [code] }, ...harm } }),
    signal: AbortSignal.timeout(requestTimeoutMs)
  })
  const body = await answer.text()
  if (!answer.ok) throw simError('SIM_CAPTURE_REFUSED', { url: path, status: answer.status, detail: body.slice(0, 200) })
}
