/** The three ways to give a code: type it (a USB scanner types too), hold it before the camera, hand in a photo. */
import { useEffect, useRef, useState } from 'react'
import { useText } from '../shared/use-text.ts'
import type { TextKey } from '../text/text.ts'
import { fieldOf } from '../shared/form.ts'
import { cleanCode } from './code.ts'

type Trouble = Extract<TextKey, `scan.${string}`>

export function CodeEntry({ code, onCode }: { readonly code: string; readonly onCode: (code: string) => void }) {
  const { t } = useText()
  const [scanning, setScanning] = useState(false)
  const [trouble, setTrouble] = useState<Trouble>()
  const take = (read: string | undefined, otherwise: Trouble) => {
    setTrouble(read === undefined ? otherwise : undefined)
    if (read !== undefined) onCode(cleanCode(read))
  }
  const readPhoto = async (file: File | undefined) => {
    if (file === undefined) return
    try {
      const { readPicture } = await import('./scanner.ts')
      take(await readPicture(file), 'scan.nothing')
    } catch {
      setTrouble('scan.photoFailed')
    }
  }
  return (
    <form
      className="panel code-entry no-print"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        const typed = cleanCode(fieldOf(event.currentTarget, 'code'))
        if (typed !== '') onCode(typed)
      }}
    >
      <label htmlFor="code">{t('public.code')}</label>
      <div className="code-row">
        <input
          key={code}
          id="code"
          name="code"
          className="field"
          defaultValue={code}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          autoFocus={code === ''}
          aria-describedby="code-hint"
          data-testid="code-input"
        />
        <button type="submit" className="main-button">
          {t('public.look')}
        </button>
      </div>
      <p id="code-hint" className="quiet">
        {t('public.hint')}
      </p>
      <div className="scan-row">
        {cameraMaybe() ? (
          <button type="button" className="plain-button" onClick={() => setScanning(!scanning)} aria-expanded={scanning}>
            {t(scanning ? 'scan.stop' : 'scan.camera')}
          </button>
        ) : null}
        <label className="plain-button file">
          {t('scan.photo')}
          <input
            type="file"
            accept="image/*"
            className="hidden-text"
            onChange={(event) => void readPhoto(event.target.files?.[0])}
            data-testid="photo-input"
          />
        </label>
      </div>
      {scanning ? (
        <Camera
          onEnd={(read, problem) => {
            setScanning(false)
            take(read, problem)
          }}
        />
      ) : null}
      {trouble === undefined ? null : (
        <p role="alert" className="note" data-testid="scan-trouble">
          {t(trouble)}
        </p>
      )}
    </form>
  )
}

function Camera({ onEnd }: { readonly onEnd: (code: string | undefined, trouble: Trouble) => void }) {
  const { t } = useText()
  const video = useRef<HTMLVideoElement>(null)
  const end = useRef(onEnd)
  end.current = onEnd
  useEffect(() => {
    const abort = new AbortController()
    const run = async () => {
      try {
        const { readCamera } = await import('./scanner.ts')
        if (video.current === null || abort.signal.aborted) return
        const read = await readCamera(video.current, abort.signal)
        if (!abort.signal.aborted) end.current(read, 'scan.nothing')
      } catch {
        if (!abort.signal.aborted) end.current(undefined, 'scan.cameraFailed')
      }
    }
    void run()
    return () => abort.abort()
  }, [])
  return <video ref={video} className="camera" muted playsInline aria-label={t('scan.camera')} />
}

/** Kept apart from the reader so that it is not loaded just to know. */
function cameraMaybe(): boolean {
  return window.isSecureContext && 'mediaDevices' in navigator
}
