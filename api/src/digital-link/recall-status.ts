/** Whether published warnings or recalls name a thing: what anybody may know of it. It reads cases and decides nothing. */
import type { RecallStatus } from '@tracegate/model/linkset'
import type { PublicWarning } from '@tracegate/model/http-details'
import type { ApiContext } from '../context.ts'
import type { RecallOffice } from '../recalls/recall-office.ts'
import { publishedWarnings } from '../routes/public.ts'

type StatusSources = Pick<ApiContext, 'cases' | 'trace' | 'nowMs'> & { readonly recalls: Pick<RecallOffice, 'finder'> }

export async function recallStatusOf(context: StatusSources, of: string): Promise<RecallStatus> {
  const [warnings, recalls] = await Promise.all([publishedWarnings(context, of), context.recalls.finder.find(of)])
  const status = recalls.length > 0 ? 'recall' : warnings.length > 0 ? 'warning' : 'none'
  return { of, status, warnings: warnings.map(plain), recalls, asOfMs: context.nowMs() }
}

function plain({ id, level, title, matters, startMs }: PublicWarning): RecallStatus['warnings'][number] {
  return { id, level, title, matters, startMs }
}
