/** The keys of the console, and the switch that turns them off. */
import { Modal } from 'antd'
import { useState } from 'react'
import { useText } from '../shared/use-text.ts'
import type { TextKey } from '../text/text.ts'
import { setShortcutsOn, shortcutsOn } from './use-shortcuts.ts'

const rows: readonly (readonly [string, TextKey])[] = [
  ['g o', 'nav.overview'],
  ['g a', 'nav.anomalies'],
  ['g w', 'nav.warnings'],
  ['g t', 'nav.trace'],
  ['g d', 'nav.deadLetters'],
  ['g s', 'nav.simulator'],
  ['/', 'help.search'],
  ['j  k', 'help.rows'],
  ['?', 'help.title']
]

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText()
  const [on, setOn] = useState(shortcutsOn)
  return (
    <Modal open title={t('help.title')} footer={null} onCancel={onClose} width={420}>
      <table className="plain-table">
        <tbody>
          {rows.map(([keys, text]) => (
            <tr key={keys}>
              <th scope="row">
                <kbd>{keys}</kbd>
              </th>
              <td>{t(text)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label className="check">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            setShortcutsOn(event.target.checked)
            setOn(event.target.checked)
          }}
        />
        {t('help.on')}
      </label>
    </Modal>
  )
}
