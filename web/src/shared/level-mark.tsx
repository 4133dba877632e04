/** A warning level as colour, shape and text together: never one of them alone. */
import type { WarningLevel } from '@tracegate/model/warning'
import { useText } from './use-text.ts'

const outlines: Readonly<Record<WarningLevel, string>> = {
  I: 'M7 1h10l6 6v10l-6 6H7l-6-6V7z',
  II: 'M12 1.5 23.5 22.5H.5z',
  III: 'M12 .5 23.5 12 12 23.5.5 12z',
  IV: 'M12 .8a11.2 11.2 0 1 1 0 22.4 11.2 11.2 0 0 1 0-22.4z'
}

/** The shape alone; use it where the text stands beside it. */
export function LevelShape({ level, size = 22 }: { readonly level: WarningLevel; readonly size?: number }) {
  return (
    <svg className={`level-shape level-${level}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={outlines[level]} />
      <text x="12" y={level === 'II' ? 19.5 : 16.2} textAnchor="middle" fontSize={level === 'III' ? 10 : 11}>
        {level}
      </text>
    </svg>
  )
}

export function LevelMark({ level, size }: { readonly level: WarningLevel; readonly size?: number }) {
  const { t } = useText()
  return (
    <span className="level-mark">
      <LevelShape level={level} {...(size === undefined ? {} : { size })} />
      <span>{t(`level.${level}`)}</span>
    </span>
  )
}
