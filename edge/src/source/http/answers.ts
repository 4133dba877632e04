/** Answers of the endpoint: what was kept, or RFC 9457 problem details with a code. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Problem } from '@tracegate/model/http'
import type { Reason } from '@tracegate/model/errors'

export interface Answer {
  readonly status: number
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

const findingsMax = 20

export function problem(
  status: number,
  findings: readonly Reason[],
  more: { readonly title: string; readonly headers?: Readonly<Record<string, string>> }
): Answer {
  const [first] = findings
  const body: Problem = {
    type: 'about:blank',
    title: more.title,
    status,
    code: first?.code ?? 'UNEXPECTED',
    ...(first === undefined ? {} : { detail: first.pointer === '' ? first.message : `${first.pointer}: ${first.message}` }),
    ...(findings.length === 0
      ? {}
      : { findings: findings.slice(0, findingsMax).map(({ code, pointer, message }) => ({ code, pointer, message })) })
  }
  return { status, body, ...(more.headers === undefined ? {} : { headers: more.headers }) }
}

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return
  const text = JSON.stringify(answer.body)
  response.writeHead(answer.status, {
    'content-type': answer.status >= 400 ? 'application/problem+json' : 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...answer.headers,
    // What is left of a body that was not read must not be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' })
  })
  response.end(text)
}
