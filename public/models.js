// The page "Models": draws what the server tells (services/api/models_view.py) and
// asks it for changes. Long work runs there; this page only looks how far it is.
(() => {
  const { words, state: first } = JSON.parse(document.getElementById('data').textContent)
  const seen = { download: false, switch: false }
  const drawn = {}
  let state = first
  let catalog = null
  let problem = null
  let timer = null

  const say = (key, values = {}) =>
    words[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole))

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : value)
    }
    element.append(...children.filter((child) => child !== null))
    return element
  }

  const button = (key, model, onclick, kind = null) =>
    make('button', { type: 'button', class: kind, 'aria-label': model ? say(`${key}_label`, { model }) : null, onclick }, say(key))

  const facts = (pairs) => make('dl', {}, ...pairs.map(([key, value]) =>
    make('div', {}, make('dt', {}, say(key)), make('dd', {}, value))))

  // ---- talking to the server

  async function ask(url, options) {
    try {
      const response = await fetch(url, options)
      const body = await response.json()
      if (response.ok) return body
      problem = body.error.message
    } catch {
      problem = say('lost')
    }
    return null
  }

  async function post(name, body = {}) {
    problem = null
    const answer = await ask(`/api/models/${name}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body)
    })
    if (answer && answer.used) state = answer
    draw()
    if (problem || name !== 'find') document.getElementById('activity').focus()
    return answer
  }

  const use = (wanted) => post('use', wanted)

  async function look() {
    timer = null
    const before = state
    const lost = problem === say('lost')
    const fresh = await ask('/api/models')
    if (fresh) {
      state = fresh
      if (lost) problem = null
    }
    if (before.download && before.download.running && !(state.download && state.download.running)) askCatalog()
    draw()
  }

  function lookAgain() {
    const busy = [state.download, state.switch].some((work) => work && work.running)
    if ((busy || state.used.state === 'loading') && timer === null) timer = setTimeout(look, 1000)
  }

  async function askCatalog() {
    const answer = await ask('/api/models/catalog')
    if (answer) catalog = answer
    draw()
  }

  // ---- drawing: a part is made anew only when what it shows has changed, so that
  // the keyboard's place is kept

  function part(id, shown, content) {
    const text = JSON.stringify(shown)
    if (drawn[id] === text) return
    drawn[id] = text
    document.getElementById(id).replaceChildren(...content().filter((child) => child !== null))
  }

  function draw() {
    for (const name of ['download', 'switch']) if (state[name] && state[name].running) seen[name] = true
    const download = state.download
    part('notices', [problem, state.switch, download && { ...download, running: download.running, text: '', percent: 0, done_mb: 0, mb_per_second: 0, seconds_left: 0 }], notices)
    if (download && download.running) {
      document.querySelector('#activity progress').value = download.percent
      document.querySelector('#activity .progress').textContent = download.text || say('starting')
    }
    document.getElementById('activity').hidden = !document.getElementById('notices').childElementCount
    part('used', [state.used, state.pinned], used)
    part('here', [state.here, state.free, state.pinned, download && download.running && download.model], here)
    part('catalog', [catalog, state.here.map((model) => [model.name, model.whole]), download && download.running], offers)
    lookAgain()
  }

  function notices() {
    const shown = []
    if (problem) shown.push(make('p', { role: 'alert', class: 'problem' }, problem))
    const change = state.switch
    if (change) {
      const model = change.label || change.server
      if (change.running) shown.push(make('p', { role: 'status' }, say('switching', { model })))
      else if (change.error) shown.push(make('p', { role: 'alert', class: 'problem' }, say('switch_failed', { model, error: change.error })))
      else if (seen.switch) shown.push(make('p', { role: 'status' }, say('switched', { model })))
    }
    const download = state.download
    if (download && download.running) {
      shown.push(make('div', { class: 'row' },
        make('strong', {}, say('downloading', { model: download.model })),
        make('progress', { max: 100, 'aria-label': say('downloading', { model: download.model }) }),
        make('span', { class: 'progress' }),
        button('cancel', download.model, () => post('cancel'))), make('p', { class: 'note' }, say('cancel_what')))
    } else if (download && download.error) shown.push(make('p', { role: 'alert', class: 'problem' }, download.error))
    else if (download && seen.download) shown.push(make('p', { role: 'status' }, say('downloaded', { model: download.model })))
    return shown
  }

  function used() {
    const { label, server, state: how } = state.used
    return [
      make('p', { class: 'inuse' }, make('strong', {}, label), ` · ${say(`state_${how}`)}`,
        server ? ` · ${say('on_server', { server })}` : ''),
      state.pinned ? make('p', { class: 'note' }, state.pinned) : null
    ]
  }

  function here() {
    const fetched = state.download && state.download.running && state.download.model
    return [
      make('ul', { class: 'rows' }, ...state.here.map((model) => {
        const remove = model.kind === 'folder' ? 'forget' : 'remove'
        const busy = model.name === fetched
        return make('li', { class: 'row' },
          make('div', { class: 'name' }, make('strong', {}, model.label),
            make('span', {}, [say(`kind_${model.kind}`), model.size, model.whole ? null : say('partial')].filter(Boolean).join(' · '))),
          model.used ? make('span', { class: 'mark' }, say('in_use')) : null,
          model.whole && !model.used && !state.pinned ? button('use', model.label, () => use({ model: model.name }), 'primary') : null,
          !model.whole && !busy ? button('resume', model.name, () => post('download', { model: model.name }), 'primary') : null,
          model.kind !== 'builtin' && !model.used && !busy ? button(remove, model.name, () => confirm(remove, model)) : null)
      })),
      make('p', { class: 'note' }, say('free', { free: state.free }))
    ]
  }

  function offers() {
    if (!catalog) return [make('p', { role: 'status' }, say('catalog_asking'))]
    if (catalog.problem) {
      return [make('p', { role: 'status' }, catalog.problem), button('catalog_again', null, () => { catalog = null; draw(); askCatalog() })]
    }
    const known = Object.fromEntries(state.here.map((model) => [model.name, model.whole]))
    const running = state.download && state.download.running
    return [make('ul', { class: 'rows' }, ...catalog.offers.map((offer) => make('li', { class: 'row' },
      make('div', { class: 'name' }, make('strong', {}, offer.alias),
        facts([['size', offer.size], ['licence', offer.licence || '–'], ['task', offer.task || '–'], ['device', offer.device || '–']])),
      known[offer.alias] || offer.here
        ? make('span', { class: 'mark' }, say('here'))
        : running ? null
          : button(known[offer.alias] === false ? 'resume' : 'download', offer.alias, () => post('download', { model: offer.alias }), 'primary'))))]
  }

  function confirm(key, model) {
    const dialog = make('dialog', { 'aria-labelledby': 'question' },
      make('h2', { id: 'question' }, say(`${key}_title`, { model: model.name })),
      make('p', {}, say(`${key}_what`, { size: model.size })),
      make('form', { method: 'dialog', class: 'row' },
        make('button', { value: 'keep', autofocus: true }, say('keep')),
        make('button', { value: 'go', class: 'danger' }, say(key))))
    dialog.addEventListener('close', () => {
      dialog.remove()
      if (dialog.returnValue === 'go') post('remove', { model: model.name }).then(askCatalog)
    })
    document.body.append(dialog)
    dialog.showModal()
  }

  // ---- the parts that stay

  const field = (name, label, placeholder, required) => make('label', {}, say(label),
    make('input', { name, placeholder, required, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none' }))

  function form(key, fields, extra = []) {
    const values = (event) => Object.fromEntries(new FormData(event.target))
    return make('section', {}, make('h2', {}, say(key)), make('p', { class: 'note' }, say(`${key}_what`)),
      make('form', { onsubmit: (event) => { event.preventDefault(); use(values(event)) } },
        ...fields, make('button', { class: 'primary' }, say('use'))), ...extra)
  }

  async function find(target) {
    target.replaceChildren(make('p', { role: 'status' }, say('finding')))
    const answer = await post('find')
    const servers = answer ? answer.servers : []
    target.replaceChildren(servers.length ? make('ul', { class: 'rows' }, ...servers.map(found))
      : make('p', { role: 'status' }, answer ? say('found_none') : ''))
  }

  const found = (server) => make('li', {}, make('strong', {}, say('found', server)),
    server.models.length ? null : make('p', { class: 'note' }, say('found_empty')),
    make('ul', { class: 'rows' }, ...server.models.slice(0, 50).map((model) => make('li', { class: 'row' },
      make('span', { class: 'name' }, model), button('use', model, () => use({ url: server.url, model }), 'primary')))))

  function ownModels() {
    const list = make('div', {})
    return [
      form('folder', [field('folder', 'folder_path', null, true)]),
      form('server', [field('url', 'server_url', 'http://127.0.0.1:11434/v1', true), field('model', 'server_model', null, false)],
        [button('find', null, () => find(list)), list])
    ]
  }

  document.getElementById('models').append(
    make('p', {}, say('intro')),
    make('div', { id: 'activity', tabindex: '-1', hidden: true }, make('div', { id: 'notices' })),
    make('section', {}, make('h2', {}, say('used')), make('div', { id: 'used' })),
    make('section', {}, make('h2', {}, say('here')), make('div', { id: 'here' })),
    make('section', {}, make('h2', {}, say('catalog')), make('p', { class: 'note' }, say('catalog_what')), make('div', { id: 'catalog' })),
    ...(state.pinned ? [] : ownModels()))
  draw()
  askCatalog()
})()
