import { ToggleButton, ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup'
import { THEMES, useTheme, type Theme } from '../lib/theme.ts'

const NAMES: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' }

export function ThemeChoice() {
  const { theme, setTheme } = useTheme()
  return (
    <ToggleButtonGroup
      aria-label="Theme"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[theme]}
      onSelectionChange={([key]) => setTheme(THEMES.find((name) => name === key) ?? 'system')}
      className="flex rounded-md border border-line p-0.5"
    >
      {THEMES.map((name) => (
        <ToggleButton
          key={name}
          id={name}
          className="flex-1 rounded-sm py-0.5 text-sm text-muted data-hovered:text-ink data-selected:bg-hover data-selected:font-medium data-selected:text-ink"
        >
          {NAMES[name]}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
