import { text } from '../../common/texts.js';
import { tileModels, wishes } from '../../room/people.js';
import { clearBanner, showBanner } from '../banner.js';
import { byId, make } from '../dom.js';
import { chosenLayout, layoutChoice } from '../views/layout_choice.js';
import { SmallWindow } from '../views/small_window.js';
import { arrange, watchedTile } from './arrange.js';
import { Pager } from './pager.js';
import { Paging } from './paging.js';
import { rate } from './rate.js';
import { caption, Tile } from './tile.js';
import { Voices } from './voices.js';

/**
 * @typedef {import('../../room/people.js').TileModel} TileModel
 * @typedef {import('../../room/slots.js').Wish} Wish
 */

/** The most width of one's own tile while alone. CSS pixels. */
const ALONE = 640;

/** All people: for each a group with their name, which holds their camera, screen and sound. */
export class Tiles {
  /**
   * @param {import('../../room/call.js').Call} call
   * @param {import('../../media/local_media.js').LocalMedia} local
   * @param {import('../people/remove.js').RemoveDialog} removal
   * @param {import('../people/acts_menu.js').ActsMenu} menu
   */
  constructor(call, local, removal, menu) {
    this._call = call;
    this._local = local;
    this._stage = byId('stage', HTMLElement);
    this._alone = byId('alone', HTMLElement);
    this._count = byId('people-count', HTMLElement);
    this._hideSelf = byId('hide-self', HTMLInputElement);
    /** @type {Map<string, HTMLElement>} */
    this._groups = new Map();
    /** @type {Map<string, Tile>} */
    this._tiles = new Map();
    this._pinned = '';
    this._paging = new Paging();
    this._pager = new Pager((step) => this._turn(step));
    /** @type {Set<HTMLMediaElement>} */
    this._silent = new Set();
    this._voices = new Voices(this._stage, (media) => void this._play(media));
    /** @type {import('./statistics_panel.js').StatisticsPanel | null} */
    this._statistics = null;
    this._removal = removal;
    this._menu = menu;
    this._small = new SmallWindow(() => this.render());
    call.on('changed', () => this.render());
    call.on('ended', () => this._small.close());
    this._hideSelf.onchange = () => this.render();
    layoutChoice(() => this.render());
    new ResizeObserver(() => this.render()).observe(this._stage);
  }

  render() {
    if (this._call.over) return;
    const { room } = this._call;
    const models = tileModels(room, {
      microphone: this._local.isOn('microphone'),
      camera: this._local.isOn('camera'),
      screen: this._local.isOn('screen'),
    });
    if (!models.some(({ key }) => key === this._pinned)) this._pinned = '';
    this._match(models);
    this._summary(room.people.size);
    const shown = this._shown(models);
    const { places, corner, large } = this._arrange(shown);
    const watched = this._watched(models);
    const height = (/** @type {string} */ key) => {
      const small = key === watched ? this._small.height : 0;
      return Math.max(places.get(key)?.height ?? 0, small) * devicePixelRatio;
    };
    const wanted = wishes(room, models, height, this._pinned || large);
    this._call.subscriptions.want(wanted);
    this._voices.render(this._call.subscriptions.voices);
    for (const model of models) {
      const media = model.own ? this._ownMedia(model) : this._theirMedia(model, wanted);
      const tile = this._tiles.get(model.key);
      tile?.update(model, media, model.key === this._pinned);
      if (tile && model.key === watched) this._small.show(scene(model, media, tile.video));
      const held = 'paused' in media && media.paused === 'bandwidth';
      const paused = held && (model.screen || model.camera);
      tile?.limit(paused ? text('limit.paused') : model.own ? this._ownLimit(model) : '');
      const away = places.size > 0 && shown.includes(model);
      tile?.place(places.get(model.key) ?? null, model.key === corner, away);
    }
  }

  /**
   * The tile of somebody's camera, if it is on this page.
   *
   * @param {string} person
   */
  shownOf(person) {
    const element = this._tiles.get(person)?.element;
    return element && !element.matches('.away, [hidden]') ? element : null;
  }

  /** @param {number} people */
  _summary(people) {
    const one = people === 1 ? text('call.count.one') : text('call.count.many', { count: people });
    this._count.textContent = people === 0 ? text('call.connecting') : one;
    this._alone.hidden = people !== 1;
  }

  /**
   * Add new tiles and remove old ones. All others stay in place, because a video that moves in the
   * document stops.
   *
   * @param {TileModel[]} models
   */
  _match(models) {
    const keys = new Set(models.map(({ key }) => key));
    for (const [key, tile] of this._tiles) {
      if (keys.has(key)) continue;
      // A button that vanishes with the focus would send it to the top of the page.
      if (tile.element.contains(document.activeElement)) this._stage.focus();
      tile.close();
      this._tiles.delete(key);
      for (const media of [tile.video, tile.audio]) if (media) this._heard(media);
    }
    for (const model of models) {
      const group = this._group(model);
      if (this._tiles.has(model.key)) continue;
      const tile = new Tile(model, {
        pin: (key) => this._pin(key),
        play: (media) => void this._play(media),
        statistics: (...of) => void this._openStatistics(...of),
        remove: (whom) => this._removal.open(whom),
        menu: ({ person }, opener) => {
          this._menu.toggle(person, opener, () => this._stage.focus());
        },
        reshaped: () => this.render(),
      });
      this._tiles.set(model.key, tile);
      group.append(tile.element);
    }
    this._statistics?.keep(models);
    this._removal.keep(models);
    for (const [id, group] of this._groups) {
      if (this._call.room.people.has(id)) continue;
      group.remove();
      this._groups.delete(id);
    }
  }

