/** Starts the public trace page. */
import i18next from 'i18next'
import { createRoot } from 'react-dom/client'
import { followSettings, settings } from '../shared/browser.ts'
import { startTexts } from '../text/text.ts'
import { traceEn } from '../text/trace-en.ts'
import { traceZh } from '../text/trace-zh.ts'
import { TracePage } from './trace-page.tsx'
import '../shared/base.css'
import './trace.css'

await startTexts(settings.get().language, { zh: traceZh, en: traceEn })
followSettings((language) => void i18next.changeLanguage(language))
const root = document.getElementById('root')
if (root !== null) createRoot(root).render(<TracePage />)
