/** The console as a whole: who is signed in decides between the sign-in page and the frame with its pages. */
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { ConfigProvider } from 'antd'
import enGB from 'antd/locale/en_GB'
import zhCN from 'antd/locale/zh_CN'
import { lazy, Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { sessionQuery } from '../data/queries.ts'
import { RequestError } from '../data/request.ts'
import { useDark } from '../shared/browser.ts'
import { ProblemNote } from '../shared/problem-note.tsx'
import { useText } from '../shared/use-text.ts'
import { Frame } from './frame.tsx'
import { LiveProvider } from './live.tsx'
import { Overview } from './pages/overview.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { themeOf } from './theme.ts'

const Point = lazy(async () => ({ default: (await import('./pages/point.tsx')).Point }))
const Anomalies = lazy(async () => ({ default: (await import('./pages/anomalies.tsx')).Anomalies }))
const AnomalyPage = lazy(async () => ({ default: (await import('./pages/anomaly.tsx')).AnomalyPage }))
const Warnings = lazy(async () => ({ default: (await import('./pages/warnings.tsx')).Warnings }))
const WarningPage = lazy(async () => ({ default: (await import('./pages/warning.tsx')).WarningPage }))
const Trace = lazy(async () => ({ default: (await import('./pages/trace.tsx')).Trace }))
const DeadLetters = lazy(async () => ({ default: (await import('./pages/dead-letters.tsx')).DeadLetters }))
const Simulator = lazy(async () => ({ default: (await import('./pages/simulator.tsx')).Simulator }))

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (failures, error) => failures < 2 && !(error instanceof RequestError && error.status >= 400 && error.status < 500)
    }
  }
})
client.getQueryCache().subscribe((event) => {
  // A session that ended anywhere ends everywhere: the next answer of the session question shows the sign-in page.
  if (event.type !== 'updated' || event.action.type !== 'error') return
  const error: unknown = event.action.error
  if (error instanceof RequestError && error.status === 401) client.setQueryData(sessionQuery.queryKey, null)
})

export function App() {
  const dark = useDark()
  const { language } = useText()
  return (
    <ConfigProvider theme={themeOf(dark)} locale={language === 'zh' ? zhCN : enGB} button={{ autoInsertSpace: false }}>
      <QueryClientProvider client={client}>
        <Gate />
      </QueryClientProvider>
    </ConfigProvider>
  )
}

function Gate() {
  const { t } = useText()
  const session = useQuery(sessionQuery)
  if (session.isPending) return <p className="page-loading">{t('app.loading')}</p>
  if (session.isError) return <ProblemNote error={session.error} onRetry={() => void session.refetch()} />
  if (session.data === null) return <SignIn />
  return (
    <LiveProvider>
      <Frame session={session.data}>
        <Suspense fallback={<p className="page-loading">{t('app.loading')}</p>}>
          <Pages />
        </Suspense>
      </Frame>
    </LiveProvider>
  )
}

function Pages() {
  const { t } = useText()
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/points/:id">{({ id }) => <Point key={id} id={id} />}</Route>
      <Route path="/anomalies" component={Anomalies} />
      <Route path="/anomalies/:id">{({ id }) => <AnomalyPage key={id} id={decodeURIComponent(id)} />}</Route>
      <Route path="/warnings" component={Warnings} />
      <Route path="/warnings/:id">{({ id }) => <WarningPage key={id} id={decodeURIComponent(id)} />}</Route>
      <Route path="/trace" component={Trace} />
      <Route path="/dead-letters" component={DeadLetters} />
      <Route path="/simulator" component={Simulator} />
      <Route>
        <p className="empty">{t('page.unknown')}</p>
      </Route>
    </Switch>
  )
}