  /** @param {TileModel} model */
  _group({ person, name }) {
    let group = this._groups.get(person);
    if (!group) {
      group = make('div', 'person');
      group.setAttribute('role', 'group');
      this._groups.set(person, group);
      this._stage.append(group);
    }
    group.setAttribute('aria-label', name);
    return group;
  }

  /**
   * All tiles but those that this person has hidden.
   *
   * @param {TileModel[]} models
   */
  _shown(models) {
    const hidden = this._hideSelf.checked && models.some(({ own }) => !own);
    return models.filter(({ own, screen }) => !(hidden && own && !screen));
  }

  /**
   * @param {TileModel[]} shown
   * @returns {import('./arrange.js').Plan}
   */
  _arrange(shown) {
    const area = this._area();
    this._paging.take(shown);
    const seen = area.width < 1 || area.height < 1 ? [] : shown;
    const ratio = (/** @type {string} */ key) => this._tiles.get(key)?.ratio ?? null;
    const plan = arrange(area, seen, ratio, this._wish, this._paging);
    this._stage.style.setProperty('--corner', `${plan.inset}px`);
    this._pager.show(plan.pager, this._paging.page, plan.pages);
    return plan;
  }

  /** What this person has chosen to see large. */
  get _wish() {
    return { layout: chosenLayout(), pinned: this._pinned };
  }

  /**
   * The tile that the small window shows, if it is open.
   *
   * @param {TileModel[]} models
   */
  _watched(models) {
    return this._small.fixed || watchedTile(models, this._wish, this._paging.speaker);
  }

  /** @param {number} step */
  _turn(step) {
    this._paging.turn(step);
    this.render();
  }

  /** The area for tiles. While alone, one's own is small, to leave room for what to do next. */
  _area() {
    const { clientWidth: width, clientHeight: height } = this._stage;
    const alone = this._call.room.people.size === 1 && this._tiles.size === 1;
    if (!alone) return { x: 0, y: 0, width, height };
    const small = Math.min(width, ALONE);
    const below = this._alone.offsetHeight && this._alone.offsetHeight + 32;
    return { x: (width - small) / 2, y: 0, width: small, height: height - below };
  }

  /** @param {Parameters<import('./statistics_panel.js').StatisticsPanel['open']>} of */
  async _openStatistics(...of) {
    // Few people look at them.
    const { StatisticsPanel } = await import('./statistics_panel.js');
    this._statistics ??= new StatisticsPanel(this._call);
    this._statistics.open(...of);
  }

  /** @param {TileModel} model */
  _ownMedia({ screen }) {
    const video = this._local.sent(screen ? 'screen' : 'camera');
    return { audio: null, video, live: video !== null };
  }

  /**
   * @param {TileModel} model
   * @param {Wish[]} wanted
   */
  _theirMedia(model, wanted) {
    const wish = wanted.find(({ key }) => key === model.key);
    const arriving = wish ? this._call.subscriptions.arriving(wish) : null;
    if (!arriving) return { audio: null, video: null, live: false };
    return { ...arriving, live: arriving.live && (model.screen || model.camera) };
  }

  /**
   * What limits one's own video, in words, or ''.
   *
   * @param {TileModel} model
   */
  _ownLimit({ screen }) {
    const { reason, upload } = this._call.limits.of(screen ? 'screen' : 'camera');
    if (reason === 'cpu') return text('limit.cpu');
    if (reason !== 'bandwidth') return '';
    return upload ? text('limit.upload', { rate: rate(upload) }) : text('limit.network');
  }

  /** @param {string} key */
  _pin(key) {
    this._pinned = this._pinned === key ? '' : key;
    this.render();
  }

  /** @param {HTMLMediaElement} media */
  async _play(media) {
    try {
      await media.play();
      this._heard(media);
    } catch (error) {
      // Any other error means that another track took its place meanwhile.
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      this._silent.add(media);
      const press = () => [...this._silent].forEach((element) => void this._play(element));
      showBanner('sound', text('call.sound_blocked'), { word: text('call.play_sound'), press });
    }
  }

  /** @param {HTMLMediaElement} media */
  _heard(media) {
    this._silent.delete(media);
    if (!this._silent.size) clearBanner('sound');
  }
}

/**
 * What the small window shows of a tile.
 *
 * @param {TileModel} model
 * @param {import('./tile.js').Media} media
 * @param {HTMLVideoElement} video
 */
function scene(model, media, video) {
  const track = media.live ? media.video : null;
  const mirrored = model.own && !model.screen;
  return { key: model.key, name: caption(model), track, mirrored, video };
}
