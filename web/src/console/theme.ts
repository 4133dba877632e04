/** Ant Design's tokens, changed until text, borders and focus reach WCAG 2.2 AA on a calm grey base. */
import { theme, type ThemeConfig } from 'antd'

const fontFamily =
  "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', 'Helvetica Neue', Arial, sans-serif"

const shared = { fontFamily, fontSize: 14, borderRadius: 4, controlHeight: 32, wireframe: false, motion: false } as const

const light: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  token: {
    ...shared,
    colorPrimary: '#0958d9',
    colorLink: '#0958d9',
    colorError: '#a50f24',
    colorWarning: '#8a4b00',
    colorText: '#1f1f1f',
    colorTextSecondary: '#4d5358',
    colorTextTertiary: '#5c6166',
    colorTextPlaceholder: '#6b6b6b',
    colorBorder: '#85898e',
    colorBgLayout: '#eceef0'
  }
}

const dark: ThemeConfig = {
  algorithm: theme.darkAlgorithm,
  token: {
    ...shared,
    colorPrimary: '#3d7fe0',
    colorLink: '#8ab8ff',
    colorError: '#ff8a95',
    colorWarning: '#f5b35c',
    colorText: '#e4e6e8',
    colorTextSecondary: '#b5babf',
    colorTextTertiary: '#a3a9af',
    colorTextPlaceholder: '#9aa0a6',
    colorBorder: '#7a8087',
    colorBgLayout: '#1b1d20',
    colorBgContainer: '#25282c',
    colorBgElevated: '#2c3035'
  },
  components: { Tabs: { itemSelectedColor: '#8ab8ff', inkBarColor: '#8ab8ff' } }
}

export function themeOf(isDark: boolean): ThemeConfig {
  return isDark ? dark : light
}
