/** Names the page in the browser's title. */
import { useEffect } from 'react'

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Tracegate`
  }, [title])
}
