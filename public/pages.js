// The page is as light or dark as the reader made the chat; otherwise as the system.
(() => {
  const theme = localStorage.getItem('vite-ui-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.classList.add(theme)
})()
