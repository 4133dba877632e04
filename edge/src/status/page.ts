/**
 * The status page: one self-contained document in Chinese and English that loads nothing and needs no script. Made to be read from two
 * metres at a gate: every state is a colour, a shape and a word.
 */
import type { LastReading } from '../intake/last-readings.ts'
import type { AgentStatus } from './agent-status.ts'
import { heldGoods } from './held-goods.ts'
import { pageStyle } from './page-style.ts'
import { agoText, bytesText, escapeHtml, numberText, timeText } from './page-text.ts'

type Level = 'good' | 'warn' | 'bad' | 'idle'

const refreshSeconds = 5
const staleAfterMs = 300_000
/** A device with more metrics shows the first of them. */
const readingsShownMax = 12
const devicesShownMax = 200

export function statusPage(status: AgentStatus, nowMs: number): string {
  const headline = headlineOf(status)
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${refreshSeconds}">
<title>${markText(headline.level)} ${escapeHtml(`${status.point}/${status.agent}`)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header class="${headline.level}">
${mark(headline.level)}
<div><h1>${headline.zh}<small lang="en">${headline.en}</small></h1>
<p class="who">${escapeHtml(`${status.point} / ${status.agent}`)}</p></div>
<p class="time"><b>${timeText(nowMs)}</b> UTC</p>
</header>
<main>
${alarms(status)}
${figures(status, nowMs)}
${heldGoods(status, nowMs)}
${devices(status, nowMs)}
${sources(status, nowMs)}
${configuration(status, nowMs)}
</main>
<footer>${status.boot ? `boot ${escapeHtml(status.boot)} · ` : ''}<a href="/status.json">status.json</a> · <a href="/metrics">metrics</a> · ${refreshSeconds} s</footer>
</body>
</html>
`
}

interface Words {
  readonly level: Level
  readonly zh: string
  readonly en: string
}

function headlineOf(status: AgentStatus): Words {
  if (status.alarm) return { level: 'bad', zh: '上行中断', en: 'Uplink down' }
  if (!status.connected) return { level: 'warn', zh: '正在连接', en: 'Connecting' }
  const down = status.sources.filter(({ connected }) => !connected).length
  if (down > 0) return { level: 'warn', zh: `${down} 个数据源中断`, en: `${down} source${down === 1 ? '' : 's'} down` }
  if (status.configuration.problems.length > 0) return { level: 'warn', zh: '配置被拒绝', en: 'Configuration refused' }
  return { level: 'good', zh: '正常', en: 'All well' }
}

function alarms(status: AgentStatus): string {
  const found: Words[] = []
  if (!status.connected)
    found.push({
      level: status.alarm ? 'bad' : 'warn',
      zh: `与平台断开 ${agoText(status.downMs)}，数据保存在本地`,
      en: `No connection to the platform for ${agoText(status.downMs)}; data is kept here. ${status.lastError ?? ''}`
    })
  const full = status.outboxBytes / Math.max(1, status.outboxBytesMax)
  if (full > 0.8)
    found.push({
      level: full > 0.95 ? 'bad' : 'warn',
      zh: `本地缓存已用 ${Math.round(full * 100)}%`,
      en: `Outbox ${Math.round(full * 100)} % full`
    })
  const { readingsDropped, readingsRefused, unitsRefused, devicesRefused } = status.counts
  if (readingsDropped > 0)
    found.push({ level: 'bad', zh: `已丢弃 ${numberText(readingsDropped)} 个读数`, en: `${numberText(readingsDropped)} readings dropped` })
  if (readingsRefused + unitsRefused > 0)
    found.push({
      level: 'warn',
      zh: `拒绝 ${numberText(readingsRefused + unitsRefused)} 个读数`,
      en: `${numberText(readingsRefused + unitsRefused)} readings refused`
    })
  const { gates, leftOut } = status.control
  if (gates.length > 0)
    found.push({
      level: 'bad',
      zh: `${gates.length} 个闸口有货物被拒绝`,
      en: `${gates.length} gate${gates.length === 1 ? '' : 's'} with refused goods`
    })
  if (leftOut > 0) found.push({ level: 'warn', zh: '布控清单不完整', en: 'The list of held goods is not complete' })
  if (devicesRefused > 0) found.push({ level: 'warn', zh: '设备数量超限', en: 'Too many devices' })
  if (status.timeQuality === 'unsynchronized') found.push({ level: 'warn', zh: '时钟未同步', en: 'Clock not synchronized' })
  if (found.length === 0) return ''
  const items = found.map(
    ({ level, zh, en }) =>
      `<li class="${level}">${mark(level)}<span>${escapeHtml(zh)}<small lang="en">${escapeHtml(en)}</small></span></li>`
  )
  return `<ul class="alarms" aria-label="报警 Alarms">${items.join('')}</ul>`
}

function figures(status: AgentStatus, nowMs: number): string {
  const share = Math.min(100, (status.outboxBytes / Math.max(1, status.outboxBytesMax)) * 100)
  const { counts } = status
  const rows = [
    figure({
      zh: '待发送',
      en: 'Waiting',
      value: numberText(status.outboxMessages),
      detail: `${bytesText(status.outboxBytes)} / ${bytesText(status.outboxBytesMax)}${status.outboxOldestAtMs === undefined ? '' : ` · 最早 oldest ${agoText(nowMs - status.outboxOldestAtMs)}`}`,
      meter: share
    }),
    figure({
      zh: '已入库',
      en: 'Committed',
      value: numberText(counts.messagesCommitted),
      detail: `${numberText(counts.readingsCommitted)} 读数 readings`
    }),
    figure({
      zh: '扫码与事件',
      en: 'Scans, events',
      value: numberText(counts.eventsKept + counts.scansKept),
      detail: `${numberText(counts.deadLetters)} 死信 dead letters`
    }),
    figure({
      zh: '时钟',
      en: 'Clock',
      value: escapeHtml(clockWords[status.timeQuality] ?? status.timeQuality),
      detail: `${escapeHtml(status.timeQuality)} · ${counts.clockSteps} 次跳变 steps`
    }),
    figure({ zh: '已运行', en: 'Running for', value: agoText(nowMs - status.startedAtMs), detail: escapeHtml(status.brokerUrl) })
  ]
  return `<section class="figures" aria-label="概况 Overview">${rows.join('')}</section>`
}

const clockWords: Readonly<Record<string, string>> = { synchronized: '已同步', holdover: '守时', unsynchronized: '未同步', unknown: '未知' }

function figure(one: {
  readonly zh: string
  readonly en: string
  readonly value: string
  readonly detail: string
  readonly meter?: number
}): string {
  const meter = one.meter === undefined ? '' : `<div class="meter"><i style="width:${one.meter.toFixed(1)}%"></i></div>`
  return `<div><h2>${one.zh}<small lang="en">${one.en}</small></h2><p class="value">${one.value}</p>${meter}<p class="detail">${one.detail}</p></div>`
}

function devices(status: AgentStatus, nowMs: number): string {
  const shown = status.devices.filter(({ device }) => device.kind !== 'edge')
  if (shown.length === 0) return ''
  const cards = shown.slice(0, devicesShownMax).map((one) => deviceCard(one, nowMs))
  const more = shown.length > devicesShownMax ? `<p class="detail">… ${shown.length - devicesShownMax}</p>` : ''
  return `<section><h2 class="title">设备<small lang="en">Devices (${shown.length})</small></h2><div class="cards">${cards.join('')}</div>${more}</section>`
}

function deviceCard({ device, online, reason, readings, scannedAtMs }: AgentStatus['devices'][number], nowMs: number): string {
  const newestMs = Math.max(scannedAtMs ?? -Infinity, ...readings.map(({ timeMs }) => timeMs))
  const isStale = nowMs - newestMs > staleAfterMs
  const isDoubtful = readings.some(({ quality }) => quality >= 3)
  const level: Level = online === undefined ? 'idle' : !online ? 'bad' : isStale || isDoubtful ? 'warn' : 'good'
  const words: Readonly<Record<Level, string>> = {
    good: '在线 online',
    warn: isStale ? '无新数据 no new data' : '读数可疑 doubtful readings',
    bad: '离线 offline',
    idle: '未连接 not reached yet'
  }
  const rows = readings.slice(0, readingsShownMax).map((reading) => readingRow(reading, nowMs))
  const scan = scannedAtMs === undefined ? '' : `<p class="detail">扫码 scan: ${agoText(nowMs - scannedAtMs)}</p>`
  return `<article class="${level}"><h3>${mark(level)}<span>${escapeHtml(device.name.zh)}<small lang="en">${escapeHtml(device.name.en)} · ${escapeHtml(device.id)}</small></span></h3>
<p class="state">${words[level]}${online === false && reason !== '' ? ` · ${escapeHtml(reason)}` : ''}</p>${rows.length > 0 ? `<ul class="readings">${rows.join('')}</ul>` : ''}${scan}</article>`
}

const qualityWords: Readonly<Record<number, readonly [Level, string]>> = {
  1: ['good', ''],
  2: ['good', ''],
  3: ['warn', '可疑 suspect'],
  4: ['bad', '错误 fail'],
  9: ['bad', '缺失 missing']
}

function readingRow({ metric, value, unit, quality, timeMs }: LastReading, nowMs: number): string {
  const [level, word] = qualityWords[quality] ?? ['good', '']
  const flag = word === '' ? '' : `<span class="${level}">${mark(level)} ${word}</span>`
  const shown = Number.isFinite(value) ? numberText(value) : '—'
  return `<li><span class="name">${escapeHtml(metric)}</span><span class="age">${agoText(nowMs - timeMs)}</span><span><b>${shown}</b> ${escapeHtml(unitSigns.get(unit) ?? unit)}</span>${flag}</li>`
}

/** A map, because units come from devices: an object has an answer for `constructor` too. */
const unitSigns: ReadonlyMap<string, string> = new Map([
  ['Cel', '°C'],
  ['[degF]', '°F'],
  ['1', '']
])

function sources(status: AgentStatus, nowMs: number): string {
  if (status.sources.length === 0) return ''
  const rows = status.sources.map(({ name, type, connected, detail, lastDataAtMs }) => {
    const level: Level = connected ? 'good' : 'bad'
    return `<tr class="${level}"><td>${mark(level)} ${connected ? '已连接 connected' : '中断 down'}</td><td>${escapeHtml(type)}</td><td>${escapeHtml(name)}</td><td>${connected ? '' : escapeHtml(detail)}</td><td class="age">${lastDataAtMs === undefined ? '—' : agoText(nowMs - lastDataAtMs)}</td></tr>`
  })
  return `<section><h2 class="title">数据源<small lang="en">Sources</small></h2><table class="sources"><thead><tr><th>状态 State</th><th>协议 Protocol</th><th>名称 Name</th><th>说明 Detail</th><th>最近数据 Last data</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`
}

function configuration({ configuration: one }: AgentStatus, nowMs: number): string {
  const remote =
    one.remoteVersion === undefined ? '' : ` · 远程版本 signed version ${one.remoteVersion}${one.onTrial ? '（试运行 on trial）' : ''}`
  const restart =
    one.restart.length === 0
      ? ''
      : `<p class="warn">${mark('warn')} 重启后生效 At the next start: ${escapeHtml(one.restart.join(', '))}</p>`
  const problems =
    one.problems.length === 0
      ? ''
      : `<p class="warn">${mark('warn')} 新配置被拒绝，原配置继续运行 The new configuration was refused; the one before runs on${one.problemsAtMs === undefined ? '' : ` (${agoText(nowMs - one.problemsAtMs)})`}</p><ul class="problems">${one.problems
          .slice(0, 20)
          .map(({ message, line }) => `<li>${line === undefined ? '' : `${line}: `}${escapeHtml(message)}</li>`)
          .join('')}</ul>`
  return `<section><h2 class="title">配置<small lang="en">Configuration</small></h2><p>版本 version ${one.version} · ${agoText(nowMs - one.takenAtMs)}${remote}</p>${restart}${problems}</section>`
}

/** Circle, triangle, square, ring: told apart without colour. */
function mark(level: Level): string {
  const shapes: Readonly<Record<Level, string>> = {
    good: '<circle cx="12" cy="12" r="10"/><path d="M7 12.5l3.5 3.5L17 9" class="in"/>',
    warn: '<path d="M12 1.5L23.5 22H.5z"/><path d="M12 9v6M12 18v1.5" class="in"/>',
    bad: '<rect x="1.5" y="1.5" width="21" height="21" rx="2"/><path d="M7.5 7.5l9 9M16.5 7.5l-9 9" class="in"/>',
    idle: '<circle cx="12" cy="12" r="9" class="ring"/>'
  }
  return `<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">${shapes[level]}</svg>`
}

function markText(level: Level): string {
  return { good: '●', warn: '▲', bad: '■', idle: '○' }[level]
}
