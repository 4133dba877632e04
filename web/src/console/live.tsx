/** The live stream for the components of the console: one line for the whole page. */
import { useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'
import { applyToCache } from '../data/cache.ts'
import { emptyLiveState, type LiveState } from '../data/live-state.ts'
import { openLiveStream, type LiveStream } from '../data/live-stream.ts'

const LiveContext = createContext<LiveStream | undefined>(undefined)
const nothing = () => () => undefined

export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient()
  const [stream, setStream] = useState<LiveStream>()
  useEffect(() => {
    const opened = openLiveStream({
      messages: (messages) => applyToCache(client, messages),
      reset: () => void client.invalidateQueries()
    })
    setStream(opened)
    return () => opened.close()
  }, [client])
  return <LiveContext value={stream}>{children}</LiveContext>
}

/** A part of the live state; `select` must give the same object as long as nothing in it changed. */
export function useLive<Part>(select: (state: LiveState) => Part): Part {
  const stream = useContext(LiveContext)
  return useSyncExternalStore(stream?.subscribe ?? nothing, () => select(stream?.get() ?? emptyLiveState))
}

export function useLiveStream(): LiveStream | undefined {
  return useContext(LiveContext)
}

/** The wall clock, ticking, for ages and staleness. */
export function useNow(everyMs = 1_000): number {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowMs
}
