/** Asks the api and checks every answer against its schema. Must not know any page. */
import { checkValue, type AnySchema, type ValueOf } from '@tracegate/model/check'
import { Problem } from '@tracegate/model/http'

export const apiRoot = '/api/v1'
const timeoutMs = 20_000

/** What a request ended with when it did not end well; `code` is the api's public code or one of ours, `WEB_…`. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  readonly code: string

  constructor(options: { status: number; code: string; message: string; cause?: unknown }) {
    super(options.message, { cause: options.cause })
    this.status = options.status
    this.code = options.code
  }
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly body?: object
  readonly signal?: AbortSignal
}

/** One request to `/api/v1`; resolves with the checked answer, rejects with a `RequestError`. */
export async function ask<const Schema extends AnySchema>(
  schema: Schema,
  path: string,
  options: RequestOptions = {}
): Promise<ValueOf<Schema>> {
  const response = await send(path, options)
  const value: unknown = await response.json().catch(() => undefined)
  const checked = checkValue(schema, value)
  if (checked.ok) return checked.value
  throw new RequestError({ status: response.status, code: 'WEB_ANSWER_UNKNOWN', message: `${path}: ${checked.reason.message}` })
}

/** A request whose answer is not read. */
export async function tell(path: string, options: RequestOptions): Promise<void> {
  await send(path, options)
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const limit = AbortSignal.timeout(timeoutMs)
  const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit])
  let response: Response
  try {
    response = await fetch(`${apiRoot}${path}`, {
      method: options.method ?? 'GET',
      headers: { accept: 'application/json', ...(options.body === undefined ? {} : { 'content-type': 'application/json' }) },
      credentials: 'same-origin',
      signal,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) })
    })
  } catch (error) {
    if (options.signal?.aborted === true) throw error
    throw new RequestError({ status: 0, code: 'WEB_UNREACHABLE', message: `${path}: the server did not answer`, cause: error })
  }
  if (response.ok) return response
  throw await problemOf(response, path)
}

async function problemOf(response: Response, path: string): Promise<RequestError> {
  const value: unknown = await response.json().catch(() => undefined)
  const checked = checkValue(Problem, value)
  if (checked.ok) {
    const { status, code, detail, title } = checked.value
    return new RequestError({ status, code, message: detail ?? title })
  }
  return new RequestError({ status: response.status, code: `HTTP_${response.status}`, message: `${path}: ${response.statusText}` })
}

/** A query string of the members that have a value. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== '') parameters.set(name, String(value))
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}
