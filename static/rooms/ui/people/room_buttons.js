import { text } from '../../common/texts.js';
import { isHost } from '../../room/people.js';
import { byId } from '../dom.js';
import { tell } from './acts_menu.js';

/** What a host may do about everyone: mute all, lock the room, end the call. */
export class RoomButtons {
  /**
   * @param {import('../../room/call.js').Call} call
   * @param {import('./questions.js').Questions} questions
   */
  constructor(call, questions) {
    this._call = call;
    this._questions = questions;
    this._part = byId('people-room', HTMLElement);
    this._muteAll = byId('mute-all', HTMLButtonElement);
    this._letSpeak = byId('let-speak', HTMLButtonElement);
    this._lock = byId('lock', HTMLButtonElement);
    this._lockWord = byId('lock-word', HTMLElement);
    const { host } = call;
    this._muteAll.onclick = () => this._askMute();
    this._letSpeak.onclick = () => tell(host.letSpeak());
    this._lock.onclick = () => tell(host.lock(!host.hosting.locked));
    byId('end-call', HTMLButtonElement).onclick = () => this._askEnd();
  }

  render() {
    const { locked, micsHeld } = this._call.host.hosting;
    const lost = !micsHeld && document.activeElement === this._letSpeak;
    this._part.hidden = !isHost(this._call.role);
    this._letSpeak.hidden = !micsHeld;
    if (lost) this._muteAll.focus();
    this._lock.classList.toggle('is-locked', locked);
    const word = text(locked ? 'people.unlock' : 'people.lock');
    if (this._lockWord.textContent !== word) this._lockWord.textContent = word;
  }

  _askMute() {
    const question = {
      title: text('people.mute_all.title'),
      words: text('people.mute_all.words'),
      yes: text('people.mute_all.yes'),
      check: text('people.mute_all.check'),
    };
    this._questions.ask(question, ({ checked }) => tell(this._call.host.muteAll(!checked)));
  }

  _askEnd() {
    const question = {
      title: text('people.end.title'),
      words: text('people.end.words'),
      yes: text('people.end.yes'),
      danger: true,
    };
    this._questions.ask(question, () => tell(this._call.host.endCall()));
  }
}
