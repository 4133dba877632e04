/** The part of the status page that tells of control orders: what is held here, by which order and why, and what was refused. */
import type { AgentStatus } from './agent-status.ts'
import { agoText, escapeHtml, numberText } from './page-text.ts'

const ordersShownMax = 50

const actionWords: Readonly<Record<string, string>> = {
  hold: '扣留 hold',
  recall: '召回 recall',
  refuseSale: '禁止销售 no sale',
  refuseImport: '禁止进口 no import',
  refuseExport: '禁止出口 no export',
  release: '解除 released'
}

const gateWords: Readonly<Record<string, string>> = {
  asked: '正在关闭 closing',
  held: '已关闭 closed',
  noGate: '无闸机 no gate',
  failed: '关闭失败 not closed'
}

/** Empty before the first list. */
export function heldGoods({ control }: AgentStatus, nowMs: number): string {
  if (control.revision === 0) return ''
  const shown = control.orders
    .slice(0, ordersShownMax)
    .map(
      ({ id, action, reason }) =>
        `<tr class="${action === 'release' ? 'good' : 'bad'}"><td>${escapeHtml(actionWords[action] ?? action)}</td><td>${escapeHtml(reason.zh)}<small lang="en">${escapeHtml(reason.en)}</small></td><td>${escapeHtml(id)}</td></tr>`
    )
  const more = control.orders.length > ordersShownMax ? `<p class="detail">… ${control.orders.length - ordersShownMax}</p>` : ''
  const gates = control.gates.map(
    ({ device, state, sinceMs }) =>
      `<li class="${state === 'held' ? 'warn' : state === 'failed' ? 'bad' : 'idle'}"><span>${escapeHtml(device)}: ${gateWords[state] ?? state}</span><span class="age">${agoText(nowMs - sinceMs)}</span></li>`
  )
  const { lastRefusal } = control
  const last =
    lastRefusal === undefined
      ? ''
      : `<p class="warn">最近拒绝 Last refused: <b>${escapeHtml(lastRefusal.key)}</b> · ${escapeHtml(lastRefusal.device)} · ${escapeHtml(lastRefusal.order)} · ${agoText(nowMs - lastRefusal.atMs)}</p>`
  const leftOut = control.leftOut === 0 ? '' : `<p class="warn">清单未列出 not listed one by one: ${numberText(control.leftOut)}</p>`
  const table =
    shown.length === 0
      ? '<p class="good">无 none</p>'
      : `<table class="sources"><thead><tr><th>措施 Action</th><th>原因 Reason</th><th>指令 Order</th></tr></thead><tbody>${shown.join('')}</tbody></table>${more}`
  return `<section><h2 class="title">布控货物<small lang="en">Held goods</small></h2><p>版本 revision ${control.revision} · ${numberText(control.keys)} 项 keys · ${numberText(control.refusedScans)} 次拒绝 refused</p>${last}${leftOut}${table}${gates.length > 0 ? `<ul class="readings">${gates.join('')}</ul>` : ''}</section>`
}
