/**
 * Serves the built pages with made-up answers, to look at them without a running system. The content security policy is
 * the strictest the pages must work under. Never shipped; binds to loopback only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { answerFixture, fixtureReading, fixtureSeries } from './fixture-answers.ts'

const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm'
}

export interface FixtureServer extends AsyncDisposable {
  readonly url: string
}

export async function startFixtureServer(options: { readonly folder: string; readonly port: number }): Promise<FixtureServer> {
  const server = createServer((request, response) => {
    serve(options.folder, request, response).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

async function serve(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname === '/api/v1/live') return stream(request, response)
  if (url.pathname.startsWith('/api/')) {
    const answer = answerFixture({
      method: request.method ?? 'GET',
      path: url.pathname.replace('/api/v1', ''),
      query: url.searchParams,
      signedIn: request.headers.cookie?.includes('fixture=1') === true,
      nowMs: Date.now()
    })
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(answer.cookie === undefined ? {} : { 'set-cookie': answer.cookie })
    })
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
    return
  }
  const path = pageOf(url.pathname)
  const bytes = await readFile(join(folder, normalize(path))).catch(() => undefined)
  if (bytes === undefined) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream', 'content-security-policy': policy })
  response.end(bytes)
}

function pageOf(path: string): string {
  if (path.startsWith('/assets/')) return path
  return path === '/t' || path.startsWith('/t/') ? '/trace.html' : '/console.html'
}

function stream(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('retry: 1000\n\n')
  const timer = setInterval(() => {
    const nowMs = Date.now()
    const readings = fixtureSeries.map((series) => fixtureReading(series, nowMs))
    response.write(`id: ${nowMs}\nevent: readings\ndata: ${JSON.stringify({ readings })}\n\n`)
  }, 1_000)
  request.on('close', () => clearInterval(timer))
}
